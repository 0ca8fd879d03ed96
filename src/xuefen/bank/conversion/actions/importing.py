"""Publishing the rules of a text file."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import yaml

from xuefen.bank.conversion.actions.publishing import publish_rules
from xuefen.bank.conversion.types import RuleDraft, RuleFile
from xuefen.bank.conversion.types.codec import Fault, decode
from xuefen.bank.conversion.types.drafts import RULE_TEXT_UNREADABLE
from xuefen.bank.conversion.types.problem import malformed
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.problems import Denied

MAX_FILE = 64 * 1024 * 1024
"""Bytes of a rule file: about 200,000 rules."""


def import_rules(path: Path | str, *, agreement_number: str, by: Actor, now: datetime) -> list[str]:
    """Publish the rules of a YAML file (docs/rules.md). Raises ``Denied`` as ``publish_rules``, and for a file that cannot
    be read: rule_text_unreadable, problem_malformed (all faults in ``params["faults"]``).
    """
    return publish_rules(agreement_number=agreement_number, rules=read_rules(Path(path)), by=by, now=now)


def read_rules(path: Path) -> tuple[RuleDraft, ...]:
    """The drafts of a rule file; nothing is looked up yet."""
    try:
        if path.stat().st_size > MAX_FILE:
            raise Denied(RULE_TEXT_UNREADABLE, place=path.name, why=f"> {MAX_FILE} bytes")
        document = yaml.load(path.read_bytes(), Loader=_TextLoader)  # noqa: S506 - a safe loader, see below
    except (OSError, yaml.YAMLError, RecursionError) as error:
        raise Denied(RULE_TEXT_UNREADABLE, place=path.name, why=str(error).splitlines()[0]) from error
    faults: list[Fault] = []
    file = decode(RuleFile, document, faults)
    if file is None:
        raise malformed(faults)
    return file.rules


class _TextLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Safe YAML whose dates stay text: the document has one reader for dates, whatever its form."""


_TextLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
