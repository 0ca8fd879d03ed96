"""Pure decisions of the catalogue room: requirement trees, and reading sheets through a mapping."""

from xuefen.bank.catalogue.rules.mapping import SheetMapping, parse_mapping
from xuefen.bank.catalogue.rules.rows import read_row
from xuefen.bank.catalogue.rules.settling import settle_versions
from xuefen.bank.catalogue.rules.tree_checks import find_tree_errors, reasons_of
from xuefen.bank.catalogue.rules.tree_mapping import TreeMapping, parse_tree_mapping
from xuefen.bank.catalogue.rules.trees import (
    courses,
    facts_of,
    most_credits,
    needed_credits,
    nodes,
    sum_credits,
)

__all__ = [
    "SheetMapping",
    "TreeMapping",
    "courses",
    "facts_of",
    "find_tree_errors",
    "most_credits",
    "needed_credits",
    "nodes",
    "parse_mapping",
    "parse_tree_mapping",
    "read_row",
    "reasons_of",
    "settle_versions",
    "sum_credits",
]
