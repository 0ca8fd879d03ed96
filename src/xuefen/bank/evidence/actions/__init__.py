"""Keeping files, and letting go of them. Callers answer for the permission and the audit."""

from xuefen.bank.evidence.actions.keeping import destroy_files, drop_file, forget_files, keep_file

__all__ = ["destroy_files", "drop_file", "forget_files", "keep_file"]
