"""Reading standards: what is in force, how a version came about, and what proves it."""

from xuefen.bank.standards.queries.life import consultations, kind_requests, proposal, proposals, works_inside
from xuefen.bank.standards.queries.promises import violations
from xuefen.bank.standards.queries.versions import (
    adopted,
    body_of,
    by_id,
    current,
    in_force,
    listed,
    newest_version,
    publication_of,
    version_row,
    versions,
)

__all__ = [
    "adopted",
    "body_of",
    "by_id",
    "consultations",
    "current",
    "in_force",
    "kind_requests",
    "listed",
    "newest_version",
    "proposal",
    "proposals",
    "publication_of",
    "version_row",
    "versions",
    "violations",
    "works_inside",
]
