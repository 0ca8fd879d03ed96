"""``xuefen rules import``, ``export`` and ``check``. Checking a file's shape needs no bank."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xuefen.bank.conversion.rules.text import read_text, write_text
from xuefen.bank.conversion.types import RuleDraft, TextFault
from xuefen.bank.conversion.types.exchange import Exchange, ExchangeOptions, Format, LeftOut
from xuefen.bank.shell import clock
from xuefen.bank.shell.actor import Actor
from xuefen.bank.standards import rules as standards
from xuefen.bank.standards.types import Pack
from xuefen.faces.cli.output import console, plain_refusals, result, write_json

if TYPE_CHECKING:
    from xuefen.bank.catalogue.types import ImportReport

OPERATOR = Actor.system("command line")
BAD_INPUT = 2
SHOWN = 20  # of each list; all of it is in --json


# --- check -----------------------------------------------------------------------------------------------------------


@plain_refusals
def check(arguments: Namespace) -> int:
    """Every fault of a rule file with its line; with an agreement also what the register says. 2 when there is one."""
    try:
        content = arguments.file.read_bytes()
    except OSError as error:
        console.print(f"{arguments.file}: 文件读不了 cannot be read: {error.strerror}", style="red", markup=False)
        return BAD_INPUT
    if arguments.agreement:
        from xuefen.bank.conversion import actions
        from xuefen.bank.standards import queries

        on = clock.today()
        text = read_text(content, pack=queries.current(code=arguments.standard, on=on).pack)
        faults: Sequence[TextFault] = actions.check_text(
            text, agreement_number=arguments.agreement, on=on, standard=arguments.standard
        )
    else:
        pack = _pack(arguments.pack) if arguments.pack else None
        if arguments.pack and pack is None:
            return BAD_INPUT
        text = read_text(content, pack=pack)
        faults = text.faults
    for fault in faults:
        console.print(f"{arguments.file}:{fault.line}: {fault.place}: {fault.zh} {fault.en}", style="red", markup=False)
    answer = {"file": str(arguments.file), "ok": not faults, "rules": len(text.drafts), "faults": _faults(faults)}
    write_json(answer, arguments.json)
    if not faults and arguments.json != "-":
        result.print(f"✓ {len(text.drafts)} 条规则没有问题 rules, no fault", markup=False)
    return BAD_INPUT if faults else 0


def _pack(file: Path) -> Pack | None:
    """The standard of a file, for its grade words; None, with its errors, when it is none."""
    try:
        document, errors = standards.check_text(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        console.print(f"{file}: {error}", style="red", markup=False)
        return None
    for line, wrong in errors:
        console.print(f"{file}:{line}: {wrong.path}: {wrong.zh} {wrong.en}", style="red", markup=False)
    return None if errors else standards.parse_pack(document.body)


def _faults(faults: Iterable[TextFault]) -> list[dict[str, Any]]:
    return [{"line": f.line, "rule": f.rule, "place": f.place, "zh": f.zh, "en": f.en} for f in faults]


# --- import ----------------------------------------------------------------------------------------------------------


@plain_refusals
def import_rules(arguments: Namespace) -> int:
    """Publish the rules of a file under an agreement, all or none."""
    if arguments.format != "yaml":
        return _import_foreign(arguments)
    if not arguments.agreement:
        console.print(
            "xuefen: 请写明 --agreement NO。 Name the agreement with --agreement NO.", style="red", markup=False
        )
        return BAD_INPUT
    from xuefen.bank.conversion import actions

    now = clock.now()
    on = now.date()
    text = actions.read_rule_text(arguments.file, standard=arguments.standard, on=on)
    faults = actions.check_text(text, agreement_number=arguments.agreement, on=on, standard=arguments.standard)
    if faults:
        for fault in faults[:SHOWN]:
            console.print(
                f"{arguments.file}:{fault.line}: {fault.place}: {fault.zh} {fault.en}", style="red", markup=False
            )
        if len(faults) > SHOWN:
            console.print(f"… 还有 {len(faults) - SHOWN} 处 and {len(faults) - SHOWN} more", markup=False)
        write_json({"published": 0, "faults": _faults(faults)}, arguments.json)
        return BAD_INPUT
    numbers = actions.publish_rules(
        agreement_number=arguments.agreement, rules=text.drafts, by=OPERATOR, now=now, standard=arguments.standard
    )
    console.print(f"{len(numbers)} 条规则已发布 rules published", markup=False)
    write_json({"published": len(numbers), "numbers": numbers}, arguments.json)
    return 0


def _import_foreign(arguments: Namespace) -> int:
    """Another system's file: what it says here, what it needs, what it could not carry; then its items and rules."""
    from xuefen.bank.conversion import actions, queries

    now = clock.now()
    since = arguments.since
    if since is None and arguments.agreement:
        since = queries.agreement_by_number(arguments.agreement).effective_from
    options = ExchangeOptions(
        codes=dict(arguments.codes or ()),
        receiver=arguments.receiver,
        effective_from=since,
        with_notes=arguments.with_notes,
    )
    if not arguments.receiver and arguments.format != Format.ASSIST:
        console.print(
            "xuefen: 请写明 --receiver CODE。 Name who adopts it: --receiver CODE.", style="red", markup=False
        )
        return BAD_INPUT
    found = actions.read_exchange(arguments.file, form=Format(arguments.format), options=options)
    answer = _told(found)
    missing = actions.missing_items(found)
    answer["items_missing"] = [item.full for item in missing]
    console.print(f"目录里缺 items the catalogue lacks: {len(missing)}", markup=False)
    for item in missing[:SHOWN]:
        console.print(f"  {item.full} {item.name}", markup=False)
    if arguments.text:
        arguments.text.write_text(write_text(found.drafts), encoding="utf-8")
    if missing and arguments.with_items:
        start = min(draft.effective_from for draft in found.drafts)
        _published(actions.publish_items(missing, version=found.version, since=start, by=OPERATOR, now=now))
    numbers: list[str] = []
    if arguments.agreement and found.drafts:
        numbers = actions.publish_rules(
            agreement_number=arguments.agreement, rules=found.drafts, by=OPERATOR, now=now, standard=arguments.standard
        )
        console.print(f"{len(numbers)} 条规则已发布 rules published", markup=False)
    write_json({**answer, "published": len(numbers), "numbers": numbers}, arguments.json)
    return 0


