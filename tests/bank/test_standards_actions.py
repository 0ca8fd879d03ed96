"""Publishing standards on the real database."""

from __future__ import annotations

import json
from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction

from tests.bank.catalogue_builders import NOW, SYSTEM
from tests.bank.test_standards_rules import BODY, changed
from xuefen.bank.audit.models import AuditEntry
from xuefen.bank.shell.actor import EVERYTHING, Actor
from xuefen.bank.shell.problems import Denied
from xuefen.bank.standards import actions, queries
from xuefen.bank.standards.models import StandardVersion
from xuefen.bank.translog.models import QueuedLeaf

pytestmark = pytest.mark.django_db(transaction=True)


def next_version(*, starts: str, version: int = 2) -> dict:
    return BODY | {"version": version, "effective_from": starts}


def test_the_shipped_standards_are_published_once():
    first = actions.load_shipped_packs(by=SYSTEM, now=NOW)
    again = actions.load_shipped_packs(by=SYSTEM, now=NOW)

    assert [loaded.id for loaded in first] == [loaded.id for loaded in again]
    loaded = queries.current(on=date(2026, 11, 20))
    assert (loaded.code, loaded.version, loaded.pack.pass_mark) == ("cn-2026", 1, 6000)
    assert queries.by_id(loaded.id) is loaded  # parsed once
    names = ["cn-2026/1", "cn-strict/1", "kr-acbs/1", "in-abc/1", "ects/1"]
    assert StandardVersion.objects.count() == 5
    audited = AuditEntry.objects.order_by("id").values_list("action", "subject_id")
    assert list(audited) == [("standards.load", name) for name in names]
    leaf, *others = QueuedLeaf.objects.order_by("id")
    assert len(others) == 4
    assert json.loads(bytes(leaf.body)) == {
        "kind": "standards.loaded",
        "v": 1,
        "at": "2026-11-20T02:03:04Z",
        "code": "cn-2026",
        "version": 1,
        "digest": loaded.digest,
        "effective_from": "2026-01-01",
    }
    assert list(queries.violations()) == []


def test_a_published_version_never_changes():
    actions.load_pack(body=BODY, by=SYSTEM, now=NOW)
    other = changed("limits/total_share/share", 40)

    with pytest.raises(Denied, match="pack_changed"):
        actions.load_pack(body=other, by=SYSTEM, now=NOW)

    row = StandardVersion.objects.get()
    for change in ("body = '{}'", "digest = 'x'", "effective_from = '2020-01-01'"):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE standard_version SET {change} WHERE id = {row.id}")
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM standard_version")


def test_two_versions_are_never_in_force_together():
    first = actions.load_pack(body=BODY, by=SYSTEM, now=NOW)
    with pytest.raises(Denied) as caught:
        actions.load_pack(body=next_version(starts="2027-01-01"), by=SYSTEM, now=NOW)
    assert (caught.value.code, caught.value.params["other"]) == ("pack_overlaps", 1)

    actions.retire(version_id=first.id, on=date(2027, 1, 1), reason="改用新版", by=SYSTEM, now=NOW)
    second = actions.load_pack(body=next_version(starts="2027-01-01"), by=SYSTEM, now=NOW)

    assert queries.current(on=date(2026, 12, 31)).id == first.id
    assert queries.current(on=date(2027, 1, 1)).id == second.id
    assert queries.by_id(first.id).pack.version == 1  # an old decision still finds its standard
    with pytest.raises(Denied, match="pack_overlaps"):
        actions.retire(version_id=first.id, on=date(2027, 6, 1), reason="改用新版", by=SYSTEM, now=NOW)
    assert list(queries.violations()) == []


def test_before_and_after_every_version_there_is_no_standard():
    actions.load_pack(body=BODY, by=SYSTEM, now=NOW)
    for day, code in ((date(2025, 12, 31), "cn-2026"), (date(2026, 11, 20), "kr-1999")):
        with pytest.raises(Denied, match="standard_unknown"):
            queries.current(code=code, on=day)
    with pytest.raises(Denied, match="standard_unknown"):
        queries.by_id(0)


def test_a_faulty_pack_leaves_nothing_behind():
    with pytest.raises(Denied, match="pack_invalid"):
        actions.load_pack(body=changed("limits", [1]), by=SYSTEM, now=NOW)
    assert [StandardVersion.objects.count(), AuditEntry.objects.count(), QueuedLeaf.objects.count()] == [0, 0, 0]


def test_only_the_house_publishes_without_a_proposal():
    nobody = Actor(kind="staff", name="clerk")
    hub = Actor(kind="staff", name="hub", grants={"standards.load": EVERYTHING, "standards.publish": EVERYTHING})
    for actor in (nobody, hub):
        with pytest.raises(Denied, match="not_allowed"):
            actions.load_pack(body=BODY, by=actor, now=NOW)
    assert StandardVersion.objects.count() == 0
