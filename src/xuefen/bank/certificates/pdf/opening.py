"""Opening a stranger's file under bounds and putting the questions to it. Needs no database and no Django.

The public page, the API and ``xuefen verify`` all come through here, so they cannot disagree.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from typing import Any

from xuefen.bank.certificates import rules
from xuefen.bank.certificates.badges import opening as badges
from xuefen.bank.certificates.badges.containers import PNG
from xuefen.bank.certificates.pdf import apart, codescan, extract
from xuefen.bank.certificates.pdf.files import NOTHING_BESIDE, Beside
from xuefen.bank.certificates.pdf.sealing import Seal, find_seal
from xuefen.bank.certificates.rules import credentials, qr
from xuefen.bank.certificates.rules.shape import read_base64
from xuefen.bank.certificates.types import (
    BADGE_BYTES,
    CODE_UNREADABLE,
    DOCUMENT_FORMAT,
    MAX_FILE_BYTES,
    PICTURE_UNREADABLE,
    VERIFY_TOO_LARGE,
    VERIFY_UNREADABLE,
    Examined,
    Report,
    StatusList,
    Trust,
)
from xuefen.bank.shell.problems import Denied
from xuefen.bedrock import canon, vc
from xuefen.bedrock.gm import GmError, load_public

_JSON_BYTES = extract.MOST_BYTES
_WALL_SECONDS = 20
_AT_ONCE, _PATIENCE = 2, 0.25  # PDFs and photos read at a time by one process; seconds another one waits for its turn
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
    CREDENTIAL = "credential"  # a verifiable credential, plain or in a picture
    OLD_BADGE = "format_badge_2"
    NO_BADGE = "format_badge_empty"  # a drawing without one
    MANY_BADGES = "format_badge_many"  # a picture with several: nobody can say which one counts
    CODE = "code"  # a photo or a scan with the QR code of one certificate
    NO_CODE = "format_no_code"  # a photo without a code
    OTHER_CODE = "format_other_code"  # a code that is no certificate's
    MANY_CODES = "format_many_codes"  # those of several certificates


@dataclass(frozen=True, slots=True)
class Opened:
    """What was inside a file: the document, not yet believed, and what is known about the file around it."""

    finding: Finding
    document: Any = None
    container: rules.Container = rules.PLAIN
    credential: Examined | None = None
    seal: Seal | None = None
    code: bytes = b""

    @property
    def claimed_number(self) -> str:
        """The certificate number it claims; empty when there is none to look up."""
        return qr.claimed_number(self.code) if self.code else rules.claimed_number(self.document)


_BADGELESS = (Finding.OLD_BADGE, Finding.NO_BADGE, Finding.MANY_BADGES)
_OTHER_FORMATS = (*_BADGELESS, Finding.NO_CODE, Finding.OTHER_CODE, Finding.MANY_CODES)


def open_file(data: bytes, *, codes: bool = True) -> Opened:
    """Take a file apart: PDF, JSON, token or picture; without ``codes`` nobody looks for what a picture shows.

    Raises ``Denied``: verify_too_large, verify_unreadable, verify_busy.
    """
    is_pdf, is_photo = data.startswith(b"%PDF-"), _is_photo(data)
    if len(data) > (most := MAX_FILE_BYTES if is_pdf or is_photo else _JSON_BYTES):
        raise Denied(VERIFY_TOO_LARGE, most_mb=most // 2**20)
    if is_photo:
        return _photo(data) if codes else _baked(data)
    if badges.looks_like_one(data):
        return _badge(data, None)
    try:
        content = _attachment(data) if is_pdf else data.removesuffix(b"\n")
        if content is None:
            return _scanned(data) if find_seal(data) is None else Opened(Finding.DAMAGED_SEALED)
        document = canon.parse_canonical(content)
    except (_Unreadable, canon.NotCanonical):
        # A changed byte is a verdict; a file that never was a certificate is not.
        if is_pdf and find_seal(data) is not None:
            return Opened(Finding.DAMAGED_SEALED)
        if not is_pdf and _MARK in data:
            return Opened(Finding.DAMAGED)
        raise Denied(VERIFY_UNREADABLE) from None
    if not is_pdf and isinstance(document, dict) and "@context" in document:
        return _badge(data, document)
    seal = find_seal(data) if is_pdf else None
    missing = "signature_seal_missing" if is_pdf and seal is None else ""
    container = rules.Container(reflowed=_reflowed(document, content), seal=missing)
    return Opened(Finding.DOCUMENT, document, container, seal=seal)


def _is_photo(data: bytes) -> bool:
    return data.startswith((PNG, b"\xff\xd8\xff")) or (data[:4] == b"RIFF" and data[8:12] == b"WEBP")


def _photo(data: bytes) -> Opened:
    """A picture: a badge baked into it comes first, then the code of the certificate it shows."""
    baked = _baked(data)
    if baked.finding is not Finding.NO_BADGE:
        return baked
    try:
        return _with_codes(_codes(data))
    except _Unreadable:
        raise Denied(PICTURE_UNREADABLE) from None


def _baked(data: bytes) -> Opened:
    is_one = data.startswith(PNG) and len(data) <= BADGE_BYTES
    return _badge(data, None) if is_one else Opened(Finding.NO_BADGE)


def _scanned(pdf: bytes) -> Opened:
    """A PDF without our attachment: perhaps somebody scanned or printed a certificate into it."""
    try:
        found = _with_codes(_codes(pdf))
    except _Unreadable:
        return Opened(Finding.NOTHING)
    return found if found.finding in (Finding.CODE, Finding.MANY_CODES) else Opened(Finding.NOTHING)


def _codes(data: bytes) -> list[str]:
    """What the QR codes in a picture or on the pages of a PDF say. Raises ``_Unreadable``, ``Denied(verify_busy)``."""
    found: list[str] = json.loads(_apart(codescan.__file__, data) or b"[]")
    return found


def _with_codes(texts: Sequence[str]) -> Opened:
    ours = []
    for text in texts:
        with suppress(qr.NoCode):
            ours.append(qr.read_text(text))
    if len(ours) == 1:
        return Opened(Finding.CODE, code=ours[0])
    return Opened(Finding.MANY_CODES if ours else Finding.OTHER_CODE if texts else Finding.NO_CODE)


def _badge(data: bytes, document: Mapping[str, Any] | None) -> Opened:
    try:
        found = badges.examine_bytes(data)
    except badges.TooCostly:
        if document is None:
            raise Denied(VERIFY_UNREADABLE) from None
        found = Examined(
            credential=document, container="json", state=vc.ProofState.UNCLEAR, detail="too costly to read"
        )
    if isinstance(found, Examined):
        return Opened(Finding.CREDENTIAL, credential=found)
    if found == "unreadable":
        raise Denied(VERIFY_UNREADABLE)
    return Opened({"old": Finding.OLD_BADGE, "many": Finding.MANY_BADGES}.get(found, Finding.NO_BADGE))


def verify_file(
    data: bytes,
    *,
    trust: Trust,
    status: StatusList | None,
    now: datetime,
    status_problem: str = "not_checked",
    beside: Beside = NOTHING_BESIDE,
) -> Report:
    """The verdicts on a file with what the verifier brought along.

    Raises ``Denied``: verify_too_large, verify_unreadable. These are the cases in which ``xuefen verify`` exits 2.
    """
    opened = open_file(data)
    return judge(opened, trust=trust, status=status, now=now, status_problem=status_problem, beside=beside)


def read_code(text: str) -> bytes:
    """The payload of what a camera read. Raises ``Denied(code_unreadable)``."""
    try:
        return qr.read_text(text)
    except qr.NoCode:
        raise Denied(CODE_UNREADABLE) from None


def judge(
    opened: Opened,
    *,
    trust: Trust,
    status: StatusList | None,
    now: datetime,
    status_problem: str = "",
    beside: Beside = NOTHING_BESIDE,
    newer: rules.Newer = rules.nothing_newer,
) -> Report:
    """The verdicts on an opened file; ``newer`` as ``rules.verify`` takes it."""
    if opened.credential is not None:
        return credentials.judge_credential(
            opened.credential,
            trust=trust,
            issuers=beside.issuers,
            look_up=beside.look_up,
            asked=beside.asked,
            now=now,
        )
    if opened.finding is Finding.CODE:
        return qr.verify(
            opened.code,
            trust=trust,
            status=status,
            now=now,
            status_problem=status_problem or "not_checked",
            newer=newer,
        )
    if opened.finding in _OTHER_FORMATS:
        return credentials.other_format(opened.finding.value, now=now)
    if opened.finding is Finding.NOTHING:
        return rules.no_certificate(now=now)
    if opened.finding is not Finding.DOCUMENT:
        return rules.damaged(sealed=opened.finding is Finding.DAMAGED_SEALED, now=now)
    return rules.verify(
        opened.document,
        trust=trust,
        status=status,
        now=now,
        container=_sealed(opened, trust),
        status_problem=status_problem or "not_checked",
        newer=newer,
    )


def _reflowed(document: Any, content: bytes) -> bool:
    """Whether the bytes differ from the one form documents are issued in."""
    try:
        rules.require_envelope(document)
    except rules.Misshapen:
        return False  # reported as such; writing out whatever this is might take long
    return canon.canonical(document) != content


def _attachment(pdf: bytes) -> bytes | None:
    """The certificate inside a PDF, None when a sound PDF has none. Raises ``_Unreadable``, ``Denied(verify_busy)``."""
    return _apart(extract.__file__, pdf, also=extract.NOTHING_THERE)


def _apart(program: str, data: bytes, *, also: int = 0) -> bytes | None:
    """What a program finds in a file, in a process of its own; None when it ends with ``also``: a sound file without it."""
    done = apart.run(program, data=data, turns=_turns, patience=_PATIENCE, seconds=_WALL_SECONDS)
    if done.returncode not in (0, also):
        raise _Unreadable
    return done.stdout if done.returncode == 0 else None


def _sealed(opened: Opened, trust: Trust) -> rules.Container:
    """What is known of the file around the document, its seal tried with the key it names.

    That is the key of the document inside, or one the same bank has used since: a certificate may be printed years later.
    """
    seal = opened.seal
    if seal is None:
        return opened.container
    try:
        signature = opened.document["signature"]
        known = rules.find_key(trust, purpose="certificates", named=seal.key_id)
        if signature["key_id"] == seal.key_id:
            key = load_public(signature["algorithm"], read_base64(signature["public_key"]))
        elif known is not None and rules.find_key(trust, purpose="certificates", named=signature["key_id"]) is not None:
            key = load_public(known.algorithm, known.raw)
        else:
            return replace(opened.container, seal="signature_seal_wrong")
    except (GmError, ValueError, KeyError, TypeError):
        return replace(opened.container, seal="signature_seal_wrong")
    return opened.container if seal.holds(key) else replace(opened.container, seal="signature_seal_wrong")
