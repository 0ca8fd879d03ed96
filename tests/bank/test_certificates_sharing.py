"""Share links: open for a while, seen by their maker, taken back for good."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from tests.bank import foundation_builders as build
from xuefen.bank.certificates import actions, queries
from xuefen.bank.certificates.models import ShareLink, ShareView
from xuefen.bank.certificates.types import MOST_LINKS, ShareFacts, ShareKind
from xuefen.bank.learners.types import Opened
from xuefen.bank.shell.problems import Denied

pytestmark = pytest.mark.django_db(transaction=True)
NOW = build.NOW


@pytest.fixture
def account() -> Opened:
    build.tree()
    return build.account()


def shared(account: Opened, **changes) -> ShareFacts:
    said = {
        "kind": ShareKind.PLAN,
        "title": "行政管理",
        "content": {"x": ["学分", 3]},
        "days": 7,
        "named": False,
    } | changes
    return actions.share(learner_id=account.learner_id, by=build.as_learner(account.learner_id), now=NOW, **said)


def code(call, **arguments) -> str:
    with pytest.raises(Denied) as denied:
        call(**arguments)
    return denied.value.code


def test_whoever_has_the_address_sees_it_and_the_maker_sees_that(account: Opened) -> None:
    link = shared(account)
    seen = actions.open_shared(token=link.token, now=NOW + timedelta(hours=1))
    assert (seen.content, seen.title, seen.holder) == ({"x": ["学分", 3]}, "行政管理", "")
    (mine,) = queries.share_links(account.learner_id)
    assert (mine.views, mine.last_view_at, mine.token) == (1, NOW + timedelta(hours=1), link.token)


def test_the_name_shows_masked_and_only_when_asked(account: Opened) -> None:
    holder = actions.open_shared(token=shared(account, named=True).token, now=NOW).holder
    assert "*" in holder or "＊" in holder or "○" in holder


def test_it_ends_by_itself_and_when_taken_back(account: Opened) -> None:
    link, other = shared(account), shared(account, days=30)
    assert code(actions.open_shared, token=link.token, now=NOW + timedelta(days=7)) == "share_gone"
    me = {"learner_id": account.learner_id, "by": build.as_learner(account.learner_id)}
    for later in (1, 2):
        actions.unshare(link_id=other.id, now=NOW + timedelta(minutes=later), **me)
    assert code(actions.open_shared, token=other.token, now=NOW + timedelta(minutes=3)) == "share_gone"
    assert ShareLink.objects.get(pk=other.id).revoked_at == NOW + timedelta(minutes=1)
    assert ShareView.objects.count() == 0


@pytest.mark.parametrize("token", ["", "x", "A" * 22, "学" * 22, "A" * 5000])
def test_no_other_address_leads_anywhere(account: Opened, token: str) -> None:
    shared(account)
    assert code(actions.open_shared, token=token, now=NOW) == "share_gone"


def test_nobody_else_shares_or_takes_back(account: Opened) -> None:
    link, stranger = shared(account), build.as_learner(account.learner_id + 1)
    assert (
        code(actions.unshare, learner_id=account.learner_id, link_id=link.id, by=stranger, now=NOW) == "account_unknown"
    )
    said = {"kind": ShareKind.PLAN, "title": "", "content": {}, "days": 7, "named": False}
    assert code(actions.share, learner_id=account.learner_id, by=stranger, now=NOW, **said) == "account_unknown"


def test_days_and_number_are_bounded(account: Opened) -> None:
    assert code(shared, account=account, days=365) == "share_days"
    for _ in range(MOST_LINKS):
        shared(account)
    assert code(shared, account=account) == "share_too_many"


def test_the_table_gives_no_address_and_shows_nothing_without_the_key(account: Opened) -> None:
    link = shared(account)
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(share_link)::text FROM share_link")
        text = cursor.fetchone()[0]
    assert link.token not in text and "行政管理" not in text


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM share_link",
        "UPDATE share_link SET expires_at = expires_at + interval '1 year'",
        "DELETE FROM share_view",
        "UPDATE share_view SET at = at + interval '1 day'",
    ],
)
def test_links_and_their_openings_stay_as_they_were(account: Opened, statement: str) -> None:
    actions.open_shared(token=shared(account).token, now=NOW)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
