"""Previewing a change on all accounts: chunk by chunk of accounts, put aside after each, taken up again after a kill."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from xuefen.bank.audit import actions as audit
from xuefen.bank.conversion.actions.publishing import check_rules, refused
from xuefen.bank.conversion.actions.surveys import RulesSurvey, StandardSurvey, Survey
from xuefen.bank.conversion.models import ImpactRun
from xuefen.bank.conversion.queries import impact as reading
from xuefen.bank.conversion.rules.impact import Tally, cells_of, few, hidden
from xuefen.bank.conversion.types import RuleDraft
from xuefen.bank.conversion.types.codec import Fault, decode, encode
from xuefen.bank.conversion.types.impact import Impact
from xuefen.bank.deposits import queries as deposits
from xuefen.bank.shell import clock
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.problems import Denied, Problem
from xuefen.bank.shell.transaction import use_case
from xuefen.bank.standards import rules as standards
from xuefen.bank.standards.types import PACK_INVALID
from xuefen.bedrock.canon import NotCanonical, canonical
from xuefen.bedrock.gm.sm3 import sm3

CHUNK = 5_000
"""Accounts looked at between two commits."""

Progress = Callable[[int, int], None]

IMPACT_RUNNING = Problem(
    "impact_running",
    "这次预演正由另一个进程在做，请等它做完。",
    "Another process is working on this preview; wait for it to finish.",
    status=409,
)
IMPACT_NOTHING = Problem("impact_nothing", "没有要预演的内容。", "There is nothing to preview.")


def ask_standard(*, body: Mapping[str, Any], by: Actor, now: datetime) -> int:
    """Ask what a standard would do, the id of the run; an unfinished run of the same body is that one.

    ``Denied``: not_allowed, impact_not_everything, pack_invalid.
    """
    reading.may_preview(by, "standard")
    errors = standards.find_errors(body)
    if errors:
        first = errors[0]
        said, said_zh = f"{first.path}: {first.en}", f"{first.path}：{first.zh}"
        raise Denied(PACK_INVALID, place="body", count=len(errors), errors=said, errors_zh=said_zh)
    pack = standards.parse_pack(body)
    title = f"{pack.name} {pack.title_zh}"
    return _ask(kind="standard", title=title, proposal=dict(body), by=by, now=now)


def ask_rules(*, agreement_number: str, rules: Sequence[RuleDraft], title: str = "", by: Actor, now: datetime) -> int:
    """Ask what drafts of rules would do, the id of the run; an unfinished run of the same drafts is that one.

    ``Denied``: not_allowed, impact_not_everything, impact_nothing, agreement_unknown, rules_refused (all in ``errors``).
    """
    reading.may_preview(by, "rules")
    if not rules:
        raise Denied(IMPACT_NOTHING, place="rules")
    if errors := check_rules(agreement_number=agreement_number, rules=rules, on=clock.today(now)):
        raise refused(errors)
    proposal = {"agreement": agreement_number, "rules": [encode(draft) for draft in rules]}
    name = title or f"{agreement_number} · {len(rules)}"
    return _ask(kind="rules", title=name, proposal=proposal, by=by, now=now)


@use_case
def _ask(*, kind: str, title: str, proposal: dict[str, Any], by: Actor, now: datetime) -> int:
    try:
        digest = sm3(canonical({"kind": kind, "proposal": proposal})).hex()
    except NotCanonical as error:
        raise Denied(PACK_INVALID, place="body", count=1, errors=str(error), errors_zh=str(error)) from None
    waiting = ImpactRun.objects.filter(digest=digest, state__in=("queued", "running")).order_by("-id").first()
    if waiting is not None:
        return waiting.pk
    row = ImpactRun.objects.create(
        kind=kind,
        on=clock.today(now),
        title=title[:200],
        proposal=proposal,
        digest=digest,
        asked_by=by.name,
        asked_at=now,
    )
    audit.record(
        action="impact.asked", by=by, now=now, subject=("impact_run", row.pk), after={"kind": kind, "sm3": digest}
    )
    return row.pk


def run(
    *,
    standard: Mapping[str, Any] | None = None,
    agreement_number: str = "",
    rules: Sequence[RuleDraft] = (),
    title: str = "",
    by: Actor,
    now: datetime,
    progress: Progress | None = None,
    chunk: int = CHUNK,
) -> ImpactRun:
    """Preview a standard's body, or drafts under an agreement, from where an earlier run of the same was cut off.

    Raises as ``ask_standard``, ``ask_rules`` and ``work``.
    """
    if standard is not None:
        run_id = ask_standard(body=standard, by=by, now=now)
    else:
        run_id = ask_rules(agreement_number=agreement_number, rules=rules, title=title, by=by, now=now)
    return work(run_id=run_id, now=now, progress=progress, chunk=chunk)


def work(*, run_id: int, now: datetime, progress: Progress | None = None, chunk: int = CHUNK) -> ImpactRun:
    """Look at all accounts, from where the run stands; one that is done comes back as it is. ``progress(done, last)`` counts
    learners by id. ``Denied``: impact_running; what stops a run for good is kept in it, then ``failed``.
    """
    row = ImpactRun.objects.get(pk=run_id)
    if row.state == "done":
        return row
    try:
        survey = _survey(row)
    except Denied as denied:
        _fail(run_id=run_id, denied=denied, now=now)
        raise
    tally = Tally.from_json(row.partial)
    cursor, last = row.cursor, row.last or deposits.last_learner()
    while cursor < last:
        upto = min(cursor + chunk, last)
        for account in survey.accounts(deposits.held_by(cursor, upto), tally.moves):
            tally.add(account, keys=survey.keys)
        _advance(run_id=run_id, stood=cursor, cursor=upto, last=last, tally=tally)
        cursor = upto
        if progress is not None:
            progress(cursor, last)
    return _finish(run_id=run_id, result=_result(row.kind, tally, survey), now=now)


def _survey(row: ImpactRun) -> Survey:
    if row.kind == "standard":
        return StandardSurvey(row.proposal, on=row.on)
    faults: list[Fault] = []
    drafts = [decode(RuleDraft, document, faults) for document in row.proposal["rules"]]
    if faults:
        raise RuntimeError(f"impact run {row.pk} is stored malformed: {faults}")
    return RulesSurvey(row.proposal["agreement"], [d for d in drafts if d is not None], on=row.on)


@use_case
def _advance(*, run_id: int, stood: int, cursor: int, last: int, tally: Tally) -> None:
    """Put the sums aside; whoever finds the run moved on by another gives way."""
    moved = ImpactRun.objects.filter(pk=run_id, cursor=stood, state__in=("queued", "running")).update(
        state="running", cursor=cursor, last=last, outcomes=tally.outcomes, partial=tally.to_json()
    )
    if not moved:
        raise Denied(IMPACT_RUNNING)


@use_case
def _finish(*, run_id: int, result: Impact, now: datetime) -> ImpactRun:
    row = ImpactRun.objects.select_for_update().get(pk=run_id)
    row.state, row.result, row.finished_at = "done", encode(result), now
    row.partial, row.outcomes = None, result.outcomes
    row.save()
    return row


@use_case
def _fail(*, run_id: int, denied: Denied, now: datetime) -> None:
    problem = {"code": denied.code, "zh": denied.sentence("zh"), "en": denied.sentence("en")}
    ImpactRun.objects.filter(pk=run_id).update(state="failed", problem=problem, finished_at=now)


def _result(kind: str, tally: Tally, survey: Survey) -> Impact:
    """The sums as they may be shown: nothing about fewer than five accounts, nothing of anybody but masked examples."""
    names = survey.names()
    gain, lose = few(tally.gain), few(tally.lose)
    return Impact(
        kind=kind,
        accounts=tally.accounts,
        outcomes=tally.outcomes,
        gain=gain,
        lose=lose,
        gained=tally.gained if gain is not None else None,
        lost=tally.lost if lose is not None else None,
        histogram=hidden(tally.columns),
        by_issuer=cells_of(tally, "issuer", names),
        by_class=cells_of(tally, "class", {}),
        by_receiver=cells_of(tally, "receiver", names),
        moves={key: few(count) for key, count in sorted(tally.moves.items())},
        gainers=survey.named(tally.gainers),
        losers=survey.named(tally.losers),
        limits=survey.limits(),
        sample=survey.sample([learner for _, learner in tally.sample]),
    )
