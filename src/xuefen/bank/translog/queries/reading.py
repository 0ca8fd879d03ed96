"""The log's files, keys, witnesses, anchors, size and proofs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from xuefen.bank.shell import queries as shell
from xuefen.bank.shell.keys import keys
from xuefen.bank.shell.models import Node
from xuefen.bank.shell.problems import Denied
from xuefen.bank.translog.models import (
    Anchor,
    AnchorTry,
    Checkpoint,
    Leaf,
    QueuedLeaf,
    WatchedLog,
    Witness,
)
from xuefen.bank.translog.types import ANCHOR_OFF, Anchored, Proof, Watched
from xuefen.bedrock import merkle, notes, tiles
from xuefen.bedrock.cosignatures import CosignatureVerifier, load_verifier
from xuefen.bedrock.gm import Signer, load_public
from xuefen.bedrock.policy import Policy, read_policy

CHECKPOINT = "checkpoint"


def fetch(path: str) -> bytes:
    """One of the log's published files; raises FileNotFoundError."""
    return (Path(settings.XUEFEN_LOG) / path).read_bytes()


def published_checkpoint() -> notes.Checkpoint | None:
    """What the world was last told, from the published file; None before the first publication."""
    try:
        note = fetch(CHECKPOINT)
    except FileNotFoundError:
        return None
    return notes.Checkpoint.parse(notes.open_note(note, verifiers()).text)


def published_size() -> int:
    """How many leaves that file speaks of, its signature not looked at; 0 when there is none that can be read."""
    try:
        return notes.Checkpoint.parse(notes.parse_note(fetch(CHECKPOINT)).text).size
    except (FileNotFoundError, notes.NoteInvalid):
        return 0


def signer() -> notes.KeySigner:
    """The log's signing key under the log's name (its origin)."""
    return notes.KeySigner(name=origin(), key=keys().signer("log"))


def signers(*, at: datetime) -> list[notes.KeySigner]:
    """Who signs a checkpoint now: the key in use, and replaced ones for as long as they overlap with it."""
    return [signer(), *(notes.KeySigner(origin(), key) for key in keys().overlapping("log", at=at))]


def verifier() -> notes.NoteVerifier:
    """The public half of the key in use."""
    return verifiers()[0]


def verifiers() -> list[notes.NoteVerifier]:
    """Every key the log was ever signed with, the one in use first: old checkpoints keep verifying (I10)."""
    name = origin()
    return [notes.KeyVerifier(name, load_public(key.kind, key.public)) for key in keys().held("log")]


def tree_hash() -> merkle.TreeHash:
    """The hash of the log's tree: SM3 beside an SM2 key, SHA-256 beside an Ed25519 key."""
    return merkle.HASH_OF_KEY[keys().held("log")[0].kind]


def origin() -> str:
    """The log's name for ever, as checkpoints carry it."""
    return Node.objects.values_list("origin", flat=True).get()


# --- witnesses -------------------------------------------------------------------------------------------------------

WITNESS_KEYS = ("witness", "witness-ed25519")
"""The purposes of the two keys this node cosigns with."""


def witness_name() -> str:
    """The name this node witnesses under."""
    return f"{origin()}/witness"


def witness_verifiers() -> list[notes.NoteVerifier]:
    """Our own witness keys, for those who ask us."""
    return [CosignatureVerifier(witness_name(), keys().signer(purpose).public) for purpose in WITNESS_KEYS]


def witness_signers(*, at: datetime) -> list[Signer]:
    """The keys this node cosigns with at this moment: those in use, and replaced ones while they overlap."""
    return [key for p in WITNESS_KEYS for key in (keys().signer(p), *keys().overlapping(p, at=at))]


def watched(row: WatchedLog) -> Watched:
    """A watched log with its key read."""
    verifier = load_verifier(row.vkey, load_public)
    return Watched(row.origin, verifier, row.hash, row.size, bytes(row.root))


def watched_logs() -> list[WatchedLog]:
    """The logs this node witnesses."""
    return list(WatchedLog.objects.order_by("origin"))


def witnesses() -> list[Witness]:
    """The witnesses this node asks."""
    return list(Witness.objects.order_by("name"))


POLICY_FILE = "witness-policy"


