"""Ours by somebody else's verifier, somebody else's by ours: the implementation of Digital Bazaar, where it is installed.

    npm install @digitalbazaar/vc @digitalbazaar/data-integrity @digitalbazaar/eddsa-rdfc-2022-cryptosuite \
        @digitalbazaar/ed25519-multikey @digitalbazaar/vc-bitstring-status-list jsonld-signatures
    XUEFEN_NPM_VC=<that folder> pytest tests/bank/test_credentials_interop.py
"""

from __future__ import annotations

import copy
import json
import os
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.bank import credential_builders as build
from tests.bank.certificate_builders import NOW, conversion, statement
from tests.bank.credential_builders import OURS, PLACE, THEIRS, made
from xuefen.bank.certificates.badges import examining
from xuefen.bank.certificates.types import ListPurpose
from xuefen.bedrock import vc
from xuefen.bedrock.vc import linked

FOLDER = os.environ.get("XUEFEN_NPM_VC", "")
pytestmark = pytest.mark.skipif(
    not (FOLDER and Path(FOLDER, "node_modules/@digitalbazaar/vc").exists() and shutil.which("node")),
    reason="@digitalbazaar/vc is not installed: set XUEFEN_NPM_VC to a folder that has it (see this file)",
)
SCRIPT = Path(__file__).with_name("credentials_interop.mjs")


def theirs(ask: str, document: dict[str, Any], *, documents: dict[str, Any] | None = None, **more: Any) -> Any:
    """What the other implementation answers."""
    known = {address: linked._context(address) for address in vc.known_contexts()}
    question = {
        "ask": ask,
        "document": document,
        "documents": known | (documents or {}),
        "now": NOW.strftime("%Y-%m-%dT%H:%M:%SZ"),
        **more,
    }
    done = subprocess.run(
        ["node", SCRIPT],
        input=json.dumps(question).encode(),
        cwd=FOLDER,
        stdout=subprocess.PIPE,
        timeout=300,
        check=True,
    )
    return json.loads(done.stdout)


def lists(*revoked: int) -> dict[str, Any]:
    today = datetime.now(UTC)  # the other side reads the clock for lists, whatever it is told
    documents = (build.listed(*revoked, now=today), build.listed(purpose=ListPurpose.SUSPENSION, now=today))
    return {document["id"]: document for document in documents}


@pytest.mark.parametrize("body", [statement(4), conversion()], ids=["record", "badge"])
def test_ours_verifies_there_with_its_status(body: Any) -> None:
    document = made(body)
    assert theirs("verify", document, documents=lists(5)) == {"verified": True, "error": None}
    assert theirs("verify", document, documents=lists(PLACE.index)) == {"verified": False, "error": "taken back"}
    for inner in document["credentialSubject"].get("verifiableCredential", []):
        assert theirs("verify", inner, documents=lists())["verified"] is True


def test_what_was_changed_does_not() -> None:
    document = copy.deepcopy(made(conversion()))
    document["credentialSubject"]["creditsEarned"] = 99
    assert theirs("verify", document, documents=lists())["verified"] is False


def test_theirs_verifies_here() -> None:
    seed = bytes(range(1, 33))
    unsigned = build.credentials_badge(vc.did_key(THEIRS.public.raw))
    unsigned["name"] = 'control \b \f \x7f \x01 and 中文 😀 " \\'
    unsigned["credentialSubject"]["creditsEarned"] = 2.25
    answer = theirs("issue", unsigned, seed=seed.hex())
    credential, presentation = answer["credential"], answer["presentation"]
    assert credential["proof"]["verificationMethod"].startswith(vc.did_key(THEIRS.public.raw))
    assert vc.check_proof(credential, credential["proof"]).state is vc.ProofState.GOOD
    assert vc.prove(unsigned, signer=THEIRS, method=credential["proof"]["verificationMethod"],
                    created=credential["proof"]["created"]) == credential  # fmt: skip
    found = examining.examine_presentation(presentation)
    assert (found["state"], found["challenge"], found["domain"]) == ("good", "abc", "bank.example")


def test_our_presentation_verifies_there() -> None:
    did = vc.did_key(OURS.public.raw)
    presentation = vc.prove(
        {
            "@context": [linked.CREDENTIALS_V2],
            "type": ["VerifiablePresentation"],
            "holder": did,
            "verifiableCredential": [build.badge()],
        },
        signer=OURS,
        method=f"{did}#{vc.multikey(OURS.public.raw)}",
        created="2026-03-01T00:00:00Z",
        purpose="authentication",
        more={"challenge": "abc", "domain": "bank.example"},
    )
    answer = theirs("present", presentation, challenge="abc", domain="bank.example")
    assert answer == {"verified": True, "error": None}
    assert theirs("present", presentation, challenge="other", domain="bank.example")["verified"] is False
