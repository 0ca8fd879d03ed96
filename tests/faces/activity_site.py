"""A scheme, an activity and a good deed for tests of pages, held by any institution of the test."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from tests.bank import activity_builders as build
from tests.bank import deposit_builders as deposits
from tests.bank import foundation_builders as foundation
from tests.faces import desk_builders as desk
from xuefen.bank.activities import actions, queries
from xuefen.bank.institutions import queries as institutions
from xuefen.bank.learners.types import Opened
from xuefen.bank.staff.types import Role

SIGNED = build.SPRING
HELD = datetime(2026, 11, 9, 1, 30, tzinfo=desk.MONDAY.tzinfo)
"""The lecture began half an hour before the pages' Monday."""


def signed_scheme(code: str) -> int:
    """A scheme of the institution, proposed and signed by two; the id of the version."""
    found = institutions.by_code(code)
    deposits.add_item(found, "S1", kind="activity", outcome_class="social", type_code="S01", level=3)
    officer = build.person(Role.ISSUER_OFFICER, institution=found.pk)
    row = actions.propose_scheme(institution_code=code, text=build.SCHEME, by=officer, now=SIGNED)
    branch = build.person(Role.BRANCH_OFFICER, place=foundation.ZHEJIANG)
    return actions.sign_scheme(scheme_id=row.id, by=branch, now=SIGNED).id


def lecture(code: str, *, title: str = "家风讲座", most: int = 30, starts: datetime = HELD) -> str:
    """The number of a lecture that is on when the pages are looked at."""
    return actions.open_activity(
        institution_code=code, kind="lecture", title=title, place="社区学校一楼", starts_at=starts,
        ends_at=starts + timedelta(hours=2), most=most, by=foundation.HOUSE, now=starts - timedelta(days=1),
    ).number  # fmt: skip


def idle(owner: Opened, witness: Opened) -> dict[str, str]:
    """Rows of the issuer QH that nobody can change any more: a cancelled lecture, a declined deed, one participation."""
    scheme = signed_scheme("QH")
    number = lecture("QH")
    actions.cancel_activity(number=number, reason="下雨", by=foundation.HOUSE, now=HELD)
    other = lecture("QH", title="书法讲座")
    (told,) = actions.confirm_list(number=other, text=owner.account_no, by=foundation.HOUSE, now=HELD)
    deed = actions.report_deed(
        institution_code="QH", kind="deed", text="陪邻居老人去医院取药。", done_on=date(2026, 11, 8),
        witness_account=witness.account_no, learner_id=owner.learner_id, by=foundation.as_learner(owner.learner_id), now=HELD,
    )  # fmt: skip
    actions.decline_deed(number=deed, reason="没有这回事", by=foundation.HOUSE, now=HELD)
    return {"scheme": str(scheme), "activity": number, "participation": told.number, "deed": deed}


def code_of(number: str, *, at: datetime = desk.MONDAY) -> str:
    found = queries.activity(foundation.HOUSE.scope("activities.read"), number)
    return queries.code_now(found, now=at)
