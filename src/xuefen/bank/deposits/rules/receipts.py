"""Checking a receipt with nothing but the issuer's public keys: its signature, and its place in the log once it names one."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from xuefen.bedrock import canon, merkle, notes
from xuefen.bedrock.gm import GmError, load_public

START = b'{"receipt":'
"""How every receipt begins: canonical JSON has one order of members."""


class Key(Protocol):
    """A public key of the bank, for one purpose ("certificates", "log"), and when it may sign."""

    @property
    def purpose(self) -> str: ...
    @property
    def algorithm(self) -> str: ...
    @property
    def raw(self) -> bytes: ...
    @property
    def valid_from(self) -> datetime: ...
    @property
    def valid_until(self) -> datetime | None: ...


class Trust(Protocol):
    """Whom the checker believes."""

    @property
    def origin(self) -> str: ...
    @property
    def keys(self) -> Sequence[Key]: ...


@dataclass(frozen=True, slots=True)
class Answer:
    """One question about a receipt; ``good`` is None when it cannot be asked yet."""

    check: str
    good: bool | None
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Checked:
    """All answers, and what the receipt says when its signature is good."""

    answers: tuple[Answer, ...]
    receipt: Mapping[str, Any] | None

    @property
    def ok(self) -> bool:
        return all(answer.good is not False for answer in self.answers)

    def to_json(self) -> dict[str, Any]:
        told = [{"check": a.check, "good": a.good, "zh": a.zh, "en": a.en} for a in self.answers]
        return {"ok": self.ok, "answers": told, "receipt": dict(self.receipt) if self.receipt else None}


_UNREADABLE = Answer("format", False, "这不是一份完整的回执。", "This is no whole receipt.")
_FORMAT = Answer("format", True, "格式完整。", "The format is whole.")
_SIGNED = Answer("signature", True, "签名正确，由这家银行的密钥签发。", "The signature is good, by a key of this bank.")
_UNSIGNED = Answer(
    "signature", False, "签名不对：内容被改过，或者不是这家银行的密钥。",
    "The signature is wrong: the content was changed, or the key is none of this bank's.",
)  # fmt: skip
_WAITS = Answer(
    "log", None, "签发时日志还没有封存；过一会儿重新下载的回执会写明位置。",
    "The log had not sealed it when it was signed; a receipt fetched again later names the place.",
)  # fmt: skip
_NOTHING = Answer(
    "log", None, "这一批没有存入成果，日志里没有它的条目。", "No outcome was deposited, so the log holds none of it."
)
_NOT_LOGGED = Answer(
    "log",
    False,
    "与日志对不上：检查点、位置或条目不符。",
    "It does not agree with the log: checkpoint, place or entry differ.",
)


def check(data: bytes, *, trust: Trust) -> Checked:
    """Ask everything that can be asked of a receipt without its bank."""
    try:
        found = canon.parse_canonical(data)
        body, signature = found["receipt"], found["signature"]
        at = datetime.fromisoformat(body["at"])
        raw, value = bytes.fromhex(signature["public_key"]), base64.b64decode(signature["value"], validate=True)
        algorithm = str(signature["algorithm"])
        if body["kind"] != "deposit.receipt" or set(found) != {"receipt", "signature"}:
            raise ValueError("another document")
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error):
        return Checked((_UNREADABLE,), None)
    known = any(_fits(key, algorithm=algorithm, raw=raw, at=at) for key in trust.keys)
    try:
        signed = known and load_public(algorithm, raw).verify(canon.canonical(body), value)
    except GmError:
        signed = False
    if not signed:
        return Checked((_FORMAT, _UNSIGNED), None)
    return Checked((_FORMAT, _SIGNED, _log(body, trust)), body)


def _fits(key: Key, *, algorithm: str, raw: bytes, at: datetime) -> bool:
    in_time = key.valid_from <= at and (key.valid_until is None or at <= key.valid_until)
    return key.purpose == "certificates" and (key.algorithm, key.raw) == (algorithm, raw) and in_time


def _log(body: Mapping[str, Any], trust: Trust) -> Answer:
    """First and last leaf are in the tree of a checkpoint that the log signed, and speak of the receipt's issuer."""
    log = body.get("log")
    if log is None:
        return _NOTHING if body.get("leaves") is None else _WAITS
    signing = [key for key in trust.keys if key.purpose == "log"]
    try:
        note = notes.open_note(
            log["checkpoint"].encode(),
            [notes.KeyVerifier(trust.origin, load_public(key.algorithm, key.raw)) for key in signing],
        )
        checkpoint = notes.Checkpoint.parse(note.text)
        hash = merkle.HASH_OF_KEY[signing[0].algorithm]
        for place in (log["first"], log["last"]):
            entry = canon.parse_canonical(place["entry"].encode())
            if (entry["kind"], entry["issuer"]) != ("outcome.deposited", body["issuer"]):
                return _NOT_LOGGED
            merkle.verify_inclusion(
                index=place["index"],
                size=checkpoint.size,
                leaf_hash=hash.leaf(place["entry"].encode()),
                proof=[bytes.fromhex(node) for node in place["path"]],
                root=checkpoint.root,
                hash=hash,
            )
        first, last = log["first"]["index"], log["last"]["index"]
        in_order = 0 <= first <= last and last - first + 1 >= body["accepted"] > 0
        if checkpoint.origin != trust.origin or checkpoint.size != log["size"] or not in_order:
            return _NOT_LOGGED
    except (
        notes.NoteInvalid,
        merkle.ProofInvalid,
        GmError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        IndexError,
    ):
        return _NOT_LOGGED
    return Answer(
        "log",
        True,
        f"在日志里：第 {first:,} 到 {last:,} 号条目，检查点共 {checkpoint.size:,} 条。",
        f"In the log: entries {first:,} to {last:,}, under a checkpoint over {checkpoint.size:,}.",
    )
