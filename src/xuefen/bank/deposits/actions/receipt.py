"""The receipt of a finished batch: canonical JSON, signed by the node, so that the issuer can hold the bank to it."""

from __future__ import annotations

import base64
from datetime import datetime

from xuefen.bank.deposits.types import BatchFacts
from xuefen.bank.shell.clock import stamp
from xuefen.bank.shell.keys import keys
from xuefen.bedrock import canon


def signed_receipt(facts: BatchFacts, *, now: datetime) -> bytes:
    """``{"receipt": …, "signature": …}`` in canonical form; the signature is over the canonical bytes of ``receipt``.

    ``leaves`` are the first and last leaf id of the batch's outcomes, null when there is none; ``dropped`` are the rows that a
    cancelled batch never read.
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
    }
    signer = keys().signer("certificates")
    signature = {
        "algorithm": signer.algorithm,
        "public_key": signer.public.raw.hex(),
        "value": base64.b64encode(signer.sign(canon.canonical(body))).decode(),
    }
    return canon.canonical({"receipt": body, "signature": signature})
