"""The receipt of a finished batch: canonical JSON, signed by the node, so that the issuer can hold the bank to it."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from xuefen.bank.deposits import queries
from xuefen.bank.deposits.models import Batch
from xuefen.bank.deposits.types import RECEIPT_PENDING, BatchFacts
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.clock import stamp
from xuefen.bank.shell.keys import keys
from xuefen.bank.shell.problems import Denied
from xuefen.bank.shell.transaction import use_case
from xuefen.bank.translog import queries as log
from xuefen.bedrock import canon


def sealed_receipt(*, number: str, by: Actor, now: datetime) -> bytes:
    """The receipt of a batch that has ended. Once the log has sealed its last leaf it is signed anew, with the place of its
    first and last leaf in the log and their proofs, and kept so.

    Raises ``Denied``: not_allowed, batch_unknown, receipt_pending.
    """
    facts = queries.batch(by.scope("deposits.read_batches"), number)
    if facts.receipt is None:
        raise Denied(RECEIPT_PENDING, place="batch")
    if facts.leaves is None or named_range(facts) is not None:
        return facts.receipt
    proofs = log.proofs_of(list(facts.leaves))
    if len(proofs) < len(set(facts.leaves)):
        return facts.receipt
    first, last = (proofs[leaf] for leaf in facts.leaves)
    place = {"origin": log.origin(), "size": first.size, "checkpoint": first.checkpoint}
    for name, leaf, proof in (("first", facts.leaves[0], first), ("last", facts.leaves[1], last)):
        entry = log.leaf_body(leaf)
        assert entry is not None  # its proof is there
        place[name] = {"index": proof.index, "path": list(proof.path), "entry": entry.decode()}
    return _keep(batch_id=facts.id, receipt=signed_receipt(facts, now=now, log_range=place))


@use_case
def _keep(*, batch_id: int, receipt: bytes) -> bytes:
    """Of two who ask at one moment, both get the first one's."""
    batch = Batch.objects.select_for_update(of=("self",)).select_related("issuer", "standard_version").get(pk=batch_id)
    facts = queries.facts(batch)
    if facts.receipt is not None and named_range(facts) is not None:
        return facts.receipt
    batch.receipt = receipt
    batch.save(update_fields=["receipt"])
    return receipt


def named_range(facts: BatchFacts) -> tuple[int, int, int] | None:
    """First and last index and the size of the tree, when the receipt names them."""
    log = json.loads(facts.receipt)["receipt"].get("log") if facts.receipt else None
    return (log["first"]["index"], log["last"]["index"], log["size"]) if log else None


def signed_receipt(facts: BatchFacts, *, now: datetime, log_range: Mapping[str, Any] | None = None) -> bytes:
    """``{"receipt": …, "signature": …}`` in canonical form; the signature is over the canonical bytes of ``receipt``.

    ``leaves`` are the first and last leaf id of the batch's outcomes, null when there is none; ``dropped`` are the rows that a
    cancelled batch never read. ``log_range`` is where the log has them, see ``sealed_receipt``.
    """
    body = {
        "kind": "deposit.receipt",
        "v": 1,
        "batch": facts.number,
        "issuer": facts.issuer_code,
        "file_name": facts.file_name,
        "sm3": facts.content_sm3,
        "standard": facts.standard,
        "state": facts.state.value,
        "read": facts.counts.read,
        "accepted": facts.counts.accepted,
        "refused": facts.counts.refused,
        "duplicates": facts.counts.duplicates,
        "credits": facts.counts.credits,
        "withdrawn": facts.withdrawn,
        "dropped": facts.total_rows - facts.counts.read if facts.total_rows is not None else None,
        "leaves": list(facts.leaves) if facts.leaves else None,
        "received_at": stamp(facts.received_at),
        "at": stamp(now),
        **({"log": log_range} if log_range else {}),
    }
    signer = keys().signer("certificates")
    signature = {
        "algorithm": signer.algorithm,
        "public_key": signer.public.raw.hex(),
        "value": base64.b64encode(signer.sign(canon.canonical(body))).decode(),
    }
    return canon.canonical({"receipt": body, "signature": signature})
