"""What the desk shows of an outcome and of what became of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from xuefen.bank.deposits import queries
from xuefen.bank.deposits.types import OutcomeFacts
from xuefen.bank.recognition import queries as applications
from xuefen.bank.recognition.states import UNDER_WAY
from xuefen.bank.shell.actor import Actor
from xuefen.bank.supervision import queries as supervision
from xuefen.bank.supervision.types import TakenBack
from xuefen.faces.desk.pages import CLASSES
from xuefen.faces.shared.i18n import t
from xuefen.faces.shared.outcomes import CHANGE_WORDS, STATE_WORDS, history
from xuefen.faces.shared.words import groups_text


def row(facts: OutcomeFacts) -> dict[str, Any]:
    kind, words = STATE_WORDS[facts.state]
    return {"facts": facts, "kind": kind, "state": words}


def shown(facts: OutcomeFacts, *, actor: Actor, now: datetime) -> dict[str, Any]:
    """Everything the page of one outcome needs."""
    cases = (
        supervision.arbitration_of(actor.scope("arbitrations.read"), outcome=facts.number, now=now)
        if actor.may("arbitrations.read")
        else []
    )
    told = queries.history(facts.id)
    return {
        **row(facts),
        "outcome": facts,
        "class": CLASSES[facts.outcome_class],
        "changes": history(told),
        "corrects": told.corrects,
        "cases": cases,
        "change_words": CHANGE_WORDS,
    }


def as_it_is(facts: OutcomeFacts) -> dict[str, Any]:
    """What a correction begins with: what the outcome says now."""
    return {
        "item_code": facts.item_code,
        "version": facts.item_version,
        "awarded_on": facts.awarded_on.isoformat(),
        "grade": facts.grade,
        "hours": facts.hours or "",
        **{name: "" if value is None else value for name, value in facts.effort._asdict().items()},
        "serial": facts.serial,
    }


def would_touch(facts: OutcomeFacts, *, correcting: bool) -> list[str]:
    """What rests on the outcome, said before anybody takes it back or corrects it."""
    found = applications.users_of(facts.id)
    running = sum(state in UNDER_WAY for _, state in found)
    settled = len(found) - running
    said = []
    if running:
        said.append(
            t("有 {n} 件办理中的申请用了它：会终止，占用的学分退回。",
              "{n} {n:application|applications} under way use it: they end and the held credit comes back.", n=running)
        )  # fmt: skip
    if settled and correcting:
        said.append(
            t("有 {n} 件已归档的转换用了它：更正后没有变弱就照旧，改用更正后的；"
              "变弱了（换了成果、日期，学分或成绩变低）才暂停，由另一个人仲裁。",
              "{n} archived {n:conversion|conversions} use it: they stand, on the corrected one, if it is no weaker; with another"
              " item or day, less credit or a lower mark they are suspended until somebody else arbitrates.", n=settled)
        )  # fmt: skip
    elif settled:
        said.append(
            t("有 {n} 件已归档的转换用了它：会暂停，证书暂停，由另一个人仲裁。",
              "{n} archived {n:conversion|conversions} use it: suspended with the certificate until somebody else arbitrates.",
              n=settled)
        )  # fmt: skip
    return said


def consequences(done: TakenBack) -> list[str]:
    """What taking back did, as sentences."""
    said = []
    if done.ended:
        said.append(t("{n} 件申请终止。", "{n} {n:application|applications} ended.", n=len(done.ended)))
    if done.moved:
        said.append(
            t(
                "{n} 件转换改用更正后的成果。",
                "{n} {n:conversion|conversions} moved to the new outcome.",
                n=len(done.moved),
            )
        )
    if done.arbitration:
        number = groups_text(done.arbitration)
        said.append(
            t("{n} 件转换暂停，等仲裁（{c}）。", "{n} {n:conversion|conversions} suspended; case {c}.",
              n=len(done.doubted), c=number)
        )  # fmt: skip
    return said
