"""PDFs are signed as every reader knows it (PAdES B-B), and sealed by the bank: two signatures over the whole file."""

from __future__ import annotations

import functools
import io
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pypdf
import pytest
from asn1crypto import pem, x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from cryptography.x509 import CertificateBuilder, Name, NameAttribute, load_pem_x509_certificate
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.status import PdfSignatureStatus, SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from tests.bank.certificate_builders import ISSUER, NOW, OPENED, Bank, nothing_revoked, statement
from tests.bank.test_certificates_pdf import CODE, NOWHERE, URL
from tests.bank.test_certificates_pdf import pytestmark as needs_fonts
from xuefen.bank.certificates.pdf import sealing, signing
from xuefen.bank.certificates.pdf.opening import verify_file
from xuefen.bank.certificates.pdf.rendering import render
from xuefen.bank.certificates.types import TrustedKey
from xuefen.bedrock.gm import generate, key_id, load_private

pytestmark = needs_fonts
KEY = load_private("p256sha256", bytes(range(1, 33)))


@functools.cache
def bank() -> Bank:
    return Bank()


@functools.cache
def identity() -> signing.Identity:
    return signing.own_identity(KEY, zh=ISSUER.zh, en=ISSUER.en, node=ISSUER.node, since=OPENED)


@functools.cache
def paper() -> bytes:
    document = bank().document(statement())
    unsigned = render(document, verify_url=URL, code=CODE, fonts=NOWHERE)
    return sealing.seal(
        signing.sign(unsigned, identity(), sealed_by=key_id(bank().certificates.public)), bank().certificates
    )


def judged(pdf: bytes, trusted: bytes) -> PdfSignatureStatus:
    """What pyHanko's own validator says, trusting nobody but this certificate."""
    root = x509.Certificate.load(pem.unarmor(trusted)[2])
    signature = PdfFileReader(io.BytesIO(pdf)).embedded_signatures[0]
    return validate_pdf_signature(signature, ValidationContext(trust_roots=[root]))


def test_the_signature_holds_over_the_whole_file() -> None:
    status = judged(paper(), identity().certificate)
    assert status.bottom_line and status.trusted and status.intact
    assert status.coverage is SignatureCoverageLevel.ENTIRE_FILE
    signature = PdfFileReader(io.BytesIO(paper())).embedded_signatures[0]
    assert signature.sig_object["/SubFilter"] == "/ETSI.CAdES.detached"


def test_a_changed_byte_breaks_both() -> None:
    at = paper().index(b"stream") + 40
    changed = paper()[:at] + bytes([paper()[at] ^ 1]) + paper()[at + 1 :]
    assert not judged(changed, identity().certificate).bottom_line
    assert verify_file(changed, trust=bank().trust(), status=nothing_revoked(), now=NOW)["signature"].state == "bad"


def test_what_a_pdf_signature_leaves_open_the_seal_covers() -> None:
    """The padding behind the signature may change unnoticed by PDF readers, not by us."""
    at = paper().index(b"0" * 200) + 100
    changed = paper()[:at] + b"1" + paper()[at + 1 :]
    assert judged(changed, identity().certificate).intact
    assert verify_file(changed, trust=bank().trust(), status=nothing_revoked(), now=NOW)["signature"].state == "bad"


def test_a_stranger_s_certificate_is_not_trusted() -> None:
    stranger = signing.own_identity(generate("p256sha256"), zh="假", en="Fake", node="fake", since=OPENED)
    status = judged(paper(), stranger.certificate)
    assert status.intact and not status.trusted


def test_the_certificate_is_the_same_whenever_it_is_made() -> None:
    again = signing.own_identity(KEY, zh=ISSUER.zh, en=ISSUER.en, node=ISSUER.node, since=OPENED)
    assert again.certificate == identity().certificate
    read = load_pem_x509_certificate(again.certificate)
    read.verify_directly_issued_by(read)
    assert read.not_valid_before_utc == OPENED and read.not_valid_after_utc > NOW + timedelta(days=365 * 15)


def test_an_sm2_key_cannot_sign_for_pdf_readers() -> None:
    with pytest.raises(ValueError, match="sm2sm3"):
        signing.own_identity(generate("sm2sm3"), zh="a", en="a", node="a", since=OPENED)


def test_a_paper_printed_after_the_bank_s_key_was_replaced_is_good() -> None:
    newer = generate("sm2sm3")
    trust = bank().trust()
    fresh = TrustedKey("certificates", "sm2sm3", newer.public.raw, key_id(newer.public), NOW - timedelta(days=1), None)
    unsigned = render(bank().document(statement()), verify_url=URL, code=CODE, fonts=NOWHERE)
    pdf = sealing.seal(signing.sign(unsigned, identity(), sealed_by=key_id(newer.public)), newer)
    both = Bank.trust(bank(), keys=(fresh, *trust.keys))
    assert verify_file(pdf, trust=both, status=nothing_revoked(), now=NOW).ok
    alone = verify_file(pdf, trust=trust, status=nothing_revoked(), now=NOW)
    assert alone["signature"].code == "signature_seal_wrong"


def _p12(passphrase: bytes) -> tuple[bytes, bytes]:
    key = rsa.generate_private_key(65537, 2048)
    name = Name([NameAttribute(NameOID.COMMON_NAME, "云岭开放大学")])
    certificate = (
        CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(OPENED)
        .not_valid_after(datetime(2099, 1, 1, tzinfo=UTC))
        .sign(key, hashes.SHA256())
    )
    content = pkcs12.serialize_key_and_certificates(b"x", key, certificate, None, BestAvailableEncryption(passphrase))
    return content, signing.brought_identity(content, passphrase.decode()).certificate


def test_an_institution_may_bring_its_own_certificate() -> None:
    content, certificate = _p12(b"secret")
    brought = signing.brought_identity(content, "secret")
    unsigned = render(bank().document(statement()), verify_url=URL, code=CODE, fonts=NOWHERE)
    sealed_by = key_id(bank().certificates.public)
    pdf = sealing.seal(signing.sign(unsigned, brought, sealed_by=sealed_by), bank().certificates)
    signature = PdfFileReader(io.BytesIO(pdf)).embedded_signatures[0]
    root = x509.Certificate.load(pem.unarmor(certificate)[2])
    status = validate_pdf_signature(signature, ValidationContext(trust_roots=[root]))
    assert status.intact and status.coverage is SignatureCoverageLevel.ENTIRE_FILE
    assert verify_file(pdf, trust=bank().trust(), status=nothing_revoked(), now=NOW).ok
    for wrong, passphrase in ((content, "other"), (b"no file", "secret")):
        with pytest.raises(ValueError, match="PKCS#12"):
            signing.brought_identity(wrong, passphrase)


@pytest.mark.skipif(shutil.which("pdfsig") is None, reason="pdfsig (poppler-utils) is missing")
def test_another_reader_finds_the_signature_valid(tmp_path: Path) -> None:
    (tmp_path / "paper.pdf").write_bytes(paper())
    said = subprocess.run(["pdfsig", "paper.pdf"], cwd=tmp_path, capture_output=True, text=True, check=False).stdout
    assert "Signature is Valid" in said and "Total document signed" in said and ISSUER.zh in said


def test_the_document_inside_is_still_found() -> None:
    assert list(pypdf.PdfReader(io.BytesIO(paper())).attachments) == ["certificate.json"]
