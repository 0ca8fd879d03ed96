"""Reading standards. They are public."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import lru_cache

from django.db.models import Q, QuerySet

from xuefen.bank.shell.problems import Denied
from xuefen.bank.shell.violation import Violation
from xuefen.bank.standards.models import StandardVersion
from xuefen.bank.standards.rules import parse_pack
from xuefen.bank.standards.types import STANDARD_UNKNOWN, Loaded
from xuefen.bedrock.canon import canonical
from xuefen.bedrock.gm.sm3 import sm3


def current(*, code: str = "cn-2026", on: date) -> Loaded:
    """The version of the standard in force on that day. Raises ``Denied(standard_unknown)`` when there is none."""
    in_force = Q(effective_from__lte=on) & (Q(retired_on=None) | Q(retired_on__gt=on))
    found = StandardVersion.objects.filter(in_force, code=code).values_list("id", "digest").first()
    if found is None:
        raise Denied(STANDARD_UNKNOWN, code=code, on=on.isoformat())
    return _parsed(*found)


def by_id(version_id: int) -> Loaded:
    """A stored version, in force or not. Raises ``Denied(standard_unknown)``."""
    digest = StandardVersion.objects.filter(id=version_id).values_list("digest", flat=True).first()
    if digest is None:
        raise Denied(STANDARD_UNKNOWN, code=str(version_id), on="-")
    return _parsed(version_id, digest)


def versions(*, code: str = "cn-2026") -> QuerySet[StandardVersion]:
    """Every version of a standard, newest first."""
    return StandardVersion.objects.filter(code=code).order_by("-version")


@lru_cache(maxsize=64)
def _parsed(version_id: int, digest: str) -> Loaded:
    """The parsed pack. The digest is part of the key, so that an id used again in another database is another pack."""
    row = StandardVersion.objects.get(id=version_id)
    return Loaded(id=row.id, code=row.code, version=row.version, digest=digest, pack=parse_pack(row.body))


def violations() -> Iterator[Violation]:
    """A body that no longer gives its digest (I7), or two versions in force on one day."""
    earlier: StandardVersion | None = None
    for row in StandardVersion.objects.order_by("code", "effective_from"):
        subject = f"standard {row.code}/{row.version}"
        if sm3(canonical(row.body)).hex() != row.digest:
            yield Violation(invariant="I7", subject=subject, found="the body does not give its digest")
        if earlier and earlier.code == row.code and (earlier.retired_on or date.max) > row.effective_from:
            yield Violation(invariant="I7", subject=subject, found=f"in force together with version {earlier.version}")
        earlier = row
