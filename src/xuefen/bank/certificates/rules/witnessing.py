"""The question about witnesses: did as many cosign the checkpoint as the verifier's policy asks for?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from xuefen.bank.certificates.rules.words import GOOD, say
from xuefen.bank.certificates.types import Trust, Verdict
from xuefen.bedrock import notes
from xuefen.bedrock.gm import GmError, load_public
from xuefen.bedrock.policy import Policy

Newer = Callable[[], Mapping[str, Any] | None]
"""Gives a later log proof of a certificate that left before its witnesses had signed; asked only when it is needed."""


def nothing_newer() -> None:
    """The answer of a verifier who has no log."""


def witnesses(log: Mapping[str, Any], *, proven: Verdict, trust: Trust) -> Verdict:
    """The verdict on the checkpoint of a log proof; ``proven`` is the verdict on the proof itself."""
    policy = trust.witnesses
    if proven.state is not GOOD:
        return say("witnesses_skipped")
    if policy is None:
        return say("witnesses_none_required")
    try:
        have = _signed_by(policy, log["checkpoint"].encode())
    except (notes.NoteInvalid, GmError):
        return say("witnesses_wrong")
    words = {"have": have, "n": len(policy.vkeys), "need": policy.need}
    return say("witnesses_good" if have >= policy.need else "witnesses_too_few", **words)


@lru_cache(maxsize=32)
def _signed_by(policy: Policy, note: bytes) -> int:
    """How many witnesses of the policy signed the note, kept for the last 32: many certificates share one."""
    return policy.met_by(note, load_public)
