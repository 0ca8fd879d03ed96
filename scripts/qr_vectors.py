"""Write tests/bank/qr_vectors.json: QR codes of certificates, good and forged, with the verdict each must get.

Run it only when docs/qr-payload.md changes: the signatures are new every time.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.bank.certificate_builders import (  # noqa: E402
    HOLDER,
    NOW,
    Bank,
    conversion,
    nothing_revoked,
    statement,
)

from xuefen.bank.certificates import rules  # noqa: E402
from xuefen.bank.certificates.pdf.codes import make_code  # noqa: E402
from xuefen.bank.certificates.rules import qr  # noqa: E402
from xuefen.bank.certificates.rules.qr.text import code_text, encode  # noqa: E402
from xuefen.bank.certificates.types import Holder  # noqa: E402
from xuefen.bedrock.gm import generate  # noqa: E402

PUBLIC = "https://xuefen.example"


def main() -> None:
    """Write the file."""
    bank = Bank(neighbours=1000)
    trust = bank.trust()

    def code(body: Any, **changes: Any) -> str:
        made = bank.document(body)
        return make_code(made, signer=changes.get("signer", bank.certificates), now=NOW, public_url=PUBLIC)

    good = code(statement())
    payload = qr.read_text(good)
    named = payload.index(HOLDER.name.encode())
    forged = payload[:named] + "王".encode() + payload[named + 3 :]
    found = qr.read_payload(payload)
    stolen = bank.document(statement(salt="ab" * 16))
    stolen["log"] = bank.document(statement())["log"]
    cases = {
        "statement": good,
        "statement, without its address": good.partition("#")[2],
        "conversion, with a last day": code(conversion(expires_on=date(2029, 9, 15))),
        "rare name": code(statement(holder=Holder("𠮷田·阿依古丽", HOLDER.account))),
        "expired": code(statement(expires_on=date(2026, 10, 1))),
        "another name written in": code_text(forged, public_url=PUBLIC),
        "without proof": code_text(
            qr.write_payload(signed=found.signed, signature=found.signature, proof=None), public_url=PUBLIC
        ),
        "proof cut short": code_text(payload[:-32], public_url=PUBLIC),
        "one byte too many": code_text(payload + b"\0", public_url=PUBLIC),
        "signed with the bank's key, but never logged": make_code(
            stolen, signer=bank.certificates, now=NOW, public_url=PUBLIC
        ),
        "signed by a stranger": code(statement(), signer=generate("sm2sm3")),
        "cut off": code_text(payload[:100], public_url=PUBLIC),
    }
    value = {
        "note": "status: nothing is revoked, asked of the bank itself; now: " + rules.write_time(NOW),
        "trust": rules.trust_json(replace(trust, generated_at=NOW)),
        "base41": [
            {"hex": data.hex(), "text": encode(data)}
            for data in (b"", b"\0", b"\xff", b"\0\0", b"\xff\xff", b"Hello", bytes(range(16)))
        ],
        "cases": [_case(name, text, trust) for name, text in cases.items()],
    }
    target = ROOT / "tests" / "bank" / "qr_vectors.json"
    target.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _case(name: str, text: str, trust: Any) -> dict[str, Any]:
    report = qr.verify(qr.read_text(text), trust=trust, status=nothing_revoked(), now=NOW)
    facts = report.facts
    return {
        "name": name,
        "text": text,
        "payload_hex": qr.read_text(text).hex(),
        "codes": {verdict.check.value: verdict.code for verdict in report.verdicts},
        "holder": facts.holder if facts else "",
        "content_zh": facts.content_zh if facts else "",
    }


if __name__ == "__main__":
    main()
