"""The question about witnesses: did as many cosign the checkpoint as the verifier's policy asks for?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from xuefen.bank.certificates.rules.words import GOOD, say
from xuefen.bank.certificates.types import Trust, Verdict
from xuefen.bedrock import notes
from xuefen.bedrock.gm import GmError, load_public


def witnesses(log: Mapping[str, Any], *, proven: Verdict, trust: Trust) -> Verdict:
    """The verdict on the checkpoint of a log proof; ``proven`` is the verdict on the proof itself."""
    policy = trust.witnesses
    if proven.state is not GOOD:
        return say("witnesses_skipped")
    if policy is None:
        return say("witnesses_none_required")
    try:
        have = policy.met_by(log["checkpoint"].encode(), load_public)
    except (notes.NoteInvalid, GmError):
        return say("witnesses_wrong")
    words = {"have": have, "n": len(policy.vkeys), "need": policy.need}
    return say("witnesses_good" if have >= policy.need else "witnesses_too_few", **words)
