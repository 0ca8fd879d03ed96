"""``xuefen outcome`` and ``xuefen arbitration``."""

from __future__ import annotations

from argparse import Namespace

from xuefen.bank.deposits import queries
from xuefen.bank.deposits.rules import FIELDS
from xuefen.bank.deposits.types import Correction, OutcomeFacts
from xuefen.bank.recognition import queries as applications
from xuefen.bank.shell import clock
from xuefen.bank.shell.actor import EVERYTHING
from xuefen.bank.supervision import actions
from xuefen.bank.supervision import queries as supervision
from xuefen.bank.supervision.types import DECISION_WORDS, ArbitrationView, TakenBack
from xuefen.bedrock import ids
from xuefen.bedrock.quantity import format_credits
from xuefen.faces.cli.node import HOUSE
from xuefen.faces.cli.output import plain_refusals, result, write_json
from xuefen.faces.cli.standard_life import person


@plain_refusals
def show(arguments: Namespace) -> int:
    """What an outcome says, what became of it, and what rests on it."""
    facts = queries.outcome(EVERYTHING, ids.normalise(arguments.number))
    told = queries.history(facts.id)
    cases = supervision.arbitration_of(EVERYTHING, outcome=facts.number, now=clock.now())
    users = [state.value for _, state in applications.users_of(facts.id)]
    if arguments.json != "-":
        _print(facts)
        if told.corrects:
            result.print(f"  更正自 in place of {ids.display(told.corrects)}", markup=False)
        for change in told.changes:
            then = f" → {ids.display(change.replacement)}" if change.replacement else ""
            result.print(f"  {change.at:%Y-%m-%d} {change.event} {change.by_name}: {change.reason}{then}", markup=False)
        for state in users:
            result.print(f"  用于 used by: {state}", markup=False)
        for case in cases:
            _print_case(case)
    found = {
        "outcome": facts.number,
        "state": facts.state.value,
        "item": facts.item_code,
        "version": facts.item_version,
        "awarded_on": facts.awarded_on.isoformat(),
        "grade": facts.grade,
        "hours": facts.hours,
        **facts.effort._asdict(),
        "serial": facts.serial,
        "credits": format_credits(facts.credits),
        "free": format_credits(facts.free),
        "corrects": told.corrects or None,
        "changes": [change.to_json() for change in told.changes],
        "used_by": users,
        "arbitrations": [case.to_json() for case in cases],
    }
    write_json(found, arguments.json)
    return 0


def _print(facts: OutcomeFacts) -> None:
    result.print(
        f"{ids.display(facts.number)}  {facts.state}  {facts.item_name} ({facts.item_code} {facts.item_version})"
        f"  {format_credits(facts.credits)} 学分 credits, {format_credits(facts.free)} 可用 free"
        f"  {facts.awarded_on} {facts.grade}",
        markup=False,
    )
    said = [(FIELDS[name], getattr(facts, name)) for name in ("hours", *facts.effort._fields, "serial")]
    if any(value not in (None, "") for _, value in said):
        told = (f"{field.zh[0]} {field.name} {value}" for field, value in said if value not in (None, ""))
        result.print(f"  {'  '.join(told)}", markup=False)


@plain_refusals
def revoke(arguments: Namespace) -> int:
    """Revoke an outcome, as the house."""
    done = actions.revoke(number=arguments.number, reason=arguments.reason, by=HOUSE, now=clock.now())
    return _told(done, arguments)


@plain_refusals
def correct(arguments: Namespace) -> int:
    """Put a corrected outcome in the place of another, as the house."""
    says = Correction(
        item_code=arguments.item,
        version=arguments.version,
        awarded_on=arguments.awarded_on,
        grade=arguments.grade,
        hours=arguments.hours,
        attendance=arguments.attendance,
        online_share=arguments.online_share,
        workload=arguments.workload,
        serial=arguments.serial,
    )
    done = actions.correct(number=arguments.number, correction=says, reason=arguments.reason, by=HOUSE, now=clock.now())
    return _told(done, arguments)


def _told(done: TakenBack, arguments: Namespace) -> int:
    if arguments.json != "-":
        result.print(
            f"ok: {ids.display(done.outcome)}" + (f" → {ids.display(done.replacement)}" if done.replacement else "")
        )
        for words, numbers in (
            ("申请终止 application ended", done.ended),
            ("转换改用更正后的成果 conversion moved", done.moved),
            ("转换暂停 conversion suspended", done.doubted),
            ("等仲裁 to be arbitrated", [done.arbitration] if done.arbitration else []),
        ):
            for number in numbers:
                result.print(f"  {words}: {ids.display(number)}", markup=False)
    write_json(done.to_json(), arguments.json)
    return 0


@plain_refusals
def reinstate(arguments: Namespace) -> int:
    """Let an outcome count again, as the person named."""
    by = person(arguments.username)
    facts = actions.reinstate(number=arguments.number, reason=arguments.reason, by=by, now=clock.now())
    if arguments.json != "-":
        _print(facts)
    write_json({"outcome": facts.number, "state": facts.state.value}, arguments.json)
    return 0


@plain_refusals
def arbitrations(arguments: Namespace) -> int:
    """Those that wait, or those decided."""
    rows = supervision.arbitrations(EVERYTHING, now=clock.now(), open_ones=not arguments.decided)
    if arguments.json != "-":
        for row in rows:
            _print_case(row)
        if not rows:
            result.print("没有 none", markup=False)
    write_json([row.to_json() for row in rows], arguments.json)
    return 0


@plain_refusals
def arbitration(arguments: Namespace) -> int:
    """One of them."""
    row = supervision.arbitration(EVERYTHING, arguments.number, now=clock.now())
    if arguments.json != "-":
        _print_case(row)
    write_json(row.to_json(), arguments.json)
    return 0


@plain_refusals
def decide(arguments: Namespace) -> int:
    """Uphold or overturn, as the person named."""
    by = person(arguments.username)
    row = actions.decide_arbitration(
        number=arguments.number, uphold=arguments.uphold, grounds=arguments.grounds, by=by, now=clock.now()
    )
    if arguments.json != "-":
        _print_case(row)
    write_json(row.to_json(), arguments.json)
    return 0


def _print_case(row: ArbitrationView) -> None:
    words = " ".join(DECISION_WORDS[row.state])
    due = f", {row.clock.due_on}" if row.clock else ""
    result.print(f"{ids.display(row.number)}  {words}{due}  {ids.display(row.outcome)} {row.item_name}", markup=False)
    result.print(f"    {row.opened_by}: {row.reason}", markup=False)
    for one in row.affected:
        result.print(f"    {ids.display(one.number)} {one.state}", markup=False)
    if row.grounds:
        result.print(f"    {row.decided_by}: {row.grounds}", markup=False)
