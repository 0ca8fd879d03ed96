"""Witness cosignatures: "at this time I had seen this checkpoint, and nothing that contradicts it".

Format: https://c2sp.org/tlog-cosignature, "cosignature/v1". The signature is 8 bytes of time (big-endian POSIX seconds) and 64
bytes over ``cosignature/v1``, a line ``time SECONDS``, and the text of the note. The SM2 form differs in key and hash only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from xuefen.bedrock.notes import KeyVerifier, NoteVerifier, PrivateKey, PublicKey, Signature, VerifierKey

_SUFFIX = "-cosignature"
_TIME_BYTES = 8
MAX_TIME = 253402300799
"""The last second of the year 9999."""


def _message(text: bytes, time: int) -> bytes:
    return b"cosignature/v1\ntime %d\n" % time + text


@dataclass(frozen=True)
class Cosigner:
    """A NoteSigner: a witness's key under the witness's name, at one moment (POSIX seconds)."""

    name: str
    key: PrivateKey
    time: int

    @property
    def algorithm(self) -> str:
        return self.key.public.algorithm + _SUFFIX

    @property
    def raw_public(self) -> bytes:
        return self.key.public.raw

    def sign(self, message: bytes, /) -> bytes:
        """Time and signature over the note's text, 72 bytes."""
        return self.time.to_bytes(_TIME_BYTES, "big") + self.key.sign(_message(message, self.time))


@dataclass(frozen=True)
class CosignatureVerifier:
    """A NoteVerifier: a witness's public key under the witness's name."""

    name: str
    key: PublicKey

    @property
    def algorithm(self) -> str:
        return self.key.algorithm + _SUFFIX

    @property
    def raw_public(self) -> bytes:
        return self.key.raw

    def verify(self, message: bytes, signature: bytes, /) -> bool:
        """Tell whether time and signature belong to the note's text."""
        time = cosigned_at(signature)
        return 0 < time <= MAX_TIME and self.key.verify(_message(message, time), signature[_TIME_BYTES:])


def cosigned_at(signature: bytes) -> int:
    """When a witness signed, in POSIX seconds."""
    return int.from_bytes(signature[:_TIME_BYTES], "big")


def load_verifier(vkey: str, load: Callable[[str, bytes], PublicKey]) -> NoteVerifier:
    """A log's or a witness's verifier from its text; ``load(algorithm, raw)`` makes the key object.

    Raises NoteMalformed, UnknownAlgorithm, and whatever ``load`` raises for a point off its curve.
    """
    parsed = VerifierKey.parse(vkey)
    if parsed.algorithm.endswith(_SUFFIX):
        return CosignatureVerifier(parsed.name, load(parsed.algorithm.removesuffix(_SUFFIX), parsed.raw_public))
    return KeyVerifier(parsed.name, load(parsed.algorithm, parsed.raw_public))


def vkey_of(verifier: NoteVerifier) -> str:
    """The text to hand to others."""
    return str(VerifierKey(verifier.name, verifier.algorithm, verifier.raw_public))


def witnessed(signatures: Iterable[Signature], witnesses: Iterable[NoteVerifier]) -> dict[str, int]:
    """Of verified signatures, the witnesses' : name → when (POSIX seconds)."""
    names = {(w.name, VerifierKey(w.name, w.algorithm, w.raw_public).id) for w in witnesses}
    return {s.name: cosigned_at(s.signature) for s in signatures if (s.name, s.key_id) in names}
