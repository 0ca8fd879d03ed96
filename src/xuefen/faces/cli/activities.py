"""``xuefen scheme`` and ``xuefen activities``."""

from __future__ import annotations

from argparse import Namespace
from datetime import datetime
from typing import Any

from xuefen.bank.activities import rules
from xuefen.bank.shell import clock
from xuefen.bank.shell.actor import EVERYTHING, Actor
from xuefen.bedrock.quantity import format_credits
from xuefen.bedrock.workdays import BEIJING
from xuefen.faces.cli.output import console, plain_refusals, result, write_json
from xuefen.faces.cli.standards import BAD_INPUT, read, report, tell

HOUSE = Actor.system("command line")


def check(arguments: Namespace) -> int:
    """Every error of a scheme's file; 2 when there is one."""
    text = read(arguments.file)
    if text is None:
        return BAD_INPUT
    _, errors = rules.check_scheme(text)
    report(arguments, errors)
    if errors:
        return BAD_INPUT
    scheme, _ = rules.read_scheme(text)
    if arguments.json != "-":
        result.print(f"✓ {scheme.name} {scheme.zh} {scheme.en}: {len(scheme.kinds)} 类活动 kinds", markup=False)
    return 0


@plain_refusals
def propose(arguments: Namespace) -> int:
    """Keep a version; its id is what the second person signs."""
    from xuefen.bank.activities import actions

    text = read(arguments.file)
    if text is None:
        return BAD_INPUT
    _, errors = rules.check_scheme(text)
    if errors:
        tell(arguments.file, errors)
        return BAD_INPUT
    row = actions.propose_scheme(institution_code=arguments.institution, text=text, by=HOUSE, now=clock.now())
    if arguments.json != "-":
        result.print(f"{row.scheme.name}: id {row.id}，等签署 waits for a signature", markup=False)
    write_json({"id": row.id, "scheme": row.scheme.name, "institution": row.institution_code}, arguments.json)
    return 0


@plain_refusals
def sign(arguments: Namespace) -> int:
    """A signature is a person's: asked for by password."""
    from xuefen.bank.activities import actions
    from xuefen.faces.cli.standard_life import person

    row = actions.sign_scheme(scheme_id=arguments.id, by=person(arguments.person), now=clock.now())
    result.print(
        f"✓ {row.scheme.name}: {row.scheme.effective_from.isoformat()} 起施行 in force from then on", markup=False
    )
    return 0


@plain_refusals
def schemes(arguments: Namespace) -> int:
    """Every version, newest first."""
    from xuefen.bank.activities import queries

    rows = [
        {
            "id": row.id,
            "institution": row.institution_code,
            "scheme": row.scheme.name,
            "effective_from": row.scheme.effective_from.isoformat(),
            "proposed_by": row.proposed_by,
            "signed_by": row.signed_by or None,
        }
        for row in queries.scheme_rows(queries.schemes(EVERYTHING))
    ]
    if arguments.json != "-":
        for one in rows:
            signed = f"{one['signed_by']} 签署 signed" if one["signed_by"] else "等签署 waits for a signature"
            result.print(
                f"{one['id']:>4}  {one['institution']:<8}{one['scheme']:<24}{one['effective_from']}  {signed}",
                markup=False,
            )
    write_json({"schemes": rows}, arguments.json)
    return 0


@plain_refusals
def show(arguments: Namespace) -> int:
    """The latest activities."""
    from xuefen.bank.activities import queries

    found = queries.activities(EVERYTHING)
    if arguments.institution:
        found = found.filter(institution__code=arguments.institution)
    rows = queries.activity_facts(found[: arguments.most])
    if arguments.json != "-":
        for one in rows:
            when = one.starts_at.astimezone(BEIJING)
            called = "  已取消 cancelled" if one.cancelled_at else ""
            result.print(
                f"{one.number}  {when:%Y-%m-%d %H:%M}  {one.kind.code:<10}{one.taken}/{one.most} 报名 registered"
                f"  {one.confirmed} 到场 came  {one.title}{called}", markup=False,
            )  # fmt: skip
    write_json({"activities": [one.to_json() for one in rows]}, arguments.json)
    return 0


@plain_refusals
def open_one(arguments: Namespace) -> int:
    """Announce an activity; its number."""
    from xuefen.bank.activities import actions

    made = actions.open_activity(
        institution_code=arguments.institution, kind=arguments.kind, title=arguments.title, place=arguments.place,
        starts_at=_local(arguments.starts), ends_at=_local(arguments.ends), most=arguments.people, by=HOUSE, now=clock.now(),
    )  # fmt: skip
    if arguments.json != "-":
        result.print(made.number, markup=False)
    write_json(made.to_json(), arguments.json)
    return 0


