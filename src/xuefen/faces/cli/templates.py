"""``xuefen certificate template``: what an institution puts on its certificates."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from xuefen.bank.certificates.types import TEMPLATE_PICTURE, TEXT_FIELDS, Template
from xuefen.bank.shell import clock
from xuefen.bank.shell.actor import EVERYTHING, Actor
from xuefen.bank.shell.problems import Denied
from xuefen.faces.cli.output import console, plain_refusals, result, write_json

OPERATOR = Actor.system("command line")


@plain_refusals
def show(arguments: Namespace) -> int:
    """Every version, newest first."""
    from xuefen.bank.certificates import queries

    found = queries.templates.versions(EVERYTHING, arguments.institution)
    if arguments.json != "-":
        for one in found:
            lines = " · ".join(f"{name}: {text}" for name, text in one.texts.items() if text)
            pictures = "+".join(name for name in ("logo", "seal") if getattr(one, name))
            result.print(
                f"{one.version:>3}  {one.made_at:%Y-%m-%d}  {one.made_by}  {pictures or '–'}  {lines}", markup=False
            )
    write_json([_json(one) for one in found], arguments.json)
    return 0


@plain_refusals
def change(arguments: Namespace) -> int:
    """Make a new version."""
    from xuefen.bank.certificates import actions, queries

    before = queries.templates.template(EVERYTHING, arguments.institution)
    kept = dict(before.texts) if before else {}
    given = {name: getattr(arguments, name) for name in TEXT_FIELDS}
    made = actions.design(
        institution_code=arguments.institution,
        texts={name: kept.get(name, "") if text is None else text for name, text in given.items()},
        logo=_picture(arguments.logo, arguments.no_logo),
        seal=_picture(arguments.seal, arguments.no_seal),
        by=OPERATOR,
        now=clock.now(),
    )
    console.print(f"{made.institution_code or 'bank'} {made.version}", markup=False)
    return 0


@plain_refusals
def preview(arguments: Namespace) -> int:
    """Write a specimen of the version in use."""
    from xuefen.bank.certificates import queries

    house = queries.templates.template(EVERYTHING, arguments.institution)
    arguments.out.write_bytes(queries.templates.preview(house, as_pdf=arguments.out.suffix == ".pdf"))
    console.print(str(arguments.out), markup=False)
    return 0


def _picture(file: Path | None, away: bool) -> bytes | None:
    if away or file is None:
        return b"" if away else None
    try:
        return file.read_bytes()
    except OSError:
        raise Denied(TEMPLATE_PICTURE, place=file.name, zh="文件读不了", en="the file cannot be read") from None


def _json(one: Template) -> dict[str, object]:
    return {
        "institution": one.institution_code,
        "version": one.version,
        "texts": dict(one.texts),
        "logo": bool(one.logo),
        "seal": bool(one.seal),
        "made_at": one.made_at.isoformat(),
        "made_by": one.made_by,
    }
