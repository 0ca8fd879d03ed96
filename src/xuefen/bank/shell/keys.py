"""The node's keys, from the key provider the settings name."""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings
from django.db import connection

from xuefen.bank.shell.transaction import inside_transaction
from xuefen.bedrock.gm.errors import DecryptionFailed
from xuefen.bedrock.gm.keys import FileKeyProvider
from xuefen.bedrock.gm.slots import SlotFile, joined
from xuefen.bedrock.gm.sm4 import open_sealed, seal
from xuefen.bedrock.gm.token import Pkcs11Token, Token, TokenAddress


@functools.lru_cache(maxsize=4)
def _provider(folder: str, passphrase: str, token: str, pin: str) -> FileKeyProvider:
    return FileKeyProvider(folder, passphrase=passphrase, token=token_at(token, pin))


def token_at(uri: str, pin: str) -> Token | None:
    """The PKCS#11 token the settings name; None when they name none. Raises ``TokenUnusable``."""
    return Pkcs11Token(TokenAddress.parse(uri, pin=pin)) if uri else None


def keys() -> FileKeyProvider:
    """The key provider of this node; opened once per process (unsealing is deliberately slow)."""
    return _provider(
        str(settings.XUEFEN_KEYS), settings.XUEFEN_PASSPHRASE, settings.XUEFEN_TOKEN, settings.XUEFEN_TOKEN_PIN
    )


@functools.lru_cache(maxsize=8)
def _slots(folder: Path, mirrors: tuple[Path, ...], name: str) -> SlotFile:
    return SlotFile(folder / name, mirrors=tuple(mirror / name for mirror in mirrors))


def people() -> SlotFile:
    """The half of every learner's data key that no backup of the database holds, by learner id."""
    return _slot_file("people.bin")


def papers() -> SlotFile:
    """The same for papers that may name anybody, such as the rows a batch refused; by the number drawn for the paper."""
    return _slot_file("papers.bin")


@dataclass(frozen=True, slots=True)
class Paper:
    """A key for something that may name anybody, in two halves like a learner's: destroy the slot, and no backup opens it."""

    number: int
    half: bytes = field(repr=False)  # under the node's wrapping key
    key: bytes = field(repr=False)


@inside_transaction
def new_paper() -> Paper:
    """A fresh key, its slot on disk. The number is drawn from the database, and never one whose slot was destroyed."""
    number = 0
    while not number or papers().is_erased(number):
        with connection.cursor() as cursor:
            cursor.execute("SELECT nextval('paper_number')")
            number = int(cursor.fetchone()[0])
    half = os.urandom(16)
    slot = papers().fill([number])[number]
    return Paper(number, seal(keys().secret("wrap"), half, aad=_paper_aad(number)), joined(half, slot))


def paper_key(number: int, half: bytes) -> bytes | None:
    """The key of a paper; None when it was destroyed. Raises ``KeyMissing``, ``DecryptionFailed``."""
    slot = papers().read(number)
    return joined(open_wrapped(half, aad=_paper_aad(number)), slot) if slot is not None else None


def rewrapped_half(number: int, half: bytes) -> bytes:
    """The stored half of a paper's key under the wrapping key in use. Raises ``DecryptionFailed``."""
    return seal(keys().secret("wrap"), open_wrapped(half, aad=_paper_aad(number)), aad=_paper_aad(number))


_HALF = 44  # bytes of a wrapped half: nonce, 16 bytes, tag


@inside_transaction
def sealed_paper(plain: bytes, *, aad: bytes) -> bytes:
    """A paper of its own key, all in one: number, wrapped half, sealed text."""
    paper = new_paper()
    return paper.number.to_bytes(8) + paper.half + seal(paper.key, plain, aad=aad)


def paper_number(sealed: bytes) -> int:
    """The number of the key that ``sealed_paper`` drew."""
    return int.from_bytes(sealed[:8])


def open_paper(sealed: bytes, *, aad: bytes) -> bytes | None:
    """Undo ``sealed_paper``; None when the key was destroyed. Raises ``KeyMissing``, ``DecryptionFailed``."""
    key = paper_key(paper_number(sealed), sealed[8 : 8 + _HALF])
    return open_sealed(key, sealed[8 + _HALF :], aad=aad) if key is not None else None


def rewrapped_paper(sealed: bytes) -> bytes:
    """The same paper, its half under the wrapping key in use."""
    return sealed[:8] + rewrapped_half(paper_number(sealed), sealed[8 : 8 + _HALF]) + sealed[8 + _HALF :]


def _paper_aad(number: int) -> bytes:
    return f"paper:{number}".encode("ascii")


def _slot_file(name: str) -> SlotFile:
    return _slots(settings.XUEFEN_KEYS, tuple(settings.XUEFEN_KEY_MIRRORS), name)


def open_wrapped(sealed: bytes, *, aad: bytes) -> bytes:
    """What was sealed with the node's wrapping key, the one in use or an earlier one. Raises ``DecryptionFailed``."""
    try:
        return open_sealed(keys().secret("wrap"), sealed, aad=aad)
    except DecryptionFailed:
        for earlier in keys().earlier_secrets("wrap"):
            try:
                return open_sealed(earlier, sealed, aad=aad)
            except DecryptionFailed:
                continue
        raise
