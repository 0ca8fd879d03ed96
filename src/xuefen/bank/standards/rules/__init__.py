"""Pure decisions of the standards room: read a pack, read a grade, assess an outcome."""

from xuefen.bank.standards.rules.assessing import assess, needs_grade
from xuefen.bank.standards.rules.grades import read_grade
from xuefen.bank.standards.rules.parsing import find_errors, parse_pack

__all__ = ["assess", "find_errors", "needs_grade", "parse_pack", "read_grade"]