def _local(moment: datetime) -> datetime:
    """A moment without a zone is the bank's own time."""
    return moment if moment.tzinfo else moment.replace(tzinfo=BEIJING)


@plain_refusals
def code(arguments: Namespace) -> int:
    """The six digits of this minute, and how long they stay."""
    from xuefen.bank.activities import queries

    now = clock.now()
    found = queries.activity(EVERYTHING, arguments.number)
    result.print(f"{queries.code_now(found, now=now)}  {rules.seconds_left(now)} s", markup=False)
    return 0


@plain_refusals
def confirm(arguments: Namespace) -> int:
    """Confirm a list; every line that could not be is told. 1 when there is one."""
    from xuefen.bank.activities import actions

    text = read(arguments.file)
    if text is None:
        return BAD_INPUT
    listed = actions.confirm_list(number=arguments.number, text=text, by=HOUSE, now=clock.now())
    wrong = [one for one in listed if one.problem is not None]
    for one in wrong:
        assert one.problem is not None
        console.print(
            f"{arguments.file}:{one.line}: {one.problem.code}: {one.problem.sentence('zh')} {one.problem.sentence('en')}",
            style="red", markup=False,
        )  # fmt: skip
    if arguments.json != "-":
        result.print(f"{len(listed) - len(wrong)} 人确认 confirmed", markup=False)
    shown = [
        {
            "line": one.line,
            "account": one.account_no,
            "code": one.problem.code if one.problem else None,
            "number": one.number,
        }
        for one in listed
    ]
    write_json({"lines": shown}, arguments.json)
    return 1 if wrong else 0


@plain_refusals
def gather(arguments: Namespace) -> int:
    """Gather one period, or all that are due; outcomes are deposited before the command ends."""
    from xuefen.bank.activities import actions
    from xuefen.bank.deposits import actions as deposits

    now = clock.now()
    if bool(arguments.period) != bool(arguments.institution) or (arguments.dry_run and not arguments.period):
        console.print(
            "--period 和 --institution 要一起写，--dry-run 也要写期 --period goes with --institution",
            style="red",
            markup=False,
        )
        return BAD_INPUT
    if arguments.dry_run:
        return _preview(arguments, now=now)
    if arguments.period:
        made = [
            actions.gather(
                institution_code=arguments.institution,
                period=arguments.period,
                scheme_code=arguments.scheme,
                by=HOUSE,
                now=now,
            )
        ]
    else:
        made = actions.gather_due(by=HOUSE, now=now)
    for one in made:
        if one.batch_id is not None:
            deposits.run(batch_id=one.batch_id, by=HOUSE, now=clock.now())
        if arguments.json != "-":
            again = "（以前归集过 gathered before）" if one.already else ""
            result.print(
                f"{one.institution_code} {one.scheme} {one.period}: {one.participations} 条参加 participations, "
                f"{one.learners} 人 learners, {one.outcomes} 项成果 outcomes, {format_credits(one.credits)} 学分 credits{again}",
                markup=False,
            )
    if not made and arguments.json != "-":
        result.print("没有到期要归集的 nothing is due", markup=False)
    write_json({"gathered": [one.to_json() for one in made]}, arguments.json)
    return 0


def _preview(arguments: Namespace, *, now: datetime) -> int:
    """What a gathering would write, line by line with its reasoning."""
    from xuefen.bank.activities import queries
    from xuefen.bank.institutions import queries as institutions

    institution = institutions.by_code(arguments.institution)
    found = queries.preview(
        EVERYTHING, institution_id=institution.pk, place_path="", code=arguments.scheme, period=arguments.period,
        today=clock.today(now),
    )  # fmt: skip
    lines: list[dict[str, Any]] = []
    for line in found.lines:
        if arguments.json != "-":
            result.print(f"{line.account_no}  {line.why['zh']} {line.why['en']}", markup=False)
            for part in line.why["children"]:
                result.print(f"      {part['zh']} {part['en']}", style="dim", markup=False)
        lines.append({"account": line.account_no, "credits": format_credits(line.tally.credits), "why": line.why})
    if arguments.json != "-":
        result.print(
            f"{found.participations} 条参加 participations, {len(found.lines)} 人 learners, {found.outcomes} 项成果 outcomes, "
            f"{format_credits(found.credits)} 学分 credits（试算，什么也没写 dry run, nothing written）", markup=False,
        )  # fmt: skip
    write_json(
        {"dry_run": True, "period": found.period.code, "scheme": found.scheme.name, "lines": lines}, arguments.json
    )
    return 0
