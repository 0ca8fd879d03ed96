"""What a file is, and how it is sealed. Pure, except that sealing draws a fresh nonce."""

from __future__ import annotations

import io
import zipfile

from xuefen.bank.evidence.types import (
    EVIDENCE_EMPTY,
    EVIDENCE_KIND,
    EVIDENCE_LARGE,
    LONGEST_NAME,
    MOST_BYTES,
    FileKind,
)
from xuefen.bank.shell.problems import Denied
from xuefen.bedrock.gm import hmac_sm3, open_sealed, seal, sm3
from xuefen.bedrock.names import clean

_STARTS = ((b"%PDF-", FileKind.PDF), (b"\xff\xd8\xff", FileKind.JPEG), (b"\x89PNG\r\n\x1a\n", FileKind.PNG))
_ENDS = {FileKind.JPEG: b"\xff\xd9", FileKind.PNG: b"IEND\xaeB`\x82", FileKind.PDF: b"%%EOF"}
_TAIL = 2048  # cameras and printers put something behind the end
_MOST_PARTS = 10_000
SEALED_MORE = 28  # bytes that sealing adds: nonce and tag


def kind_of(content: bytes) -> FileKind:
    """What the content is, whole: a file that breaks off is refused here and not at the counter.

    Raises ``Denied``: evidence_empty, evidence_large, evidence_kind.
    """
    if not content:
        raise Denied(EVIDENCE_EMPTY, place="file")
    if len(content) > MOST_BYTES:
        raise Denied(EVIDENCE_LARGE, place="file", most_mb=MOST_BYTES // 2**20)
    for start, kind in _STARTS:
        if content.startswith(start) and _ENDS[kind] in content[-_TAIL:]:
            return kind
    if content.startswith(b"PK\x03\x04") and _is_ofd(content):
        return FileKind.OFD
    raise Denied(EVIDENCE_KIND, place="file")


def _is_ofd(content: bytes) -> bool:
    """Whether the archive's table of contents is that of an OFD document. Nothing is unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        return False
    return len(names) <= _MOST_PARTS and "OFD.xml" in names


def checked_name(name: str) -> str:
    """A file's name for showing: no path, no control characters, not endless."""
    plain = clean("".join(c for c in name.replace("\\", "/").rpartition("/")[2] if c.isprintable()))
    if len(plain) > LONGEST_NAME:
        stem, dot, suffix = plain.rpartition(".")
        keep = LONGEST_NAME - len(dot + suffix) - 1
        plain = f"{stem[:keep]}…{dot}{suffix}" if stem and keep > 0 else plain[:LONGEST_NAME]
    return plain


def file_key(data_key: bytes) -> bytes:
    """The 16-byte key of a learner's files: of their data key, so that destroying that one makes them unreadable."""
    return hmac_sm3(data_key, b"evidence")[:16]


def mark(data_key: bytes, content: bytes) -> bytes:
    """The 16 bytes under which a learner's file is kept once. Without their key nobody can test which file it is."""
    return hmac_sm3(data_key, b"evidence-mark:" + sm3(content))[:16]


def blind_digest(blind: bytes, content: bytes) -> bytes:
    """The 32 bytes under which this node finds the same content among all its learners; nobody else can."""
    return hmac_sm3(blind, b"evidence:" + sm3(content))


def seal_content(content: bytes, *, data_key: bytes, number: str) -> bytes:
    """SM4-GCM under the learner's file key, bound to the file's number."""
    return seal(file_key(data_key), content, aad=_aad("content", number))


def open_content(sealed: bytes, *, data_key: bytes, number: str) -> bytes:
    """Undo ``seal_content``. Raises ``DecryptionFailed``."""
    return open_sealed(file_key(data_key), sealed, aad=_aad("content", number))


def seal_name(name: str, *, data_key: bytes, number: str) -> bytes:
    """A file's name often is its bringer's."""
    return seal(file_key(data_key), name.encode(), aad=_aad("name", number))


def open_name(sealed: bytes, *, data_key: bytes, number: str) -> str:
    """Undo ``seal_name``. Raises ``DecryptionFailed``."""
    return open_sealed(file_key(data_key), sealed, aad=_aad("name", number)).decode()


def _aad(what: str, number: str) -> bytes:
    return f"evidence:{what}:{number}".encode("ascii")
