"""A standard under way for the demonstration: a stricter version before the public, and a new kind of outcome waiting."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from xuefen.bank.shell import clock
from xuefen.bank.shell.actor import PUBLIC, Actor
from xuefen.bank.standards import actions, queries
from xuefen.bank.standards.rules.life import months_later


def under_way(*, experts: Sequence[Actor], hubs: Sequence[Actor], now: datetime) -> str:
    """Propose the next version of cn-2026 as the second hub officer, have two experts compare it, open the consultation, and
    let two people comment; one is answered. The number of the proposal. ``hubs`` and ``experts`` are two persons each.
    """
    body = _stricter(now)
    number = actions.propose(body=body, note="按年度修订意见，把转换总量上限降到 45 %。", by=hubs[1], now=now)
    for expert, verdict, reasons in zip(
        experts,
        ("support", "changes"),
        ("与从严院校的做法一致，依据充分。", "方向对；建议同时写明过渡办法。"),
        strict=True,
    ):
        actions.compare(number=number, verdict=verdict, reasons=reasons, by=expert, now=now)
    actions.open_consultation(number=number, working_days=20, by=hubs[0], now=now)
    said: dict[str, Any] = {"number": number, "place": "limits", "by": PUBLIC, "now": now}
    actions.comment(name="苏木", text="在职学员学时紧，希望给已经在读的人留过渡期。", **said)
    actions.comment(name="", text="上限降低以后，办理中的申请按哪一版算？", **said)
    actions.answer_comment(
        number=number, seq=2, reply="办理中的申请按提交那天施行的版本，不受影响。", withhold=False, by=hubs[0], now=now
    )
    actions.ask_kind(
        name="数字徽章", outcome_class="social", description="十学时以内的在线微认证，有测验，按徽章记录学习成果。",
        institution_code="", by=hubs[0], now=now,
    )  # fmt: skip
    return number


def _stricter(now: datetime) -> dict[str, Any]:
    """The version in force with one cap lowered, from three months on."""
    loaded = queries.current(on=clock.today(now))
    body: dict[str, Any] = json.loads(json.dumps(queries.body_of(loaded.id)))
    body |= {"version": loaded.version + 1, "effective_from": months_later(clock.today(now), 3).isoformat()}
    body["limits"]["total_share"]["share"] = 45
    return body
