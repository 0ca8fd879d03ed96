"""Being a witness for other logs, and asking others to witness ours (https://c2sp.org/tlog-witness)."""

from __future__ import annotations

import urllib.error
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings

from xuefen.bank.audit import actions as audit
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.problems import Denied
from xuefen.bank.shell.transaction import use_case
from xuefen.bank.translog import queries, rules
from xuefen.bank.translog.actions.anchoring import hear_chain
from xuefen.bank.translog.actions.sealing import publish, seal
from xuefen.bank.translog.models import Checkpoint, Cosignature, WatchedLog, Witness
from xuefen.bank.translog.types import WITNESS_NAME, WITNESS_NEED, WITNESS_UNKNOWN_LOG, Asked
from xuefen.bedrock import disk, merkle, notes, tiles
from xuefen.bedrock.cosignatures import Cosigner, cosigned_at, load_verifier
from xuefen.bedrock.gm import KeyInvalid, load_public
from xuefen.bedrock.policy import Policy

PATIENCE = 10.0
"""Seconds a witness has to answer."""
LONGEST_ANSWER = 16 * 1024


# --- for others ------------------------------------------------------------------------------------------------------


@use_case
def watch(*, origin: str, vkey: str, hash: str, by: Actor, now: datetime) -> None:
    """Witness another log from now on; ``hash`` is "sm3" or "sha256". The same log again changes nothing.

    Raises ``Denied``: not_allowed, witness_name (a key nobody can read, or another key for a log already watched).
    """
    by.scope("witnesses.edit")
    _verifier(vkey)
    if hash not in merkle.HASHES:
        raise Denied(WITNESS_NAME, place="hash", why=hash)
    row, _ = WatchedLog.objects.get_or_create(origin=origin, defaults={"vkey": vkey, "hash": hash})
    if (row.vkey, row.hash) != (vkey, hash):
        raise Denied(WITNESS_NAME, place="vkey", why=f"{origin} has another key or hash here")
    audit.record(
        action="witnesses.watch",
        by=by,
        now=now,
        subject=("watched_log", str(row.pk)),
        after={"log": origin, "vkey": vkey, "hash": hash},
    )


@use_case
def rekey(*, origin: str, vkey: str, by: Actor, now: datetime) -> None:
    """Know a watched log by its new key from now on, after its operator replaced the old one and told us.

    What was cosigned stays; the hash of the tree cannot change. Raises ``Denied``: not_allowed, witness_unknown_log,
    witness_name.
    """
    by.scope("witnesses.edit")
    verifier = _verifier(vkey)
    row = WatchedLog.objects.select_for_update().filter(origin=origin).first()
    if row is None:
        raise Denied(WITNESS_UNKNOWN_LOG, place="origin")
    if verifier.algorithm != queries.watched(row).verifier.algorithm:
        raise Denied(WITNESS_NAME, place="vkey", why="another algorithm, and so another tree")
    before, row.vkey = row.vkey, vkey
    row.save(update_fields=["vkey"])
    audit.record(
        action="witnesses.rekey",
        by=by,
        now=now,
        subject=("watched_log", str(row.pk)),
        before={"vkey": before},
        after={"log": origin, "vkey": vkey},
    )


@use_case
def add_checkpoint(*, body: bytes, now: datetime) -> bytes:
    """Cosign another log's checkpoint, once it is sure that it continues what was cosigned before: the signature lines.

    The new size is committed before the answer leaves. Raises ``Denied``: what ``rules.read_request`` and ``rules.judge`` raise.
    """
    request = rules.read_request(body)
    row = WatchedLog.objects.select_for_update().filter(origin=request.origin).first()
    checkpoint = rules.judge(request, queries.watched(row) if row else None)
    assert row is not None
    row.size, row.root, row.cosigned_at = checkpoint.size, checkpoint.root, now
    row.save(update_fields=["size", "root", "cosigned_at"])
    text = notes.parse_note(request.note).text
    lines = [notes.signature_by(text, signer).line for signer in _cosigners(now)]
    return "".join(lines).encode()


def _cosigners(now: datetime) -> list[Cosigner]:
    """Our two keys: who knows only one of the algorithms reads that line and skips the other."""
    seconds = int(now.timestamp())
    name = queries.witness_name()
    return [Cosigner(name, key, seconds) for key in queries.witness_signers(at=now)]