def policy() -> Policy | None:
    """How many cosignatures of which witnesses we tell verifiers to ask for; None when none (``xuefen witness policy``)."""
    try:
        return read_policy((Path(settings.XUEFEN_HOME) / POLICY_FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None


def cosigned_note(checkpoint: Checkpoint) -> bytes:
    """The checkpoint's note with every cosignature there is of it."""
    lines = checkpoint.cosignatures.order_by("witness__name").values_list("line", flat=True)
    return _with_lines(bytes(checkpoint.note), list(lines))


def _with_lines(note: bytes, lines: list[str]) -> bytes:
    return notes.add_signatures(note, notes.read_signatures("".join(lines).encode())) if lines else note


# --- anchors ---------------------------------------------------------------------------------------------------------


def anchor_place() -> tuple[str, str]:
    """The chain's address and the contract's. Raises ``Denied(anchor_off)``."""
    url, split, contract = str(settings.XUEFEN_ANCHOR).rpartition(",")
    if not split or not url.startswith(("http://", "https://")):
        raise Denied(ANCHOR_OFF)
    return url.strip(), contract.strip()


def anchored(row: Anchor) -> Anchored:
    """One anchor as others read it; its checkpoint is at hand."""
    return Anchored(row.checkpoint.size, row.chain_id, row.contract, row.tx, row.block, row.anchored_at)


def anchors(most: int = 10) -> list[Anchored]:
    """The newest anchors, whatever the chain."""
    return [anchored(row) for row in Anchor.objects.select_related("checkpoint").order_by("-id")[:most]]


def anchor_trouble() -> str:
    """What went wrong at the last try; empty when nothing did, or anchoring is off."""
    if not settings.XUEFEN_ANCHOR:
        return ""
    row = AnchorTry.objects.filter(contract=anchor_place()[1]).first()
    return row.error if row is not None else ""


# --- the log ---------------------------------------------------------------------------------------------------------


def log_size() -> int:
    """Leaves under the newest checkpoint."""
    return Checkpoint.objects.order_by("-size").values_list("size", flat=True).first() or 0


def checkpoints_since(moment: datetime) -> int:
    """How many checkpoints were signed after a moment."""
    return Checkpoint.objects.filter(sealed_at__gt=moment).count()


def growth(most: int = 8) -> list[tuple[date, int, int]]:
    """The newest days a checkpoint was sealed on, oldest first: (day, leaves sealed that day, checkpoints)."""
    with connection.cursor() as cursor:
        cursor.execute(_GROWTH, [most])
        return [(day, int(leaves), int(count)) for day, leaves, count in cursor.fetchall()][::-1]


_GROWTH = """
SELECT day, top - coalesce(lag(top) OVER (ORDER BY day), 0) AS leaves, checkpoints FROM (
    SELECT (sealed_at AT TIME ZONE 'Asia/Shanghai')::date AS day, max(size) AS top, count(*) AS checkpoints
    FROM checkpoint GROUP BY 1
) AS days ORDER BY day DESC LIMIT %s
"""


def queue_length() -> int:
    """Facts committed but not yet sealed."""
    return QueuedLeaf.objects.count()


def proof_of(leaf_id: int) -> Proof | None:
    """The inclusion proof of a leaf under the newest checkpoint; None while it still waits in the queue."""
    return proofs_of([leaf_id]).get(leaf_id)


def proofs_of(leaf_ids: list[int]) -> dict[int, Proof]:
    """Inclusion proofs by leaf id, all under one checkpoint, in one query; leaves still queued are absent."""
    asked = policy()
    rows = shell.fetch(_PROVED, leaf_ids, list(asked.vkeys) if asked else [], asked.need if asked else 1)
    if not rows:
        return {}
    size, note, lines = rows[0][3:]
    reader = tiles.TileReader(size=size, fetch=fetch, hash=tree_hash())
    checkpoint = _with_lines(bytes(note), lines).decode()
    return {
        leaf_id: Proof(
            index=index,
            size=size,
            leaf_hash=reader.hash.leaf(bytes(body)).hex(),
            path=tuple(node.hex() for node in reader.inclusion_proof(index)),
            checkpoint=checkpoint,
        )
        for leaf_id, index, body, *_ in rows
    }


# Leaves, and of the checkpoints that cover them all the newest one with enough witnesses, else with any, else the newest. A
# checkpoint's id grows with its size, so both searches among cosignatures walk an index from its end.
_PROVED = """
WITH wanted AS (SELECT leaf_id, index, body FROM leaf WHERE leaf_id = ANY(%s)), found (rank, id) AS (
    (SELECT 1, s.checkpoint_id FROM cosignature s JOIN witness w ON w.id = s.witness_id WHERE w.vkey = ANY(%s)
     GROUP BY s.checkpoint_id HAVING count(*) >= %s ORDER BY s.checkpoint_id DESC LIMIT 1)
    UNION ALL (SELECT 2, checkpoint_id FROM cosignature ORDER BY checkpoint_id DESC LIMIT 1)
    UNION ALL (SELECT 3, id FROM checkpoint ORDER BY size DESC LIMIT 1)
), best AS (
    SELECT c.size, c.note, ARRAY(SELECT s.line FROM cosignature s JOIN witness w ON w.id = s.witness_id
                                 WHERE s.checkpoint_id = c.id ORDER BY w.name)
    FROM found JOIN checkpoint c USING (id) WHERE c.size > (SELECT max(index) FROM wanted) ORDER BY rank LIMIT 1
)
SELECT * FROM wanted CROSS JOIN best
"""


def is_sealed(leaf_id: int) -> bool:
    """Whether the log has given a queued fact its place. Facts are sealed in the order they were queued."""
    return Leaf.objects.filter(leaf_id=leaf_id).exists()


def leaf_body(leaf_id: int) -> bytes | None:
    """The canonical bytes of a sealed leaf."""
    body = Leaf.objects.filter(leaf_id=leaf_id).values_list("body", flat=True).first()
    return bytes(body) if body is not None else None


_FACTS = """
SELECT leaf_id, body FROM leaf WHERE position(%(kind)s IN body) > 0
UNION ALL SELECT id, body FROM queued_leaf WHERE position(%(kind)s IN body) > 0 ORDER BY 1
"""
_MANY = 5_000


def facts(kind: str) -> Iterator[list[tuple[int, dict[str, Any]]]]:
    """Every fact of one kind, sealed or waiting, as (leaf id, what it says), some thousands at a time in their order.

    With this a room compares its rows with what the log says of them: the log is what nobody can rewrite.
    """
    with connection.chunked_cursor() as cursor:
        cursor.execute(_FACTS, {"kind": f'"kind":"{kind}"'.encode()})
        while rows := cursor.fetchmany(_MANY):
            yield [(leaf_id, json.loads(bytes(body))) for leaf_id, body in rows]
