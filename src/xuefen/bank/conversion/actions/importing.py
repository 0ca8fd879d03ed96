"""Rules that come as files: our own text, and agreements and recommendations of others."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

from xuefen.bank.conversion.actions.publishing import check_rules, publish_rules
from xuefen.bank.conversion.rules.text import RuleText, read_text
from xuefen.bank.conversion.types import RuleDraft, RuleError, TextFault
from xuefen.bank.conversion.types.drafts import RULE_TEXT_FAULTS, RULE_TEXT_UNREADABLE
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.problems import Denied
from xuefen.bank.standards import queries as standards

MAX_FILE = 64 * 1024 * 1024
"""Bytes of a rule file: about 200,000 rules."""


def import_rules(
    path: Path | str, *, agreement_number: str, by: Actor, now: datetime, standard: str = "cn-2026"
) -> list[str]:
    """Publish the rules of a file (docs/rules.md). Raises ``Denied`` as ``publish_rules``, and for a file that cannot be
    read: rule_text_unreadable, rule_text_faults (all in ``params["faults"]``), standard_unknown.
    """
    drafts = read_rules(Path(path), standard=standard, on=now.date())
    return publish_rules(agreement_number=agreement_number, rules=drafts, by=by, now=now, standard=standard)


def read_rules(path: Path, *, standard: str = "", on: date | None = None) -> tuple[RuleDraft, ...]:
    """The drafts of a rule file; no item is looked up. With ``standard`` and ``on`` its grade words are understood.

    Raises ``Denied``: rule_text_unreadable, rule_text_faults, standard_unknown.
    """
    text = read_rule_text(path, standard=standard, on=on)
    if text.faults:
        raise faulty(text.faults)
    return text.drafts


def read_rule_text(path: Path, *, standard: str = "", on: date | None = None) -> RuleText:
    """What a rule file says, with every fault and its line. Raises ``Denied``: rule_text_unreadable, standard_unknown."""
    content = read_file(path)
    pack = standards.current(code=standard, on=on).pack if standard and on is not None else None
    return read_text(content, pack=pack)


def read_file(path: Path) -> bytes:
    """The bytes of a file of bounded size. Raises ``Denied(rule_text_unreadable)``."""
    try:
        if path.stat().st_size > MAX_FILE:
            raise Denied(RULE_TEXT_UNREADABLE, place=path.name, why=f"> {MAX_FILE} bytes")
        return path.read_bytes()
    except OSError as error:
        raise Denied(RULE_TEXT_UNREADABLE, place=path.name, why=error.strerror or str(error)) from error


def check_text(text: RuleText, *, agreement_number: str, on: date, standard: str = "cn-2026") -> list[TextFault]:
    """The faults of a file, and what the register says against its rules, by line; nothing is written.

    Raises ``Denied``: agreement_unknown.
    """
    errors = check_rules(agreement_number=agreement_number, rules=text.drafts, on=on, standard=standard)
    found = [*text.faults, *(located(error, text) for error in errors)]
    return sorted(found, key=lambda fault: fault.line)


def located(error: RuleError, text: RuleText) -> TextFault:
    """An error of a draft at the line its rule begins on."""
    number = text.numbers[error.index]
    place = f"rules[{number}].{error.field}" if error.field else f"rules[{number}]"
    return TextFault(text.lines[error.index], number, place, error.sentence("zh"), error.sentence("en"))


def faulty(faults: Sequence[TextFault]) -> Denied:
    """The refusal of a file, with every fault in ``params["faults"]``."""
    first = faults[0]
    return Denied(
        RULE_TEXT_FAULTS,
        place=f"{first.line}: {first.place}",
        count=len(faults),
        line=first.line,
        first=first.zh,
        first_en=first.en,
        faults=tuple(faults),
    )
