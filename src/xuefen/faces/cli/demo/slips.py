"""Deposit slips for the demonstration: a certificate brought with its papers and checked, one that waits to be checked; awards
claimed, declined and still waiting.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from xuefen.bank.catalogue import queries as catalogue
from xuefen.bank.institutions import queries as institutions
from xuefen.bank.intake import actions
from xuefen.bank.intake.types import Award, Form
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.clock import today
from xuefen.faces.cli.demo import people, stage

_LEVEL = "V15"  # skill level five, which anybody may begin with


def make(*, accounts: stage.Accounts, now: datetime) -> dict[str, Any]:
    """What was made, by what it shows: slip numbers."""
    codes = _certificates()
    officer, awarder = stage.actor("sheng", now=now), stage.actor("ylzs", now=now)
    begun = now - timedelta(days=6)
    taken = _submit(accounts, people.ZHONG.name, codes[0], serial="YLZS-2026-0517", now=begun)
    actions.accept(
        number=taken, version=1, note="与发证机构网上查询结果一致。", by=officer, now=begun + timedelta(days=2)
    )
    waiting = _submit(accounts, people.HE.name, codes[1], serial="YLZS-2026-0733", now=now - timedelta(days=3))
    awarded = {}
    for name, code, serial in (
        (people.GU.name, codes[2], "YLZS-2026-0901"),
        (people.TAO.name, codes[2], "YLZS-2026-0902"),
        (people.LIN.name, codes[3], "YLZS-2026-0903"),
    ):
        account_no = accounts.cast[name][1][0]
        form = Form(awarded_on=_day(now), serial=serial, note="恭喜通过本次职业技能评价。")
        award = Award(account=account_no, item_code=code, form=form, days=30)
        awarded[name] = actions.push(issuer_code="YLZS", award=award, by=awarder, now=begun).number
    actions.claim(number=awarded[people.GU.name], by=_learner(accounts, people.GU.name, now), now=now)
    actions.decline(
        number=awarded[people.TAO.name],
        note="这次评价我没有参加，请核对。",
        by=_learner(accounts, people.TAO.name, now),
        now=now,
    )
    actions.sweep(now=now)
    return {
        "accepted": taken,
        "waiting": waiting,
        "claimed": awarded[people.GU.name],
        "declined": awarded[people.TAO.name],
        "offered": awarded[people.LIN.name],
    }


def _certificates() -> list[str]:
    """Codes of the assessment centre's first certificates of the lowest level."""
    latest = catalogue.items_for(institutions.by_code("YLZS").pk).latest
    return sorted(code for code, item in latest.items() if item.type_code == _LEVEL)[:4]


def _submit(accounts: stage.Accounts, name: str, code: str, *, serial: str, now: datetime) -> str:
    by = _learner(accounts, name, now)
    item = catalogue.item("YLZS", code)
    number = actions.start(learner_id=accounts.cast[name][0], item_version_id=item.version_id, by=by, now=now)
    form = Form(awarded_on=_day(now), serial=serial, note="证书是外地培训时考的，没有直接存进来。")
    actions.save_form(number=number, form=form, by=by, now=now)
    for asked_as, title in (("certificate", "证书"), ("registry", "网上查询截图")):
        actions.attach(
            number=number, asked_as=asked_as, name=f"{title}.pdf", content=_scan(f"{serial} {asked_as}"), by=by, now=now
        )
    actions.send(number=number, version=0, by=by, now=now)
    return number


def _learner(accounts: stage.Accounts, name: str, now: datetime) -> Actor:
    return stage.actor(accounts.cast[name][1][0], now=now)


def _day(now: datetime) -> str:
    return (today(now) - timedelta(days=60)).isoformat()


def _scan(text: str) -> bytes:
    """A one-page PDF that says what it stands for."""
    page = f"BT /F1 18 Tf 60 760 Td ({text}) Tj ET".encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(page), page),
    ]
    body, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(objects) + 1, table)
    return body + head + b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(body))
