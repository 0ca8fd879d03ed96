"""The writers of the catalogue."""

from xuefen.bank.catalogue.actions.importing import import_sheet, retire_item_version
from xuefen.bank.catalogue.actions.judging import judge_group, judge_pair
from xuefen.bank.catalogue.actions.reading import load_mapping, mapping_for, shipped_mappings
from xuefen.bank.catalogue.actions.trees import import_file, import_trees

__all__ = [
    "import_file",
    "import_sheet",
    "import_trees",
    "judge_group",
    "judge_pair",
    "load_mapping",
    "mapping_for",
    "retire_item_version",
    "shipped_mappings",
]
