"""Publishing standards: the only writer of standard versions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from importlib.resources import files
from typing import Any

import yaml
from django.db import connection

from xuefen.bank.audit.actions import record
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.problems import NOT_ALLOWED, Denied
from xuefen.bank.shell.transaction import inside_transaction, use_case
from xuefen.bank.standards import queries
from xuefen.bank.standards.models import StandardVersion
from xuefen.bank.standards.rules import parse_pack
from xuefen.bank.standards.types import PACK_CHANGED, PACK_OVERLAPS, Loaded, Pack
from xuefen.bank.translog.actions import append
from xuefen.bedrock.canon import canonical
from xuefen.bedrock.gm.sm3 import sm3

SHIPPED = ("cn-2026.yaml",)


@use_case
def load_pack(*, body: Mapping[str, Any], by: Actor, now: datetime) -> Loaded:
    """Publish one version of a standard; the same body again changes nothing.

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
    if not by.scope("standards.load").everything:
        raise Denied(NOT_ALLOWED, action="standards.load")
    pack = parse_pack(body)
    digest = sm3(canonical(dict(body))).hex()
    _lock(pack.code)
    stored = list(StandardVersion.objects.filter(code=pack.code).order_by("version"))
    for row in stored:
        if row.version == pack.version:
            if row.digest != digest:
                raise Denied(PACK_CHANGED, code=pack.code, version=pack.version)
            return queries.by_id(row.id)
    _refuse_overlap(pack, stored)
    row = StandardVersion.objects.create(
        code=pack.code,
        version=pack.version,
        effective_from=pack.effective_from,
        retired_on=pack.retired_on,
        body=dict(body),
        digest=digest,
        loaded_at=now,
    )
    about = {"digest": digest, "effective_from": pack.effective_from.isoformat()}
    record(action="standards.load", by=by, now=now, subject=("standard", f"{pack.code}/{pack.version}"), after=about)
    at = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    append(
        body=canonical(
            {"kind": "standards.loaded", "v": 1, "at": at, "code": pack.code, "version": pack.version, **about}
        )
    )
    return queries.by_id(row.id)


@use_case
def retire(*, version_id: int, on: date, by: Actor, now: datetime) -> None:
    """Note the first day on which a version no longer applies; its successor may begin that day.

    Raises ``Denied``: not_allowed, standard_unknown, pack_overlaps (the day lies inside another version's time).
    """
    if not by.scope("standards.load").everything:
        raise Denied(NOT_ALLOWED, action="standards.load")
    loaded = queries.by_id(version_id)
    _lock(loaded.code)
    row = StandardVersion.objects.get(id=version_id)
    others = StandardVersion.objects.filter(code=row.code).exclude(id=row.id)
    clash = others.filter(effective_from__gt=row.effective_from, effective_from__lt=on).first()
    if clash or on <= row.effective_from:
        other = clash.version if clash else row.version
        raise Denied(PACK_OVERLAPS, place="retired_on", code=row.code, version=row.version, other=other)
    before = row.retired_on.isoformat() if row.retired_on else None
    row.retired_on = on
    row.save(update_fields=["retired_on"])
    record(
        action="standards.retire",
        by=by,
        now=now,
        subject=("standard", f"{loaded.code}/{loaded.version}"),
        before={"retired_on": before},
        after={"retired_on": on.isoformat()},
    )
    at = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    append(
        body=canonical(
            {
                "kind": "standards.retired",
                "v": 1,
                "at": at,
                "code": row.code,
                "version": row.version,
                "retired_on": on.isoformat(),
            }
        )
    )


def _lock(code: str) -> None:
    """One writer per standard: row locks would not keep two loads from both finding the days free."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('standard'), hashtext(%s))", [code])


def _refuse_overlap(pack: Pack, stored: list[StandardVersion]) -> None:
    """Two half-open periods overlap when each begins before the other ends."""
    for row in stored:
        begins_before_it_ends = row.retired_on is None or pack.effective_from < row.retired_on
        ends_after_it_begins = pack.retired_on is None or row.effective_from < pack.retired_on
        if begins_before_it_ends and ends_after_it_begins:
            raise Denied(PACK_OVERLAPS, place="effective_from", code=pack.code, version=pack.version, other=row.version)
