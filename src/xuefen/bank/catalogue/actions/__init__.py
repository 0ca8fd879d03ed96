"""The writers of the catalogue."""

from xuefen.bank.catalogue.actions.importing import import_sheet, retire_item_version
from xuefen.bank.catalogue.actions.reading import load_mapping, mapping_for, shipped_mappings

__all__ = ["import_sheet", "load_mapping", "mapping_for", "retire_item_version", "shipped_mappings"]
