"""``xuefen standard diff|proposals|propose|compare|consult|publish|retire``: the life of a version."""

from __future__ import annotations

import getpass
import sys
from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.contrib.auth import authenticate

from xuefen.bank.shell import clock
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.problems import Denied, Problem
from xuefen.bank.staff.queries import actor_for
from xuefen.bank.standards import actions, queries, rules
from xuefen.bank.standards.rules.diff import compare as differences
from xuefen.bank.standards.rules.life import state_words
from xuefen.bank.standards.types.life import VERSION_UNKNOWN, Event
from xuefen.faces.cli.node import HOUSE
from xuefen.faces.cli.output import console, plain_refusals, result, write_json
from xuefen.faces.cli.standards import BAD_INPUT, read, tell

NOT_THIS_PERSON = Problem(
    "not_this_person", "用户名或密码不对。", "The user name or the password is wrong.", status=401
)


def person(username: str) -> Actor:
    """Somebody who works here, by their password: what a person does, nobody else does for them, not even the operator."""
    password = getpass.getpass(f"{username}: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    user = authenticate(username=username, password=password)
    if user is None:
        raise Denied(NOT_THIS_PERSON)
    return actor_for(user, now=clock.now())


@plain_refusals
def diff(arguments: Namespace) -> int:
    """Every change as a sentence, by chapter."""
    before = _body(arguments.code, arguments.before)
    if Path(arguments.after).is_file():
        found = _from_file(Path(arguments.after))
        if found is None:
            return BAD_INPUT
        after = found
    else:
        after = _body(arguments.code, arguments.after)
    changes = differences(before, after)
    if arguments.json != "-":
        for chapter in changes:
            result.print(" ".join(chapter.title), style="bold", markup=False)
            for change in chapter.changes:
                result.print(f"  {change.zh}\n    {change.en}", markup=False)
        if not changes:
            result.print("没有差别 no differences", markup=False)
    write_json([chapter.to_json() for chapter in changes], arguments.json)
    return 0


def _body(code: str, version: str) -> Mapping[str, Any]:
    if not (version.isascii() and version.isdigit() and len(version) < 9):
        raise Denied(VERSION_UNKNOWN, code=code, version=version)
    return queries.body_of(queries.version_row(code, int(version)).id)


def _from_file(file: Path) -> Mapping[str, Any] | None:
    """A standard's file that holds no errors; None when it does, and they have been told."""
    text = read(file)
    if text is None:
        return None
    document, errors = rules.check_text(text)
    if errors:
        tell(file, errors)
        return None
    body: Mapping[str, Any] = document.body
    return body


def proposals(arguments: Namespace) -> int:
    """Every proposal with where it stands."""
    rows = queries.proposals(HOUSE)
    for row in rows if arguments.json != "-" else ():
        zh, en = state_words(row.state)
        result.print(f"{row.number}  {row.code}/{row.version}  {zh} {en}  {row.title_zh}", markup=False)
    found = [
        {
            "number": row.number,
            "code": row.code,
            "version": row.version,
            "state": row.state.value,
            "effective_from": row.effective_from.isoformat(),
            "comparisons": row.comparisons,
            "comments": row.comments,
            "unanswered": row.unanswered,
            "signatures": row.signatures,
        }
        for row in rows
    ]
    write_json(found, arguments.json)
    return 0


@plain_refusals
def propose(arguments: Namespace) -> int:
    """Propose a file."""
    body = _from_file(arguments.file)
    if body is None:
        return BAD_INPUT
    number = actions.propose(body=body, note=arguments.note, by=person(arguments.username), now=clock.now())
    result.print(number, markup=False)
    return 0


@plain_refusals
def compare(arguments: Namespace) -> int:
    """Give a comparison."""
    actions.compare(
        number=arguments.number, verdict=arguments.verdict, reasons=arguments.reasons, by=person(arguments.username),
        now=clock.now(),
    )  # fmt: skip
    console.print("比对意见已记下 recorded", markup=False)
    return 0


@plain_refusals
def consult(arguments: Namespace) -> int:
    """Open the consultation."""
    until = actions.open_consultation(
        number=arguments.number, working_days=arguments.days, by=person(arguments.username), now=clock.now()
    )
    console.print(f"征求意见到 open until {until.isoformat()}", markup=False)
    return 0


@plain_refusals
def publish(arguments: Namespace) -> int:
    """Sign; the second signature publishes."""
    event = actions.sign(number=arguments.number, by=person(arguments.username), now=clock.now())
    done = (
        "已发布 published"
        if event is Event.PUBLISH
        else "已签署，等另一位 signed; another person's signature is needed"
    )
    console.print(done, markup=False)
    return 0


@plain_refusals
def retire(arguments: Namespace) -> int:
    """Set a version's end."""
    row = queries.version_row(arguments.code, arguments.version)
    actions.retire(
        version_id=row.id, on=arguments.on, reason=arguments.reason, by=person(arguments.username), now=clock.now()
    )
    console.print(f"{arguments.on} 起停用 retired from that day", markup=False)
    return 0
