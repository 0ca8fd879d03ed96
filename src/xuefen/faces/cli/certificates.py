"""``xuefen verify`` and ``xuefen certificate``. Offline verification needs no database and no Django."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import replace
from pathlib import Path

from xuefen.bank.certificates.pdf import files, opening
from xuefen.bank.certificates.rules import qr
from xuefen.bank.certificates.types import (
    FILE_OR_CODE,
    Asked,
    Choice,
    CredentialForm,
    Report,
    ShownField,
    Trust,
    VerdictState,
)
from xuefen.bank.shell import clock
from xuefen.bank.shell.actor import EVERYTHING, Actor
from xuefen.bank.shell.problems import Denied
from xuefen.bedrock import canon
from xuefen.faces.cli import receipts
from xuefen.faces.cli.output import console, plain_refusals, result, write_json
from xuefen.faces.cli.parser import Needs

OPERATOR = Actor.system("command line")
_ENDINGS = {".pdf": "pdf", ".sd-jwt": "sd-jwt", ".xml": "elmo"}
_MARKS = {VerdictState.GOOD: ("✓", "green"), VerdictState.BAD: ("✗", "red")}


def verify(arguments: Namespace) -> int:
    """0 when every verdict is good, 1 when one is not, 2 when the file (or code, or trust file) cannot be read."""
    try:
        if (arguments.file is None) == (arguments.qr is None):
            raise Denied(FILE_OR_CODE)
        if receipts.is_receipt(arguments.file):
            return receipts.verify(arguments)
        asked = Asked(arguments.audience, arguments.nonce)
        brought = arguments.qr if arguments.file is None else files.read_certificate(arguments.file)
        if arguments.needs is Needs.NOTHING:
            folder = arguments.trust or arguments.home / "public"
            report = _offline(brought, folder=folder, policy=arguments.policy, asked=asked)
        else:
            report = _asked(brought, policy=arguments.policy, asked=asked)
    except Denied as denied:
        console.print(
            f"xuefen: {denied.code}: {denied.sentence('zh')} {denied.sentence('en')}", style="red", markup=False
        )
        return 2
    if arguments.json != "-":
        _print(report)
    write_json(report.to_json(), arguments.json)
    return 0 if report.ok else 1


def _asked(brought: bytes | str, *, policy: Path | None, asked: Asked) -> Report:
    """With the bank's own books."""
    from xuefen.bank.certificates import queries

    now = clock.now()
    believe = _believed(queries.trust(now=now), policy)
    if isinstance(brought, str):
        return queries.verify_code(brought, now=now, believe=believe)
    return queries.verify(brought, now=now, believe=believe, asked=asked)


def _believed(trust: Trust, policy: Path | None) -> Trust:
    """With the witnesses the caller asks for, where there is a policy, instead of the trust file's."""
    return trust if policy is None else replace(trust, witnesses=files.read_policy_file(policy))


def _offline(brought: bytes | str, *, folder: Path, policy: Path | None, asked: Asked) -> Report:
    """With nothing but the trust file and the status list somebody brought along."""
    trust = _believed(files.read_trust_file(folder / files.TRUST_FILE), policy)
    status, problem = files.read_status_file(folder / files.STATUS_FILE, trust=trust)
    now = clock.now()
    if isinstance(brought, str):
        return qr.verify(opening.read_code(brought), trust=trust, status=status, now=now, status_problem=problem)
    beside = files.read_beside(folder, trust=trust, now=now, asked=asked)
    return opening.verify_file(brought, trust=trust, status=status, now=now, status_problem=problem, beside=beside)


def _print(report: Report) -> None:
    result.print(f"{report.headline_zh}  {report.headline_en}", style="bold", markup=False)
    for row in report.facts.shown if report.facts else ():
        result.print(f"  {row.zh} {row.en}: {row.value}", markup=False)
    for verdict in report.verdicts:
        mark, style = _MARKS.get(verdict.state, ("–", "yellow"))
        result.print(f"{mark} {verdict.check.value:<10} {verdict.zh} {verdict.en}", style=style, markup=False)
    if report.facts is not None:
        facts = report.facts
        result.print(f"  {facts.number}  {facts.holder}  {facts.title_zh}：{facts.content_zh}", markup=False)


@plain_refusals
def page(arguments: Namespace) -> int:
    """Write the page that verifies in a browser as one file, with the trust file and status list inside."""
    from xuefen.faces.shared.verifier import single_file

    folder = arguments.trust or arguments.home / "public"
    files.read_trust_file(folder / files.TRUST_FILE)
    status = folder / files.STATUS_FILE
    html = single_file(
        trust=(folder / files.TRUST_FILE).read_bytes(), status=status.read_bytes() if status.exists() else None
    )
    arguments.out.write_text(html, encoding="utf-8")
    console.print(str(arguments.out), markup=False)
    return 0


@plain_refusals
def save(arguments: Namespace) -> int:
    """Write a certificate to a file: PDF, JSON, ELMO, or a verifiable credential (CLR 2.0, Open Badges 3.0)."""
    from xuefen.bank.certificates import queries

    wanted = arguments.format or _ENDINGS.get(arguments.out.suffix, "json")
    if wanted == "pdf":
        content = queries.pdf(EVERYTHING, arguments.number, now=clock.now(), language=arguments.lang)
    elif wanted == "sd-jwt":
        choice = Choice(frozenset(ShownField(name) for name in arguments.show.split(","))) if arguments.show else None
        made = queries.selective(EVERYTHING, arguments.number, choice, now=clock.now(), holder_key=arguments.holder_key)
        content = made.encode("ascii")
    elif wanted == "elmo":
        content = queries.elmo(EVERYTHING, arguments.number, now=clock.now())
    elif wanted in set(CredentialForm):
        form = CredentialForm(wanted)
        content = canon.canonical(queries.credential(EVERYTHING, arguments.number, form, now=clock.now()))
    else:
        content = canon.canonical(queries.document(EVERYTHING, arguments.number))
    arguments.out.write_bytes(content)
    console.print(str(arguments.out), markup=False)
    return 0


@plain_refusals
def code(arguments: Namespace) -> int:
    """Print what the QR code of a certificate says."""
    from xuefen.bank.certificates import queries

    result.print(queries.code(EVERYTHING, arguments.number, now=clock.now()), markup=False, soft_wrap=True)
    return 0


@plain_refusals
def revoke(arguments: Namespace) -> int:
    """Revoke a certificate for good; the status list is published at once."""
    from xuefen.bank.certificates import actions

    done = actions.revoke(number=arguments.number, reason=arguments.reason, by=OPERATOR, now=clock.now())
    console.print(f"{done.number} {done.state.value}", markup=False)
    return 0
