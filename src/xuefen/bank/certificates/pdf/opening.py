"""Opening a stranger's file under bounds and putting the six questions to it. Needs no database and no Django.

The public page, the API and ``xuefen verify`` all come through here, so they cannot disagree.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any

from xuefen.bank.certificates import rules
from xuefen.bank.certificates.pdf import extract
from xuefen.bank.certificates.pdf.sealing import find_seal
from xuefen.bank.certificates.rules.shape import read_base64
from xuefen.bank.certificates.types import (
    DOCUMENT_FORMAT,
    MAX_FILE_BYTES,
    TRUST_UNREADABLE,
    VERIFY_BUSY,
    VERIFY_TOO_LARGE,
    VERIFY_UNREADABLE,
    Report,
    StatusList,
    Trust,
)
from xuefen.bank.shell.problems import Denied
from xuefen.bedrock import canon
from xuefen.bedrock.gm import GmError, load_public

TRUST_FILE = "trust.json"
STATUS_FILE = "status.json"
_JSON_BYTES = extract.MOST_BYTES
_WALL_SECONDS = 20
_AT_ONCE, _PATIENCE = 2, 0.25  # PDFs read at a time by one process; seconds another one waits for its turn
_turns = threading.BoundedSemaphore(_AT_ONCE)
_MARK = DOCUMENT_FORMAT.encode("ascii")


class _Unreadable(Exception):
    """The PDF could not be read."""


class Finding(Enum):
    """What opening a file led to."""

    DOCUMENT = "document"
    NOTHING = "nothing"  # a sound PDF without a certificate
    DAMAGED = "damaged"  # one of ours by its marks, but it no longer reads
    DAMAGED_SEALED = "damaged_sealed"  # the same, and it ends with a seal


@dataclass(frozen=True, slots=True)
class Opened:
    """What was inside a file: the document, not yet believed, and what is known about the file around it."""

    finding: Finding
    document: Any = None
    container: rules.Container = rules.PLAIN


def open_file(data: bytes) -> Opened:
    """Take a file apart, PDF or JSON. Raises ``Denied``: verify_too_large, verify_unreadable, verify_busy."""
    is_pdf = data.startswith(b"%PDF-")
    if len(data) > (most := MAX_FILE_BYTES if is_pdf else _JSON_BYTES):
        raise Denied(VERIFY_TOO_LARGE, most_mb=most // 2**20)
    try:
        content = _attachment(data) if is_pdf else data.removesuffix(b"\n")
        if content is None:
            return Opened(Finding.NOTHING if find_seal(data) is None else Finding.DAMAGED_SEALED)
        document = canon.parse_canonical(content)
    except (_Unreadable, canon.NotCanonical):
        # A changed byte is a verdict; a file that never was a certificate is not.
        if is_pdf and find_seal(data) is not None:
            return Opened(Finding.DAMAGED_SEALED)
        if not is_pdf and _MARK in data:
            return Opened(Finding.DAMAGED)
        raise Denied(VERIFY_UNREADABLE) from None
    seal = _seal_problem(data, document) if is_pdf else ""
    return Opened(Finding.DOCUMENT, document, rules.Container(reflowed=_reflowed(document, content), seal=seal))


def verify_file(
    data: bytes,
    *,
    trust: Trust,
    status: StatusList | None,
    now: datetime,
    status_problem: str = "revocation_not_checked",
) -> Report:
    """The six verdicts on a file, PDF or JSON, with what the verifier brought along.

    Raises ``Denied``: verify_too_large, verify_unreadable. These are the cases in which ``xuefen verify`` exits 2.
    """
    return judge(open_file(data), trust=trust, status=status, now=now, status_problem=status_problem)


def judge(
    opened: Opened, *, trust: Trust, status: StatusList | None, now: datetime, status_problem: str = ""
) -> Report:
    """The six verdicts on an opened file."""
    if opened.finding is Finding.NOTHING:
        return rules.no_certificate(now=now)
    if opened.finding is not Finding.DOCUMENT:
        return rules.damaged(sealed=opened.finding is Finding.DAMAGED_SEALED, now=now)
    return rules.verify(
        opened.document,
        trust=trust,
        status=status,
        now=now,
        container=opened.container,
        status_problem=status_problem or "revocation_not_checked",
    )


def _reflowed(document: Any, content: bytes) -> bool:
    """Whether the bytes differ from the one form documents are issued in."""
    try:
        rules.require_envelope(document)
    except rules.Misshapen:
        return False  # reported as such; writing out whatever this is might take long
    return canon.canonical(document) != content


@contextmanager
def _turn() -> Iterator[None]:
    """Anybody may send a PDF that takes all its seconds and memory; they must not take every thread of a web process."""
    if not _turns.acquire(timeout=_PATIENCE):
        raise Denied(VERIFY_BUSY, place="file")
    try:
        yield
    finally:
        _turns.release()


def _attachment(pdf: bytes) -> bytes | None:
    """The certificate inside a PDF, None when a sound PDF has none. Raises ``_Unreadable``, ``Denied(verify_busy)``."""
    try:
        with _turn():
            done = subprocess.run(
                [sys.executable, "-I", extract.__file__],
                input=pdf,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                timeout=_WALL_SECONDS,
                check=False,
            )
    except subprocess.TimeoutExpired:
        raise _Unreadable from None
    if done.returncode == extract.NOTHING_THERE:
        return None
    if done.returncode != 0:
        raise _Unreadable
    return done.stdout


def _seal_problem(pdf: bytes, document: Any) -> str:
    """Why the seal is not good, as a verdict code; empty when the key that signed the document inside made it."""
    seal = find_seal(pdf)
    if seal is None:
        return "signature_seal_missing"
    try:
        signature = document["signature"]
        key = load_public(signature["algorithm"], read_base64(signature["public_key"]))
    except (GmError, ValueError, KeyError, TypeError):
        return "signature_seal_wrong"
    return "" if seal.holds(pdf, key) else "signature_seal_wrong"


# --- files on disk ---------------------------------------------------------------------------------------------------


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
    """The status list at ``path`` for ``verify_file``: the list, or None and the verdict code that says why not."""
    try:
        return rules.read_status(path.read_bytes(), trust=trust), ""
    except OSError:
        return None, "revocation_not_checked"
    except rules.BadFile:
        return None, "revocation_list_invalid"
