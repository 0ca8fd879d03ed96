"""``xuefen standard list|show|export|load``: standards as this bank has published them."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from xuefen.bank.shell import clock
from xuefen.bank.standards import actions, queries, rules
from xuefen.faces.cli.node import HOUSE
from xuefen.faces.cli.output import plain_refusals, result, write_json
from xuefen.faces.cli.standards import BAD_INPUT, read, tell


def show_all(arguments: Namespace) -> int:
    """Every published version."""
    rows = queries.listed()
    today = clock.today()
    for row in rows if arguments.json != "-" else ():
        until = f" – {row.retired_on}" if row.retired_on else ""
        runs = row.effective_from <= today and (row.retired_on is None or row.retired_on > today)
        result.print(f"{row.code}/{row.version}  {row.effective_from}{until}  {'施行 in force' if runs else ''}  "
                     f"{row.title_zh} {row.title_en}", markup=False)  # fmt: skip
    write_json(
        [
            {
                "code": row.code,
                "version": row.version,
                "effective_from": row.effective_from.isoformat(),
                "retired_on": row.retired_on.isoformat() if row.retired_on else None,
                "digest": row.digest,
                "title": {"zh": row.title_zh, "en": row.title_en},
            }
            for row in rows
        ],
        arguments.json,
    )
    return 0


@plain_refusals
def show(arguments: Namespace) -> int:
    """Every value of one standard with its reference."""
    loaded = queries.current(code=arguments.code, on=arguments.on or clock.today())
    body = _in_order(queries.body_of(loaded.id))
    if arguments.json != "-":
        result.print(f"{loaded.pack.name} {loaded.pack.title_zh} {loaded.pack.title_en}", style="bold", markup=False)
        for path, value, reference in _cited(body, ""):
            result.print(f"  {path}: {value}  · {reference}", markup=False)
    write_json({"code": loaded.code, "version": loaded.version, "digest": loaded.digest, "body": body}, arguments.json)
    return 0


def _cited(node: Mapping[str, Any], path: str) -> Iterator[tuple[str, str, str]]:
    """Every cited value of a body: its path, what it says, what it rests on."""
    if "reference" in node:
        yield path, _said(node), str(node["reference"])
    for key, value in node.items():
        if isinstance(value, Mapping) and key not in ("value", "groups"):
            yield from _cited(value, f"{path}.{key}" if path else str(key))


def _said(node: Mapping[str, Any]) -> str:
    """The value; or the name, and in brackets what else the row says, in one order whatever the database keeps."""
    if "value" in node:
        return str(node["value"])
    rest = sorted((key, value) for key, value in node.items() if key not in ("zh", "en", "reference", "criteria"))
    more = ", ".join(f"{key} {value}" for key, value in rest)
    if "zh" not in node:
        return more
    return f"{node['zh']} {node['en']}" + (f" ({more})" if more else "")


def _in_order(body: Mapping[str, Any]) -> dict[str, Any]:
    return {name: body[name] for name in rules.SECTIONS if name in body}


@plain_refusals
def export(arguments: Namespace) -> int:
    """A published body as YAML; loading it again gives the same digest."""
    version = arguments.version or queries.newest_version(arguments.code)
    row = queries.version_row(arguments.code, version)
    text = yaml.safe_dump(_in_order(queries.body_of(row.id)), allow_unicode=True, sort_keys=False, width=130)
    if arguments.out is None:
        sys.stdout.write(text)
    else:
        arguments.out.write_text(text, encoding="utf-8")
    return 0


@plain_refusals
def load(arguments: Namespace) -> int:
    """Publish a file as the house."""
    text = read(arguments.file)
    if text is None:
        return BAD_INPUT
    document, errors = rules.check_text(text)
    if errors:
        tell(arguments.file, errors)
        return BAD_INPUT
    loaded = actions.load_pack(body=document.body, by=HOUSE, now=clock.now())
    result.print(f"✓ {loaded.pack.name} {loaded.digest}", markup=False)
    return 0


@plain_refusals
def adopt(arguments: Namespace) -> int:
    """From a day on a receiver judges by another standard."""
    since = arguments.since or clock.today()
    actions.adopt(
        institution_code=arguments.institution,
        standard=arguments.standard,
        effective_from=since,
        by=HOUSE,
        now=clock.now(),
    )
    result.print(f"ok: {arguments.institution} {arguments.standard} {since}", markup=False)
    return 0
