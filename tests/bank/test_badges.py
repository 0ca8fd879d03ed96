"""Badges of other people, brought along by a learner: verified, sealed, logged, and gone with the learner's key."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from tests.bank import credential_builders as credentials
from tests.bank import foundation_builders as build
from tests.bank.credential_builders import THEIRS, badge, data, png
from xuefen.bank.audit.models import AuditEntry
from xuefen.bank.certificates import actions, queries
from xuefen.bank.certificates.models import Badge
from xuefen.bank.learners import queries as learners
from xuefen.bank.learners.types import Opened
from xuefen.bank.shell.actor import EVERYTHING, Actor
from xuefen.bank.shell.models import Node
from xuefen.bank.shell.problems import Denied
from xuefen.bank.translog.models import QueuedLeaf
from xuefen.bedrock import vc

pytestmark = pytest.mark.django_db
NOW = build.NOW


@pytest.fixture
def account(settings: Any, tmp_path: Path) -> Opened:
    settings.XUEFEN_LOG, settings.XUEFEN_PUBLIC, settings.XUEFEN_HOME = tmp_path / "log", tmp_path / "public", tmp_path
    Node.objects.create(
        id=1, code="zj", name_zh="浙江学分银行", name_en="Zhejiang", origin="zj.example/log",
        created_at=NOW - timedelta(days=300),
    )  # fmt: skip
    actions.publish_trust(now=NOW)
    actions.publish_status(now=NOW)
    build.tree()
    return build.account()


def named(account: Opened) -> str:
    return learners.personal(learners.by_id(EVERYTHING, account.learner_id), by=Actor.system("test")).name


def theirs(account: Opened, **changes: Any) -> dict[str, Any]:
    """A badge that names this learner."""
    document = credentials.credentials_badge(vc.did_key(THEIRS.public.raw), holder=named(account)) | changes
    method = f"{vc.did_key(THEIRS.public.raw)}#{vc.multikey(THEIRS.public.raw)}"
    return vc.prove(document, signer=THEIRS, method=method, created="2026-03-01T00:00:00Z")


def bring(account: Opened, content: bytes) -> Any:
    by = build.as_learner(account.learner_id)
    return actions.import_badge(learner_id=account.learner_id, content=content, by=by, now=NOW)


def code(account: Opened, content: bytes) -> str:
    with pytest.raises(Denied) as refused:
        bring(account, content)
    return refused.value.code


def test_a_badge_is_kept_sealed_logged_and_audited(account: Opened) -> None:
    content = data(theirs(account))
    kept = bring(account, content)
    assert (kept.name, kept.issuer, kept.issuer_known) == ("焊接入门", "滨海技师学院", False)
    assert [check for check, *_ in kept.verdicts] == [
        "format",
        "signature",
        "issuer",
        "expiry",
        "suspension",
        "revocation",
    ]
    assert queries.badges(account.learner_id) == [kept]
    row = Badge.objects.get()
    stored = bytes(row.content_sealed) + bytes(row.facts_sealed)
    assert "焊接".encode() not in stored and content not in stored
    leaf = json.loads(bytes(QueuedLeaf.objects.order_by("-id").first().body))  # type: ignore[union-attr]
    assert (leaf["kind"], leaf["digest"]) == ("badge.imported", row.digest)
    assert AuditEntry.objects.filter(action="badges.imported", subject_id=str(row.pk)).count() == 1
    assert list(queries.violations()) == []


def test_in_a_picture_too_and_never_twice(account: Opened) -> None:
    picture = png((b"openbadgecredential", data(theirs(account))))
    assert bring(account, picture).name == "焊接入门"
    assert code(account, picture) == "badge_twice"
    leaves = [bytes(leaf.body) for leaf in QueuedLeaf.objects.all()]
    assert Badge.objects.count() == sum(b"badge.imported" in leaf for leaf in leaves) == 1


def test_an_issuer_the_node_believes_is_marked(account: Opened, settings: Any) -> None:
    listed = {
        "format": "xuefen-issuers/1",
        "issuers": [
            {
                "id": vc.did_key(THEIRS.public.raw),
                "name": {"zh": "滨海技师学院", "en": "Binhai"},
                "keys": [vc.multikey(THEIRS.public.raw)],
            }
        ],
    }
    (Path(settings.XUEFEN_HOME) / "issuers.json").write_text(json.dumps(listed))
    assert bring(account, data(theirs(account))).issuer_known


def test_what_is_not_kept(account: Opened) -> None:
    spoilt = theirs(account) | {"name": "别的"}
    expired = theirs(account, validUntil="2026-03-02T00:00:00Z")
    bare = vc.without_proof(theirs(account))
    assert code(account, data(spoilt)) == code(account, data(expired)) == code(account, data(bare)) == "badge_refused"
    assert code(account, data(badge())) == "badge_other_person"
    assert code(account, png()) == code(account, png((b"openbadges", b"{}"))) == "badge_none"
    assert code(account, b'{"format":"xuefen-certificate/1"}') == "badge_none"
    assert code(account, b"\x00noise") == "verify_unreadable"
    assert Badge.objects.count() == 0


def test_a_badge_that_names_nobody_is_kept(account: Opened) -> None:
    document = credentials.credentials_badge(vc.did_key(THEIRS.public.raw))
    document["credentialSubject"].pop("identifier")
    document["credentialSubject"]["id"] = "did:example:somebody"
    method = f"{vc.did_key(THEIRS.public.raw)}#{vc.multikey(THEIRS.public.raw)}"
    signed = vc.prove(document, signer=THEIRS, method=method, created="2026-03-01T00:00:00Z")
    assert bring(account, data(signed)).name == "焊接入门"


def test_only_into_ones_own_account(account: Opened) -> None:
    other = build.account(2)
    with pytest.raises(Denied) as refused:
        actions.import_badge(
            learner_id=account.learner_id,
            content=data(theirs(account)),
            by=build.as_learner(other.learner_id),
            now=NOW,
        )
    assert refused.value.code == "account_unknown"


def test_with_the_key_the_badge_is_gone(account: Opened) -> None:
    bring(account, data(theirs(account)))
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # two officers do this (custody)
        cursor.execute("UPDATE learner SET wrapped_key = NULL, sealed = NULL")
        cursor.execute("SET LOCAL session_replication_role = origin")
    assert queries.badges(account.learner_id) == []
    assert [v for v in queries.violations() if "badge" in str(v)] == []


def test_kept_as_it_came_in(account: Opened) -> None:
    bring(account, data(theirs(account)))
    for statement in ("UPDATE badge SET issuer_known = true", "DELETE FROM badge"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
