"""Data Integrity proofs with the cryptosuite eddsa-rdfc-2022 (https://www.w3.org/TR/vc-di-eddsa/)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any

from xuefen.bedrock.gm import GmError, Signer, load_public
from xuefen.bedrock.vc.linked import CREDENTIALS_V2, DATA_INTEGRITY_V2, NotLinked, quads_of
from xuefen.bedrock.vc.multibase import MultibaseInvalid, decode_z, encode_z, key_of_method
from xuefen.bedrock.vc.rdfc import TooMuchWork, canonical_quads

CRYPTOSUITE = "eddsa-rdfc-2022"
TYPE = "DataIntegrityProof"


class ProofState(StrEnum):
    GOOD = "good"
    WRONG = "wrong"  # the signature does not match what is there
    MISSHAPEN = "misshapen"  # it looks like a proof and is none
    UNSUPPORTED = "unsupported"  # another kind of proof, or a key that is not in it
    UNCLEAR = "unclear"  # the document has parts that no proof covers, or costs too much to read


@dataclass(frozen=True, slots=True)
class ProofCheck:
    """What one proof is worth. ``controller`` and ``key`` when the proof carries its key; ``detail`` for whoever looks."""

    state: ProofState
    method: str = ""
    controller: str = ""
    key: bytes = b""
    created: str = ""
    expires: str = ""
    purpose: str = ""
    challenge: str = ""
    domain: str = ""
    detail: str = ""


def without_proof(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document as it was before it was proven."""
    return {key: value for key, value in document.items() if key != "proof"}


def proofs_of(document: Mapping[str, Any]) -> list[Any]:
    """The proofs a document carries, as they stand."""
    found = document.get("proof")
    return [] if found is None else list(found) if isinstance(found, list) else [found]


def hash_data(document: Mapping[str, Any], options: Mapping[str, Any]) -> bytes:
    """The bytes that are signed: digest of the proof's own options, then of the document. Raises NotLinked, TooMuchWork."""
    settings = {**options, "@context": document.get("@context")}
    return b"".join(
        sha256(canonical_quads(quads_of(part)).encode()).digest() for part in (settings, without_proof(document))
    )


def prove(
    document: Mapping[str, Any],
    *,
    signer: Signer,
    method: str,
    created: str,
    purpose: str = "assertionMethod",
    more: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The document with one more proof; ``signer`` holds the Ed25519 key that ``method`` names. ``more``: challenge, domain.

    Raises NotLinked when part of the document would not be covered, TooMuchWork.
    """
    if signer.algorithm != "ed25519":
        raise ValueError(f"{CRYPTOSUITE} needs an Ed25519 key, not {signer.algorithm}")
    secured = {**document, "@context": _with_words(document.get("@context"))}
    options: dict[str, Any] = {
        "type": TYPE,
        "cryptosuite": CRYPTOSUITE,
        "created": created,
        "verificationMethod": method,
        "proofPurpose": purpose,
        **(more or {}),
    }
    value = encode_z(signer.sign(hash_data(secured, options)))
    earlier = proofs_of(document)
    proof = {**options, "proofValue": value}
    return {**secured, "proof": [*earlier, proof] if earlier else proof}


def _with_words(context: Any) -> list[Any]:
    """The context, with the words of proofs in it."""
    entries = list(context) if isinstance(context, list) else [context]
    known = {CREDENTIALS_V2, DATA_INTEGRITY_V2}
    return (
        entries
        if any(isinstance(entry, str) and entry in known for entry in entries)
        else [*entries, DATA_INTEGRITY_V2]
    )


def _is_time(text: object) -> bool:
    try:
        return isinstance(text, str) and "T" in text and datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _unread(proof: Any) -> ProofCheck | None:
    """Why a proof says nothing before it is even looked at; None when it has the form of one."""
    if not isinstance(proof, dict) or not isinstance(proof.get("type"), str):
        return ProofCheck(ProofState.MISSHAPEN, detail="proof")
    if proof["type"] != TYPE or proof.get("cryptosuite") != CRYPTOSUITE:
        if proof["type"] == TYPE and not isinstance(proof.get("cryptosuite"), str):
            return ProofCheck(ProofState.MISSHAPEN, detail="cryptosuite")
        return ProofCheck(ProofState.UNSUPPORTED, detail=str(proof.get("cryptosuite") or proof["type"])[:80])
    method = proof.get("verificationMethod")
    if not isinstance(method, str) or not isinstance(proof.get("proofPurpose"), str):
        return ProofCheck(ProofState.MISSHAPEN, detail="verificationMethod, proofPurpose")
    times = [name for name in ("created", "expires") if name in proof and not _is_time(proof[name])]
    texts = [name for name in ("challenge", "domain") if name in proof and not isinstance(proof[name], str)]
    if wrong := times + texts:
        return ProofCheck(ProofState.MISSHAPEN, method=method, detail=wrong[0])
    if "previousProof" in proof:
        return ProofCheck(ProofState.UNSUPPORTED, method=method, detail="previousProof")
    return None


def check_proof(document: Mapping[str, Any], proof: Any) -> ProofCheck:
    """What one of the document's proofs is worth. Never raises for whatever was sent."""
    if (told := _unread(proof)) is not None:
        return told
    method = proof["verificationMethod"]
    try:
        signature = decode_z(proof.get("proofValue"))
    except MultibaseInvalid:
        return ProofCheck(ProofState.MISSHAPEN, method=method, detail="proofValue")
    if len(signature) != 64:
        return ProofCheck(ProofState.MISSHAPEN, method=method, detail="proofValue")
    try:
        controller, raw = key_of_method(method)
        key = load_public("ed25519", raw)
    except (MultibaseInvalid, GmError):
        return ProofCheck(ProofState.UNSUPPORTED, method=method, detail="the key is not in the proof")
    try:
        data = hash_data(document, {name: value for name, value in proof.items() if name != "proofValue"})
    except (NotLinked, TooMuchWork) as error:
        return ProofCheck(ProofState.UNCLEAR, method=method, detail=str(error))
    return ProofCheck(
        ProofState.GOOD if key.verify(data, signature) else ProofState.WRONG,
        method=method,
        controller=controller,
        key=raw,
        created=proof.get("created", ""),
        expires=proof.get("expires", ""),
        purpose=proof["proofPurpose"],
        challenge=proof.get("challenge", ""),
        domain=proof.get("domain", ""),
    )
