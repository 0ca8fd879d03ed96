"""Packs that come with the product: published by the house, without a proposal of anybody's."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from importlib.resources import files
from typing import Any

import yaml

from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.problems import NOT_ALLOWED, Denied
from xuefen.bank.shell.transaction import inside_transaction, use_case
from xuefen.bank.standards import queries
from xuefen.bank.standards.actions.moving import lock_code, move
from xuefen.bank.standards.models import StandardProposal, StandardVersion
from xuefen.bank.standards.rules import parse_pack
from xuefen.bank.standards.rules.life import review_day
from xuefen.bank.standards.types import PACK_CHANGED, PACK_INVALID, PACK_OVERLAPS, Loaded, Pack
from xuefen.bank.standards.types.life import Event
from xuefen.bedrock import ids
from xuefen.bedrock.canon import NotCanonical, canonical
from xuefen.bedrock.gm.sm3 import sm3

SHIPPED = ("cn-2026.yaml", "cn-strict.yaml", "kr-acbs.yaml", "in-abc.yaml", "ects.yaml")
"""The packs that ``init`` publishes, in this order."""


@use_case
def load_pack(*, body: Mapping[str, Any], by: Actor, now: datetime) -> Loaded:
    """The house publishes one version of a standard; the same body again changes nothing. People propose instead.

    Raises ``Denied``: pack_invalid (with every error), pack_changed (this version is published with another body),
    pack_overlaps (two versions of one code would be in force on one day), not_allowed.
    """
    return _load(body=body, by=by, now=now)


@use_case
def load_shipped_packs(*, by: Actor, now: datetime) -> list[Loaded]:
    """Publish every pack that comes with the product; what is there already stays as it is."""
    folder = files("xuefen.bank.standards") / "packs"
    bodies = [yaml.safe_load((folder / name).read_text(encoding="utf-8")) for name in SHIPPED]
    return [_load(body=body, by=by, now=now) for body in bodies]


@inside_transaction
def _load(*, body: Mapping[str, Any], by: Actor, now: datetime) -> Loaded:
    if by.kind != "system":  # two persons publish; only the house needs none, for what it ships
        raise Denied(NOT_ALLOWED, action="standards.load")
    pack = parse_pack(body)
    digest = digest_of(body)
    lock_code(pack.code)
    stored = list(StandardVersion.objects.filter(code=pack.code).order_by("version"))
    for row in stored:
        if row.version == pack.version:
            if row.digest != digest:
                raise Denied(PACK_CHANGED, code=pack.code, version=pack.version)
            return queries.by_id(row.id)
    refuse_overlap(pack, stored)
    about = {"digest": digest, "effective_from": pack.effective_from.isoformat()}
    proposal = new_proposal(pack, body=body, digest=digest, by=by, now=now)
    proposal.standard_version = new_version(pack, body=body, digest=digest, now=now)
    move(proposal, event=Event.LOAD, by=by, now=now, leaf=about, after=about)
    return queries.by_id(proposal.standard_version.id)


def digest_of(body: Mapping[str, Any]) -> str:
    """SM3 of the canonical body, hex. Raises ``Denied(pack_invalid)`` for what has no canonical form (a bare date, NaN)."""
    try:
        return sm3(canonical(dict(body))).hex()
    except NotCanonical as error:
        said = str(error)
        raise Denied(PACK_INVALID, place="body", count=1, errors=said, errors_zh=said) from None


def new_proposal(
    pack: Pack, *, body: Mapping[str, Any], digest: str, by: Actor, now: datetime, note: str = ""
) -> StandardProposal:
    """The row of a proposal before its first move; not saved."""
    return StandardProposal(
        number=ids.new_number(ids.NumberClass.STANDARD),
        code=pack.code,
        version=pack.version,
        body=dict(body),
        digest=digest,
        effective_from=pack.effective_from,
        note=note,
        proposed_by_id=by.user_id,
        proposed_at=now,
        entered_at=now,
    )


@inside_transaction
def new_version(
    pack: Pack, *, body: Mapping[str, Any], digest: str, now: datetime, publication: bytes = b""
) -> StandardVersion:
    """The row of a published version; the caller moves its proposal in the same transaction."""
    return StandardVersion.objects.create(
        code=pack.code,
        version=pack.version,
        effective_from=pack.effective_from,
        retired_on=pack.retired_on,
        body=dict(body),
        digest=digest,
        publication=publication,
        loaded_at=now,
        review_on=review_day(pack.effective_from, pack),
    )


def refuse_overlap(pack: Pack, stored: list[StandardVersion]) -> None:
    """Two half-open periods overlap when each begins before the other ends. Raises ``Denied(pack_overlaps)``."""
    for row in stored:
        begins_before_it_ends = row.retired_on is None or pack.effective_from < row.retired_on
        ends_after_it_begins = pack.retired_on is None or row.effective_from < pack.retired_on
        if begins_before_it_ends and ends_after_it_begins:
            raise Denied(PACK_OVERLAPS, place="effective_from", code=pack.code, version=pack.version, other=row.version)