def _told(found: Exchange) -> dict[str, Any]:
    console.print(
        f"已读 read {found.read}；规则 rules {len(found.drafts)}；重复 repeated {found.repeated}；"
        f"未能收入 left out {len(found.left_out)}",
        markup=False,
    )
    for reason, count in found.reasons().items():
        console.print(f"  {reason}: {count}", markup=False)
    for line in found.left_out[:SHOWN]:
        console.print(f"    {line.reason} · {line.what} · {line.detail}"[:200], markup=False)
    for note, count in sorted(found.notes.items()):
        console.print(f"  （细节 detail）{note}: {count}", markup=False)
    return {
        "read": found.read,
        "rules": len(found.drafts),
        "repeated": found.repeated,
        "institutions": found.institutions,
        "left_out": _left(found.left_out),
        "notes": dict(sorted(found.notes.items())),
    }


def _left(lines: Iterable[LeftOut]) -> list[dict[str, str]]:
    return [{"reason": line.reason, "what": line.what, "detail": line.detail} for line in lines]


def _published(reports: dict[str, ImportReport]) -> None:
    for institution, report in reports.items():
        console.print(f"{institution}: 新目录项 new items {report.items}", markup=False)
        for line in report.refused[:SHOWN]:
            console.print(f"  {line.row} {line.field}: {line.sentence('zh')} {line.sentence('en')}", markup=False)


# --- export ----------------------------------------------------------------------------------------------------------


@plain_refusals
def export_rules(arguments: Namespace) -> int:
    """The published rules as text, or as CTDL Transfer Value Profiles."""
    from xuefen.bank.conversion import queries

    drafts: Iterable[RuleDraft] = queries.published_drafts(
        agreement_number=arguments.agreement, receiver_code=arguments.receiver, on=arguments.on
    )
    if arguments.format == "yaml":
        if arguments.as_new:
            drafts = (replace(draft, number=None) for draft in drafts)
        text = write_text(drafts)
        if arguments.out is None:
            sys.stdout.write(text)
        else:
            arguments.out.write_text(text, encoding="utf-8")
        return 0
    graph, left = queries.as_ctdl(drafts, base=arguments.base)
    write_json(graph, arguments.out or "-")
    for line in left[:SHOWN]:
        console.print(f"  {line.reason}: {line.what}", markup=False)
    console.print(f"CTDL 说不出来的规则 rules CTDL has no words for: {len(left)}", markup=False)
    return 0
