"""Somebody else's log, and what another witness published of its exchanges."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass

from tests.shared_data import shared_data
from xuefen.bedrock import merkle, notes
from xuefen.bedrock.gm.signatures import Ed25519PublicKey


@dataclass(frozen=True)
class Exchange:
    """A request, the status it must get, and what the answer is (``exact``) or holds."""

    body: bytes
    status: int
    said: str
    exact: bool


def published() -> tuple[notes.KeyVerifier, list[Exchange]]:
    """The log and every exchange of the published test, in order."""
    text = shared_data("tlog/torchwood_litewitness.txtar").read_text()
    key = bytes.fromhex(re.search(r"add-sigsum-log -key=([0-9a-f]{64})", text)[1])
    origin = f"sigsum.org/v1/tree/{hashlib.sha256(key).hexdigest()}"
    found = re.findall(
        r"POST \S+\n```\n(.*?)\n```\nHTTP (\d+)\n\[Asserts\]\nbody (contains|==) \"([^\n]*)\"\n", text, re.S
    )
    assert len(found) == text.count("\nPOST ") == 9
    exchanges = [
        Exchange(body.encode() + b"\n", int(status), said.replace("\\n", "\n"), how == "==")
        for body, status, how, said in found
    ]
    return notes.KeyVerifier(origin, Ed25519PublicKey(key)), exchanges


def assert_answered(exchange: Exchange, *, status: int, body: bytes, name: str) -> None:
    """``name`` is the witness's: its own stands in the published answers."""
    assert status == exchange.status, (exchange.said, body)
    if status == 200:
        assert body.startswith(f"— {name} ".encode())
    elif exchange.exact:
        assert body.decode() == exchange.said
    else:
        assert exchange.said in body.decode()


@dataclass
class OtherLog:
    """A log in memory."""

    signer: notes.KeySigner
    leaves: list[bytes]
    hash: merkle.TreeHash = merkle.SM3

    def note(self, size: int) -> bytes:
        hashes = self.hash.hash_leaves(self.leaves[:size])
        root = merkle.root(hashes, hash=self.hash)
        return notes.sign_note(notes.Checkpoint(self.signer.name, size, root).text, self.signer)

    def request(self, old: int, size: int) -> bytes:
        hashes = self.hash.hash_leaves(self.leaves[:size])
        proof = merkle.consistency_proof(hashes, old_size=old, hash=self.hash) if 0 < old < size else []
        lines = [base64.b64encode(node) + b"\n" for node in proof]
        return b"old %d\n" % old + b"".join(lines) + b"\n" + self.note(size)
