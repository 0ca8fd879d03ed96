"""``xuefen slip``. A person acts: who brings it, and somebody else who checks."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from xuefen.bank.catalogue import queries as catalogue
from xuefen.bank.evidence.types import MOST_BYTES
from xuefen.bank.intake import actions, queries
from xuefen.bank.intake.states import STATES
from xuefen.bank.intake.types import Form, Kind, SlipRow, SlipView
from xuefen.bank.learners import queries as learners
from xuefen.bank.shell import clock
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.problems import Denied
from xuefen.bedrock import ids
from xuefen.faces.cli.node import HOUSE
from xuefen.faces.cli.output import console, plain_refusals, result, write_json
from xuefen.faces.cli.standard_life import person

BAD_INPUT = 2


@plain_refusals
def submit(arguments: Namespace) -> int:
    """Begin, attach and send; what is refused leaves no draft behind."""
    files = _read(arguments.files)
    if files is None:
        return BAD_INPUT
    by, now = person(arguments.username), clock.now()
    learner = learners.by_account(by.scope("submissions.make"), arguments.account)
    item = catalogue.item(arguments.issuer, arguments.item, version=arguments.version)
    number = actions.start(
        learner_id=learner.pk, item_version_id=item.version_id, form=form_of(arguments), by=by, now=now
    )
    try:
        _attach(number, files, by=by, now=now)
        actions.send(number=number, version=0, by=by, now=now)
    except Denied:
        actions.withdraw(number=number, version=0, by=by, now=now)
        raise
    return _told(number, arguments)


@plain_refusals
def send(arguments: Namespace) -> int:
    """With what was asked for. Fields that are given replace what was said; the others stay."""
    files = _read(arguments.files)
    if files is None:
        return BAD_INPUT
    by, now = person(arguments.username), clock.now()
    slip = queries.one(by, arguments.number)
    said, given = queries.view(slip).form.to_json(), form_of(arguments).to_json()
    if any(given.values()):
        form = Form(**{name: given[name] or said[name] for name in said})
        actions.save_form(number=slip.number, form=form, by=by, now=now)
    _attach(slip.number, files, by=by, now=now)
    actions.send(number=slip.number, version=slip.version, by=by, now=now)
    return _told(slip.number, arguments)


@plain_refusals
def check(arguments: Namespace) -> int:
    """Accept, refuse with a code of the standard, or ask for more."""
    by, now = person(arguments.username), clock.now()
    slip = queries.one(by, arguments.number)
    about: dict[str, Any] = {
        "number": slip.number,
        "version": slip.version,
        "note": arguments.note,
        "by": by,
        "now": now,
    }
    if arguments.verdict == "accept":
        actions.accept(**about)
    elif arguments.verdict == "refuse":
        actions.refuse(**about, reason_code=arguments.reason)
    else:
        actions.ask_more(**about)
    return _told(slip.number, arguments)


@plain_refusals
def withdraw(arguments: Namespace) -> int:
    """By who may fill it in."""
    by = person(arguments.username)
    slip = queries.one(by, arguments.number)
    actions.withdraw(number=slip.number, version=slip.version, by=by, now=clock.now())
    return _told(slip.number, arguments)


@plain_refusals
def show(arguments: Namespace) -> int:
    """One slip, without what its form says: that is for people who work on it."""
    return _told(arguments.number, arguments)


@plain_refusals
def file(arguments: Namespace) -> int:
    """A file of a slip, opened for who may see it."""
    found = actions.open_file(
        number=arguments.number, file_number=arguments.file, by=person(arguments.username), now=clock.now()
    )
    arguments.out.write_bytes(found.data)
    result.print(f"{arguments.out.name}  {found.media_type}  {len(found.data)} bytes", markup=False)
    return 0


@plain_refusals
def listed(arguments: Namespace) -> int:
    """Submissions, newest first."""
    rows = queries.slips(HOUSE).filter(kind=Kind.SUBMISSION)
    if arguments.state:
        rows = rows.filter(state=arguments.state)
    found = queries.rows(rows[: arguments.limit], now=clock.now())
    if arguments.json != "-":
        for row in found:
            _print(row)
        if not found:
            result.print("没有 none", markup=False)
    write_json([row.to_json() for row in found], arguments.json)
    return 0


def _read(named: Iterable[tuple[str, Path]]) -> list[tuple[str, str, bytes]] | None:
    """Every file before anybody is asked for a password; None when one cannot be read, which is told."""
    found = []
    for line, path in named:
        try:
            with path.open("rb") as source:
                found.append((line, path.name, source.read(MOST_BYTES + 1)))
        except OSError:
            console.print(f"没有这个文件，或者读不了 cannot be read: {path.name}", style="red", markup=False)
            return None
    return found


def _attach(number: str, files: Iterable[tuple[str, str, bytes]], *, by: Actor, now: datetime) -> None:
    for line, name, content in files:
        actions.attach(number=number, asked_as=line, name=name, content=content, by=by, now=now)


def form_of(arguments: Namespace) -> Form:
    """What the options say of the outcome."""
    return Form(
        awarded_on=arguments.awarded_on,
        grade=arguments.grade,
        hours=arguments.hours,
        serial=arguments.serial,
        note=arguments.note,
    )


def _told(number: str, arguments: Namespace) -> int:
    view = queries.view(queries.one(HOUSE, number), now=clock.now(), officer=True)
    if arguments.json != "-":
        _print(view.row)
        for line in view.checklist:
            files = " ".join(file.number for file in line.files) or ("缺 missing" if line.required else "–")
            result.print(f"  {line.code}  {line.zh} {line.en}: {files}", markup=False)
    write_json(_json(view), arguments.json)
    return 0


def _json(view: SlipView) -> dict[str, object]:
    lines = [
        {
            "code": line.code,
            "zh": line.zh,
            "en": line.en,
            "required": line.required,
            "files": [f.number for f in line.files],
        }
        for line in view.checklist
    ]
    return view.row.to_json() | {"version": view.row.version, "standard": view.standard, "checklist": lines}


def _print(row: SlipRow) -> None:
    words = STATES[row.state]
    until = f", {row.clock.due_on}" if row.clock else ""
    outcome = f" → {ids.display(row.outcome_number)}" if row.outcome_number else ""
    result.print(
        f"{ids.display(row.number)}  {words.zh} {words.en}{until}  {row.issuer_code} {row.item_code} {row.item_name}"
        f"  {ids.display(row.account_no)} {row.masked_name}{outcome}",
        markup=False,
    )
