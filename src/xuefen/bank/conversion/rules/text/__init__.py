"""Rules as text that reads like the regulation (docs/rules.md): reading with line numbers, writing in one canonical form."""

from xuefen.bank.conversion.rules.text.reading import RuleText, read_text
from xuefen.bank.conversion.rules.text.sentences import sentence_of
from xuefen.bank.conversion.rules.text.writing import write_text

__all__ = ["RuleText", "read_text", "sentence_of", "write_text"]
