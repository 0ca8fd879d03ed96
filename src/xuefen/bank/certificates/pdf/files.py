"""What a verifier keeps on disk: the trust file and what lies beside it, and the file somebody names on the command line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from xuefen.bank.certificates import rules
from xuefen.bank.certificates.rules import credentials
from xuefen.bank.certificates.types import (
    ISSUERS_UNREADABLE,
    MAX_FILE_BYTES,
    NOTHING_ASKED,
    POLICY_UNREADABLE,
    TRUST_UNREADABLE,
    VERIFY_TOO_LARGE,
    VERIFY_UNREADABLE,
    Asked,
    KnownIssuer,
    Standing,
    StatusList,
    StatusRef,
    Trust,
)
from xuefen.bank.shell.problems import Denied
from xuefen.bedrock.policy import Policy, read_policy

TRUST_FILE = "trust.json"
STATUS_FILE = "status.json"
SIGNER_FILE = "pdf-signer.pem"
LISTS_FOLDER = "credentials"
PROFILE_FILE = "issuer.json"
ISSUERS_FILE = "issuers.json"
_LIST_NAME = re.compile(r"/([a-z]{1,20}-[0-9]{1,8}\.(?:json|jwt))", re.ASCII)


@dataclass(frozen=True, slots=True)
class Beside:
    """What a verifier of credentials has besides the trust file: other issuers, a way to ask for a status, what it asked."""

    issuers: Sequence[KnownIssuer] = ()
    look_up: credentials.LookUp = credentials.nobody
    asked: Asked = NOTHING_ASKED


NOTHING_BESIDE = Beside()


def read_certificate(path: Path) -> bytes:
    """A file somebody names on the command line. ``Denied``: verify_too_large, verify_unreadable."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except OSError:
        raise Denied(VERIFY_UNREADABLE) from None
    if len(data) > MAX_FILE_BYTES:
        raise Denied(VERIFY_TOO_LARGE, most_mb=MAX_FILE_BYTES // 2**20)
    return data


def read_trust_file(path: Path) -> Trust:
    """The trust file at ``path``. ``Denied(trust_unreadable)``."""
    try:
        return rules.read_trust(path.read_bytes())
    except (OSError, rules.BadFile):
        raise Denied(TRUST_UNREADABLE, file=path.name) from None


def read_status_file(path: Path, *, trust: Trust) -> tuple[StatusList | None, str]:
    """The status list at ``path`` for ``verify_file``: the list, or None and why ("not_checked", "list_invalid")."""
    try:
        return rules.read_status(path.read_bytes(), trust=trust), ""
    except OSError:
        return None, "not_checked"
    except rules.BadFile:
        return None, "list_invalid"


def read_policy_file(path: Path) -> Policy | None:
    """The witnesses somebody asks for, as https://c2sp.org/tlog-policy writes it. ``Denied(policy_unreadable)``."""
    try:
        return read_policy(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise Denied(POLICY_UNREADABLE, file=path.name) from None


def read_issuers_file(path: Path) -> tuple[KnownIssuer, ...]:
    """Other people's issuers the node believes, as its operator wrote them down; none when there is no such file.

    Raises ``Denied(issuers_unreadable)``.
    """
    try:
        return rules.read_issuers(path.read_bytes())
    except FileNotFoundError:
        return ()
    except (OSError, rules.BadFile):
        raise Denied(ISSUERS_UNREADABLE, file=path.name) from None


def read_beside(folder: Path, *, trust: Trust, now: datetime, asked: Asked = NOTHING_ASKED) -> Beside:
    """What lies beside a trust file: the issuer's status lists, and ``issuers.json``. Raises ``Denied(issuers_unreadable)``."""

    def look_up(ref: StatusRef) -> Standing | None:
        named = _LIST_NAME.search(ref.list_url)
        try:
            content = (folder / LISTS_FOLDER / named[1]).read_bytes() if named else b""
            return credentials.read_list(content, ref, trust=trust, now=now)
        except (OSError, rules.BadFile):
            return None

    return Beside(read_issuers_file(folder / ISSUERS_FILE), look_up, asked)