# --- for us ----------------------------------------------------------------------------------------------------------


@use_case
def add_witness(*, vkey: str, url: str, by: Actor, now: datetime) -> None:
    """Ask this witness from now on; the same name again changes its address. Raises ``Denied``: not_allowed, witness_name."""
    by.scope("witnesses.edit")
    name = _verifier(vkey).name
    row, _ = Witness.objects.update_or_create(name=name, defaults={"vkey": vkey, "url": url.rstrip("/")})
    audit.record(
        action="witnesses.ask",
        by=by,
        now=now,
        subject=("witness", str(row.pk)),
        after={"name": name, "vkey": vkey, "url": url},
    )


@use_case
def set_policy(*, need: int, by: Actor, now: datetime) -> Policy | None:
    """Tell verifiers to ask for ``need`` cosignatures of the witnesses this node asks; 0 asks for none.

    It stands in the trust file from its next publication on. Raises ``Denied``: not_allowed, witness_need.
    """
    by.scope("witnesses.edit")
    before = queries.policy()
    vkeys = tuple(Witness.objects.order_by("name").values_list("vkey", flat=True))
    if need and not need <= len(vkeys):
        raise Denied(WITNESS_NEED, place="need", n=len(vkeys))
    policy = Policy(need, vkeys) if need else None
    audit.record(
        action="witnesses.policy",
        by=by,
        now=now,
        subject=("witness_policy", "node"),
        before={"need": before.need if before else 0},
        after={"need": need, "witnesses": list(vkeys) if need else []},
    )
    text = policy.text if policy else "quorum none\n"
    disk.replace(Path(settings.XUEFEN_HOME) / queries.POLICY_FILE, text.encode())
    return policy


def ask_witnesses(*, now: datetime) -> list[Asked]:
    """Send the newest checkpoint to every witness that has not cosigned it, and publish what they sign.

    A witness that is away, or refuses, is noted and asked again next time; it stops nobody.
    """
    checkpoint = Checkpoint.objects.order_by("-size").first()
    if checkpoint is None:
        return []
    waiting = Witness.objects.exclude(url="").exclude(cosignature__checkpoint=checkpoint).order_by("name")
    asked = [_ask(witness, checkpoint, now) for witness in waiting]
    if any(not answer.error for answer in asked):
        publish()
    return asked


def ask_standing(*, now: datetime) -> list[Asked]:
    """Before anything is signed after a start: does a witness, or a chain, know more of this log than this database does?

    It notes what they tell; from then on ``seal`` refuses (I9). Whoever is away stops nobody.
    """
    hear_chain(now=now)
    checkpoint = Checkpoint.objects.order_by("-size").first()
    if checkpoint is None:
        return []
    return [_ask_standing(witness, checkpoint, now) for witness in Witness.objects.exclude(url="").order_by("name")]


def seal_all(*, now: datetime, limit: int = 50_000) -> int:
    """Hear the witnesses, then seal until the queue is empty; the log's size afterwards. Raises ``Denied`` as ``seal``.

    For commands: the process may be the first one after a restore.
    """
    ask_standing(now=now)
    while seal(now=now, limit=limit) is not None:
        pass
    return queries.log_size()


def _ask_standing(witness: Witness, checkpoint: Checkpoint, now: datetime) -> Asked:
    try:
        status, answer = _post(witness.url, _request(checkpoint, min(witness.size, checkpoint.size)))
    except (OSError, ValueError, tiles.TileDamaged) as error:
        return Asked(witness.name, witness.size, str(error)[:300] or type(error).__name__)
    stands = _stands(answer) if status == 409 else None
    if stands is None or stands <= queries.log_size():
        return Asked(witness.name, witness.size)
    return Asked(witness.name, stands, _note_ahead(witness, stands, now))


def _stands(answer: bytes) -> int | None:
    """The size in the answer to a 409; None when it is none."""
    told = answer.strip()
    return int(told) if told.isdigit() and len(told) < 19 else None


@use_case
def _note_ahead(witness: Witness, stands: int, now: datetime) -> str:
    said = f"it cosigned {stands} leaves of this log, more than the database knows"
    Witness.objects.filter(pk=witness.pk).update(size=stands, asked_at=now, error=said)
    return said


