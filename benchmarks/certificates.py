"""Certificates a second of processor time: SM2 beside ``openssl speed sm2``, PDF pages, credentials beside ``@digitalbazaar/vc``.

SM2 signs and verifies a certificate's body (libcrypto by ctypes, keys warm); the share is of what ``openssl speed`` reaches in
the same run. Pages are set from signed documents by one warm compiler; ``signed`` adds PAdES and the SM2 seal. Credentials are
Open Badges 3.0 with an ``eddsa-rdfc-2022`` proof; the peer signs the same credential, with the same contexts from memory. All
is counted in processor time, as ``openssl speed`` does, so a busy machine moves the numbers little. The peer is measured where
``XUEFEN_BENCH_VC`` names a folder in which npm installed ``@digitalbazaar/`` vc, data-integrity, ed25519-multikey and
eddsa-rdfc-2022-cryptosuite.
"""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pypdf
from tests.bank.certificate_builders import ISSUER, NOW, NUMBER, OPENED, Bank, conversion, statement
from tests.bank.credential_builders import made

from benchmarks.__main__ import Context
from xuefen.bank.certificates import rules
from xuefen.bank.certificates.pdf import codes, sealing, signing
from xuefen.bank.certificates.pdf.rendering import render
from xuefen.bedrock.gm import generate, key_id
from xuefen.bedrock.vc import linked

SECONDS = 3.0
LONG = 120
"""Outcomes of the long statement."""


def rate(work: Callable[[], object]) -> float:
    """Times a second of this process's processor time, after one round to get warm."""
    work()
    done, began = 0, time.process_time()
    while (spent := time.process_time() - began) < SECONDS:
        work()
        done += 1
    return done / spent


def openssl() -> tuple[float, float] | None:
    """Signatures and verifications a second by ``openssl speed``; None where it is not there or knows no SM2."""
    if shutil.which("openssl") is None:
        return None
    command = ["openssl", "speed", "-seconds", str(int(SECONDS)), "sm2"]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    found = re.search(r"SM2 .*s\s+([0-9.]+)\s+([0-9.]+)\s*$", said, re.MULTILINE)
    return (float(found[1]), float(found[2])) if found else None


def sm2(bank: Bank) -> dict[str, Any]:
    """SM2 over the body of a certificate."""
    key, content = bank.certificates, rules.body_bytes(statement(6))
    signature = key.sign(content)
    sign, verify = rate(lambda: key.sign(content)), rate(lambda: key.public.verify(content, signature))
    found: dict[str, Any] = {"sm2_sign_per_s": round(sign), "sm2_verify_per_s": round(verify)}
    if peer := openssl():
        found["sm2_sign_share_of_openssl_speed"] = round(sign / peer[0], 2)
        found["sm2_verify_share_of_openssl_speed"] = round(verify / peer[1], 2)
    return found


def pages(bank: Bank) -> dict[str, Any]:
    """PDFs from documents: set only, and signed and sealed."""
    identity = signing.own_identity(generate("p256sha256"), zh=ISSUER.zh, en=ISSUER.en, node=ISSUER.node, since=OPENED)
    signer, fonts = bank.certificates, Path("/nonexistent")
    short, long = bank.document(statement(6)), bank.document(statement(LONG))

    def set_(document: dict[str, Any]) -> bytes:
        code = codes.make_code(document, signer=signer, now=NOW, public_url="https://bench.example")
        return render(document, verify_url=f"https://bench.example/verify/{NUMBER}", code=code, fonts=fonts)

    def whole(document: dict[str, Any]) -> bytes:
        return sealing.seal(signing.sign(set_(document), identity, sealed_by=key_id(signer.public)), signer)

    per_long = len(pypdf.PdfReader(io.BytesIO(set_(long))).pages)
    return {
        "pdf_one_page_set_per_s": round(rate(lambda: set_(short)), 1),
        "pdf_one_page_signed_per_s": round(rate(lambda: whole(short)), 1),
        f"pdf_pages_per_s_of_{LONG}_outcomes_signed": round(per_long * rate(lambda: whole(long)), 1),
    }


def credentials(context: Context) -> dict[str, Any]:
    """Open Badges 3.0 issued on one core, and the same by the peer."""
    body = conversion()
    ours = rate(lambda: made(body))
    found: dict[str, Any] = {"credentials_per_s_per_core": round(ours, 1)}
    folder = os.environ.get("XUEFEN_BENCH_VC", "")
    if not folder:
        return found | {"digitalbazaar_vc": "not measured: XUEFEN_BENCH_VC names no folder"}
    unsigned = {key: value for key, value in made(body).items() if key != "proof"}
    given = context.scratch / "credential.json"
    contexts = {url: linked._context(url) for url in linked.known_contexts()}
    given.write_text(json.dumps({"credential": unsigned, "contexts": contexts, "seconds": SECONDS}), encoding="utf-8")
    script = context.scratch / "peer.mjs"
    shutil.copy(Path(__file__).with_name("vc_peer.mjs"), script)
    (context.scratch / "node_modules").symlink_to(Path(folder).resolve() / "node_modules")
    done = subprocess.run(["node", str(script), str(given)], capture_output=True, text=True, check=True)
    peer = float(done.stdout)
    return found | {"digitalbazaar_vc_per_s": round(peer, 1), "ratio_to_digitalbazaar_vc": round(ours / peer, 2)}


def run(context: Context) -> dict[str, Any]:
    bank = Bank(neighbours=1000)
    found: dict[str, Any] = {}
    for part in (lambda: sm2(bank), lambda: pages(bank), lambda: credentials(context)):
        some = part()
        context.say(json.dumps(some))
        found |= some
    return found
