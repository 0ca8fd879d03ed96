"""Links to a part of a certificate: chosen fields, for a while, seen by their maker, and honest about revocation."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection

from tests.bank import foundation_builders as build
from tests.bank.recognition_builders import World
from tests.bank.test_certificates_actions import NOW, bank, branch, denied, issued_and_sealed, world
from xuefen.bank.certificates import actions, queries
from xuefen.bank.certificates.models import ShareView
from xuefen.bank.certificates.types import Choice, ShareFacts, ShownField

pytestmark = pytest.mark.django_db
__all__ = ["bank", "world"]  # fixtures


@pytest.fixture
def paper(world: World, bank: Path) -> tuple[int, str]:
    return world.learner_id, issued_and_sealed(world).number


def paper_link(paper: tuple[int, str], *fields: ShownField, lines: tuple[int, ...] | None = None) -> ShareFacts:
    learner_id, number = paper
    return actions.share_certificate(
        learner_id=learner_id, number=number, choice=Choice(frozenset(fields), lines), days=7,
        by=build.as_learner(learner_id), now=NOW,
    )  # fmt: skip


def test_a_visitor_sees_the_chosen_fields_and_can_verify_them(paper: tuple[int, str]) -> None:
    link = paper_link(paper, ShownField.NAME, ShownField.CREDITS)
    seen = actions.open_paper(token=link.token, now=NOW + timedelta(hours=1))
    assert [row.en for row in seen.rows] == ["Name", "Credits in all"] and seen.state == "valid"
    report = queries.verify(seen.sd_jwt.encode(), now=NOW)
    assert report.ok and report.facts is not None and set(report.facts.shown) == set(seen.rows)
    assert queries.verify(seen.sd_jwt.encode(), now=NOW + timedelta(days=8))["expiry"].code == "expiry_expired"
    (mine,) = queries.share_links(paper[0])
    assert (mine.views, mine.seen, mine.certificate) == (1, (NOW + timedelta(hours=1),), paper[1])
    assert mine.fields == (ShownField.NAME, ShownField.CREDITS)


def test_it_says_at_once_that_the_certificate_was_taken_back(paper: tuple[int, str]) -> None:
    link = paper_link(paper, ShownField.OUTCOMES, ShownField.GRADES, lines=(1,))
    before = actions.open_paper(token=link.token, now=NOW)
    assert len(before.rows) == 1
    actions.suspend(number=paper[1], reason="under_investigation", by=branch(), now=NOW)
    assert queries.verify(before.sd_jwt.encode(), now=NOW)["suspension"].code == "suspension_suspended"
    actions.revoke(number=paper[1], reason="issued_in_error", by=branch(), now=NOW)
    after = actions.open_paper(token=link.token, now=NOW)
    assert (after.state, after.reason) == ("revoked", "issued_in_error")
    assert queries.verify(before.sd_jwt.encode(), now=NOW)["revocation"].code == "revocation_revoked"
    assert denied(lambda: paper_link(paper, ShownField.NAME)) == "certificate_state"


def test_a_link_leads_to_its_own_kind_of_page_and_ends(paper: tuple[int, str]) -> None:
    link = paper_link(paper, ShownField.NUMBER)
    assert denied(lambda: actions.open_shared(token=link.token, now=NOW)) == "share_gone"
    assert denied(lambda: actions.open_paper(token=link.token, now=NOW + timedelta(days=7))) == "share_gone"
    actions.unshare(learner_id=paper[0], link_id=link.id, by=build.as_learner(paper[0]), now=NOW)
    assert denied(lambda: actions.open_paper(token=link.token, now=NOW)) == "share_gone"
    assert ShareView.objects.count() == 0


def test_only_the_holder_and_only_what_there_is(paper: tuple[int, str]) -> None:
    learner_id, number = paper
    said = {"number": number, "choice": Choice(frozenset({ShownField.NAME})), "days": 7, "now": NOW}
    stranger = {"learner_id": learner_id, "by": build.as_learner(learner_id + 1)}
    assert denied(lambda: actions.share_certificate(**stranger, **said)) == "account_unknown"
    assert denied(lambda: paper_link(paper)) == "choice_empty"
    other = build.account(7)
    mine = {"learner_id": other.learner_id, "by": build.as_learner(other.learner_id)}
    assert denied(lambda: actions.share_certificate(**mine, **said)) == "certificate_unknown"


def test_nobody_learns_from_the_table_which_certificate_it_is(paper: tuple[int, str]) -> None:
    paper_link(paper, ShownField.NAME)
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(share_link)::text FROM share_link")
        assert paper[1] not in cursor.fetchone()[0]