@use_case
def forget_witness(*, name: str, by: Actor, now: datetime) -> None:
    """Ask this witness no more and do not believe what it said last; what it cosigned stays.

    Raises ``Denied``: not_allowed, witness_name.
    """
    by.scope("witnesses.edit")
    row = Witness.objects.select_for_update().filter(name=name).first()
    if row is None:
        raise Denied(WITNESS_NAME, place="name", why=name)
    audit.record(
        action="witnesses.forget", by=by, now=now, subject=("witness", str(row.pk)),
        before={"name": name, "size": row.size, "url": row.url},
    )  # fmt: skip
    row.url, row.size, row.error = "", 0, ""
    row.save(update_fields=["url", "size", "error"])


def _ask(witness: Witness, checkpoint: Checkpoint, now: datetime) -> Asked:
    try:
        line = _exchange(witness, checkpoint, now)
    except (OSError, ValueError, notes.NoteInvalid, tiles.TileDamaged) as error:
        said = str(error)[:300] or type(error).__name__
        Witness.objects.filter(pk=witness.pk).update(asked_at=now, error=said)
        return Asked(witness.name, witness.size, said)
    _keep(witness=witness, checkpoint=checkpoint, line=line, now=now)
    return Asked(witness.name, checkpoint.size)


@use_case
def _keep(*, witness: Witness, checkpoint: Checkpoint, line: notes.Signature, now: datetime) -> None:
    Cosignature.objects.get_or_create(
        checkpoint=checkpoint,
        witness=witness,
        defaults={"line": line.line, "cosigned_at": datetime.fromtimestamp(cosigned_at(line.signature), UTC)},
    )
    Witness.objects.filter(pk=witness.pk).update(size=checkpoint.size, asked_at=now, error="")


def _exchange(witness: Witness, checkpoint: Checkpoint, now: datetime) -> notes.Signature:
    """Ask, once more from where the witness says it stands; its verified signature over the checkpoint."""
    status, answer = _post(witness.url, _request(checkpoint, witness.size))
    if status == 409:
        stands = _stands(answer)
        if stands is None:
            raise ValueError(f"409 {answer[:60]!r}: no size")
        if stands > checkpoint.size:
            if stands > queries.log_size():  # not just a sequencer that went on meanwhile
                _note_ahead(witness, stands, now)
            raise ValueError(f"409 {stands}: the witness knows more of this log than we do")
        status, answer = _post(witness.url, _request(checkpoint, stands))
    if status != 200:
        raise ValueError(f"{status} {answer[:200].decode(errors='replace').strip()}")
    verifier = _verifier(witness.vkey)
    signed = notes.add_signatures(bytes(checkpoint.note), notes.read_signatures(answer))
    (line,) = notes.open_note(signed, [verifier]).verified
    return line


def _request(checkpoint: Checkpoint, old: int) -> bytes:
    reader = tiles.TileReader(size=checkpoint.size, fetch=queries.fetch, hash=queries.tree_hash())
    proof = reader.consistency_proof(old) if 0 < old < checkpoint.size else []
    return rules.write_request(old=old, proof=proof, note=bytes(checkpoint.note))


class _Straight(urllib.request.HTTPRedirectHandler):
    """A witness answers at the address it was named with: it cannot send the node on to one of the node's own network."""

    def redirect_request(self, *_: Any) -> None:
        return None  # the answer is then a refusal with its status, as any other


_straight = urllib.request.build_opener(_Straight).open


def _post(url: str, body: bytes) -> tuple[int, bytes]:
    if not url.startswith(("https://", "http://")):
        raise ValueError(f"no web address: {url}")
    request = urllib.request.Request(f"{url}/add-checkpoint", data=body, method="POST")  # noqa: S310 - checked above
    try:
        with _straight(request, timeout=PATIENCE) as answer:
            return answer.status, answer.read(LONGEST_ANSWER)
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, refusal.read(LONGEST_ANSWER)


def _verifier(vkey: str) -> notes.NoteVerifier:
    try:
        return load_verifier(vkey, load_public)
    except (notes.NoteInvalid, KeyInvalid) as error:
        raise Denied(WITNESS_NAME, place="vkey", why=error) from error
