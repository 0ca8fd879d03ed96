"""Pure decisions of the standards room: read a pack, read a grade, assess an outcome."""

from xuefen.bank.standards.rules.assessing import assess
from xuefen.bank.standards.rules.awards import award_gaps
from xuefen.bank.standards.rules.codes import read_type_code
from xuefen.bank.standards.rules.documents import read_facts
from xuefen.bank.standards.rules.grades import corresponding_grades, read_grade
from xuefen.bank.standards.rules.parsing import SECTIONS, find_errors, parse_pack
from xuefen.bank.standards.rules.quality import rate
from xuefen.bank.standards.rules.text import check_text, read_text

__all__ = [
    "SECTIONS",
    "assess",
    "award_gaps",
    "check_text",
    "corresponding_grades",
    "find_errors",
    "parse_pack",
    "rate",
    "read_facts",
    "read_grade",
    "read_text",
    "read_type_code",
]
