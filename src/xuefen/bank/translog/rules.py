"""What waits for the log, written for the queue; and what a witness decides: may this checkpoint be cosigned? Pure;
https://c2sp.org/tlog-witness.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

from xuefen.bank.shell.problems import Denied
from xuefen.bank.translog.types import (
    LEAF_TOO_LARGE,
    WITNESS_CONFLICT,
    WITNESS_MALFORMED,
    WITNESS_NOT_SIGNED,
    WITNESS_OLD_SIZE,
    WITNESS_PROOF,
    WITNESS_UNKNOWN_LOG,
    Watched,
)
from xuefen.bedrock import merkle, notes, tiles

MAX_PROOF = 63
"""Hashes a consistency proof may have."""
MAX_REQUEST = 64 * 1024
"""Bytes of a request: far above what 63 hashes and a checkpoint weigh."""
QUEUED_COLUMNS = ("id", "body")
_OLD = re.compile(rb"old (0|[1-9][0-9]{0,18})")


def queued_line(leaf_id: int, body: bytes) -> str:
    """A fact in COPY's text, under ``QUEUED_COLUMNS``. ``Denied(leaf_too_large)`` above 65,535 bytes."""
    if len(body) > tiles.MAX_ENTRY:
        raise Denied(LEAF_TOO_LARGE)
    return f"{leaf_id}\t\\\\x{body.hex()}\n"


@dataclass(frozen=True, slots=True)
class AddCheckpoint:
    """A request: the size the sender believes we cosigned, the proof from there, and the signed checkpoint."""

    old: int
    proof: tuple[bytes, ...]
    note: bytes

    @property
    def origin(self) -> str:
        return notes.parse_note(self.note).text.partition("\n")[0]


def read_request(data: bytes) -> AddCheckpoint:
    """Take a request apart. Raises ``Denied(witness_malformed)``."""
    head, blank, note = data.partition(b"\n\n")
    first, *lines = head.split(b"\n")
    old = _OLD.fullmatch(first)
    if len(data) > MAX_REQUEST or not blank or old is None or len(lines) > MAX_PROOF:
        raise Denied(WITNESS_MALFORMED)
    try:
        proof = tuple(base64.b64decode(line, validate=True) for line in lines)
        request = AddCheckpoint(int(old[1]), proof, note)
        if not request.origin:
            raise Denied(WITNESS_MALFORMED)
    except (binascii.Error, notes.NoteInvalid) as error:
        raise Denied(WITNESS_MALFORMED) from error
    if any(len(node) != merkle.HASH_BYTES for node in proof):
        raise Denied(WITNESS_PROOF)
    return request


def write_request(*, old: int, proof: list[bytes], note: bytes) -> bytes:
    """The request a log sends."""
    lines = [b"old %d" % old, *(base64.b64encode(node) for node in proof)]
    return b"\n".join(lines) + b"\n\n" + note


def judge(request: AddCheckpoint, watched: Watched | None) -> notes.Checkpoint:
    """The checkpoint that may be cosigned: signed by the log we know, and a continuation of what we cosigned last.

    Raises ``Denied``: witness_unknown_log, witness_not_signed, witness_malformed, witness_old_size, witness_conflict
    (``size`` is what we know), witness_proof.
    """
    if watched is None:
        raise Denied(WITNESS_UNKNOWN_LOG)
    try:
        checkpoint = notes.Checkpoint.parse(notes.open_note(request.note, [watched.verifier]).text)
    except notes.NoteMalformed as error:
        raise Denied(WITNESS_MALFORMED) from error
    except notes.NoteInvalid as error:
        raise Denied(WITNESS_NOT_SIGNED) from error
    if checkpoint.origin != watched.origin:
        raise Denied(WITNESS_UNKNOWN_LOG)
    if request.old > checkpoint.size:
        raise Denied(WITNESS_OLD_SIZE)
    if request.old != watched.size or (
        request.old == checkpoint.size and watched.size > 0 and watched.root != checkpoint.root
    ):
        raise Denied(WITNESS_CONFLICT, size=watched.size)
    try:
        _continues(request, checkpoint, watched)
    except merkle.ProofInvalid as error:
        raise Denied(WITNESS_PROOF) from error
    return checkpoint


def refusal(denied: Denied) -> tuple[int, str, bytes]:
    """A refusal as the protocol answers it: status, content type, body. A conflict tells the size, and nothing else."""
    if denied.problem is WITNESS_CONFLICT:
        return 409, "text/x.tlog.size", f"{denied.params['size']}\n".encode()
    return denied.problem.status, "text/plain; charset=utf-8", f"{denied.sentence('en')}\n".encode()


def _continues(request: AddCheckpoint, checkpoint: notes.Checkpoint, watched: Watched) -> None:
    if request.old:
        merkle.verify_consistency(
            old_size=request.old,
            new_size=checkpoint.size,
            old_root=watched.root,
            new_root=checkpoint.root,
            proof=request.proof,
            hash=merkle.HASHES[watched.hash],
        )
    elif request.proof or (checkpoint.size == 0 and checkpoint.root != merkle.HASHES[watched.hash].empty):
        raise merkle.ProofInvalid("the first checkpoint needs no proof, and an empty log has the empty root")
