"""The QR code of a certificate: what it says in brief, signed, with its proof, in as few characters as possible. Pure.

``docs/qr-payload.md`` is the specification; these modules follow it section by section.
"""

from xuefen.bank.certificates.rules.qr.checking import claimed_number, verify
from xuefen.bank.certificates.rules.qr.payload import (
    Brief,
    Payload,
    ProofPart,
    brief_bytes,
    brief_of,
    message,
    proof_of,
    read_payload,
    write_payload,
)
from xuefen.bank.certificates.rules.qr.text import MARK, PATH, NoCode, code_text, read_text

__all__ = [
    "MARK",
    "PATH",
    "Brief",
    "NoCode",
    "Payload",
    "ProofPart",
    "brief_bytes",
    "brief_of",
    "claimed_number",
    "code_text",
    "message",
    "proof_of",
    "read_payload",
    "read_text",
    "verify",
    "write_payload",
]
