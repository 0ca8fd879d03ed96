"""``xuefen alarms``."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import asdict

from xuefen.bank.shell import clock
from xuefen.bank.shell.actor import EVERYTHING
from xuefen.bank.supervision import actions, queries
from xuefen.bank.supervision.states import STATE_WORDS
from xuefen.bank.supervision.types.alarms import KIND_WORDS, AlarmEvent, AlarmKind, AlarmState, AlarmView
from xuefen.bedrock import ids
from xuefen.faces.cli.output import plain_refusals, result, write_json
from xuefen.faces.cli.standard_life import person

MOST = 200


@plain_refusals
def listed(arguments: Namespace) -> int:
    """Cases of one state and kind, or all."""
    rows = queries.alarms(
        EVERYTHING,
        state=AlarmState(arguments.state) if arguments.state else None,
        kind=AlarmKind(arguments.kind) if arguments.kind else None,
    )
    views = queries.alarm_views(rows[:MOST])
    if arguments.json != "-":
        for view in views:
            _print(view)
        if not views:
            result.print("没有 none", markup=False)
    write_json([view.to_json() for view in views], arguments.json)
    return 0


@plain_refusals
def show(arguments: Namespace) -> int:
    """One case."""
    return _told(queries.alarm(EVERYTHING, arguments.number), arguments)


@plain_refusals
def decide(arguments: Namespace) -> int:
    """One step, as the person named."""
    by = person(arguments.username)
    view = actions.decide_alarm(
        number=arguments.number, event=AlarmEvent(arguments.event), reason=arguments.reason, by=by, now=clock.now()
    )
    return _told(view, arguments)


@plain_refusals
def scan(arguments: Namespace) -> int:
    """Everything that waits, round after round; 1 when a batch could not be looked through."""
    done = actions.scan_all(now=clock.now())
    if arguments.json != "-":
        result.print(
            f"批次 batches: {done.batches}  新案件 opened: {done.opened}"
            f"  又有新情况 grown: {done.grown}  失败 failed: {done.failed}"
        )
    write_json(asdict(done), arguments.json)
    return 1 if done.failed else 0


def _told(view: AlarmView, arguments: Namespace) -> int:
    if arguments.json != "-":
        _print(view)
        for label, count in view.chart:
            result.print(f"    {label:>6} {count}", markup=False)
        for number in view.outcomes:
            result.print(f"    {ids.display(number)}", markup=False)
        for move in view.moves:
            result.print(f"  {move.at:%Y-%m-%d %H:%M} {move.event} {move.by_name} {move.reason}", markup=False)
    write_json(view.to_json(), arguments.json)
    return 0


def _print(view: AlarmView) -> None:
    state, kind = STATE_WORDS[view.state], KIND_WORDS[view.kind]
    result.print(f"{ids.display(view.number)}  {state[0]} {state[1]}  {kind[0]} {kind[1]}", markup=False)
    for sentence in view.sentence:
        result.print(f"    {sentence}", markup=False)
