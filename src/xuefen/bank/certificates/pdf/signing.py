"""The signature that every PDF reader checks: PAdES B-B by pyHanko, with a place left for the bank's own SM2 seal.

It is imported by whoever signs, when it signs: pyHanko takes half a second to load, and pages do not need it.
"""

from __future__ import annotations

import copy
import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from asn1crypto import algos, cms, core, keys, pem, x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko.sign.attributes import CMSAttributeProvider, UnsignedAttributeProviderSpec

from xuefen.bank.certificates.pdf.sealing import SEAL_OID, blank_seal
from xuefen.bedrock.gm import Signer, key_id

_ALGORITHM = algos.SignedDigestAlgorithm({"algorithm": "sha256_ecdsa"})
_RESERVED = (
    4096  # bytes for the signature, its certificate and the seal; four times as many for a chain somebody brought
)
_LIFE = timedelta(days=20 * 365)
cms.CMSAttributeType._map[SEAL_OID] = "xuefen_seal"


class _SealValues(core.SetOf):  # type: ignore[misc]
    _child_spec = core.OctetString


cms.CMSAttribute._oid_specs["xuefen_seal"] = _SealValues


@dataclass(frozen=True, slots=True)
class Identity:
    """Who signs PDFs, as pyHanko knows signers."""

    signer: signers.Signer
    reserved: int

    @property
    def certificate(self) -> bytes:
        """The certificate as PEM, for those who want to trust it."""
        certificate = self.signer.signing_cert
        assert certificate is not None
        written: bytes = pem.armor("CERTIFICATE", certificate.dump())
        return written


class _Writer(IncrementalPdfFileWriter):
    """PDF/A-3 is PDF 1.7 and stays so; PAdES is declared as the extension it is there."""

    output_version = (1, 7)

    def ensure_output_version(self, version: tuple[int, int]) -> None:
        super().ensure_output_version(min(version, self.output_version))  # type: ignore[no-untyped-call]


class _KeyOfTheBank(signers.Signer):
    """The bank's own key, which never leaves its provider."""

    def __init__(self, key: Signer, certificate: x509.Certificate) -> None:
        super().__init__(signing_cert=certificate, signature_mechanism=_ALGORITHM)
        self._key = key

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:
        if dry_run:
            return bytes(72)
        return _der(self._key.sign(data))


class _SealPlace(CMSAttributeProvider):
    attribute_type = "xuefen_seal"

    def __init__(self, named: str) -> None:
        self._named = named

    async def build_attr_value(self, dry_run: bool = False) -> core.OctetString:
        return core.OctetString(blank_seal(self._named))


class _WithSeal(UnsignedAttributeProviderSpec):
    def __init__(self, named: str) -> None:
        self._named = named

    def unsigned_attr_providers(self, *args: Any, **more: Any) -> Iterable[CMSAttributeProvider]:
        yield _SealPlace(self._named)


def own_identity(key: Signer, *, zh: str, en: str, node: str, since: datetime) -> Identity:
    """The bank's own key under a certificate it signs itself: the same bytes whenever it is asked for."""
    if key.algorithm != "p256sha256":
        raise ValueError(f"PDF readers know no {key.algorithm}")
    name = x509.Name.build({"common_name": zh, "organization_name": en, "organizational_unit_name": node})
    point = keys.PublicKeyInfo(
        {
            "algorithm": {"algorithm": "ec", "parameters": keys.ECDomainParameters("named", "secp256r1")},
            "public_key": keys.ECPointBitString(key.public.raw),
        }
    )
    begins = since.astimezone(UTC).replace(microsecond=0)
    body = x509.TbsCertificate(
        {
            "version": "v3",
            "serial_number": int(key_id(key.public), 16) >> 1 or 1,  # positive, at most 8 bytes
            "signature": _ALGORITHM,
            "issuer": name,
            "validity": {"not_before": _time(begins), "not_after": _time(begins + _LIFE)},
            "subject": name,
            "subject_public_key_info": point,
            "extensions": [
                {
                    "extn_id": "basic_constraints",
                    "critical": True,
                    "extn_value": {"ca": True, "path_len_constraint": 0},
                },
                {
                    "extn_id": "key_usage",
                    "critical": True,
                    "extn_value": {"digital_signature", "non_repudiation", "key_cert_sign"},
                },
                {"extn_id": "key_identifier", "critical": False, "extn_value": point.sha1},
            ],
        }
    )
    certificate = x509.Certificate(
        {
            "tbs_certificate": body,
            "signature_algorithm": _ALGORITHM,
            "signature_value": _der(key.sign(body.dump())),
        }
    )
    return Identity(_KeyOfTheBank(key, certificate), _RESERVED)


def brought_identity(content: bytes, passphrase: str) -> Identity:
    """An institution's own certificate and key from a PKCS#12 file. Raises ValueError when it cannot be opened."""
    found = signers.SimpleSigner.load_pkcs12_data(content, other_certs=[], passphrase=passphrase.encode())
    if found is None:
        raise ValueError("not a PKCS#12 file, or another passphrase")
    return Identity(found, 4 * _RESERVED)


def sign(pdf: bytes, identity: Identity, *, sealed_by: str) -> bytes:
    """The PDF with a signature over all of it; the blank seal inside names the key ``sealed_by``."""
    signer = copy.copy(identity.signer)  # it is shared between threads
    signer.unsigned_attr_prov_spec = _WithSeal(sealed_by)
    writer = _Writer(io.BytesIO(pdf))
    meta = signers.PdfSignatureMetadata(
        field_name="Signature",
        md_algorithm="sha256",
        subfilter=fields.SigSeedSubFilter.PADES,
        name=signer.subject_name,
        certify=True,
        docmdp_permissions=fields.MDPPerm.NO_CHANGES,
    )
    field = fields.SigFieldSpec(
        "Signature",
        readable_field_name="签发机构的电子签名 Electronic signature of the issuer",
        invis_sig_settings=fields.InvisSigSettings(box_out_of_bounds=True),
    )
    out = io.BytesIO()
    signers.PdfSigner(meta, signer, new_field_spec=field).sign_pdf(
        writer, bytes_reserved=2 * identity.reserved, output=out
    )
    return out.getvalue()


def _der(signature: bytes) -> bytes:
    half = len(signature) // 2
    r, s = int.from_bytes(signature[:half], "big"), int.from_bytes(signature[half:], "big")
    written: bytes = algos.DSASignature({"r": r, "s": s}).dump()
    return written


def _time(moment: datetime) -> x509.Time:
    kind = "utc_time" if moment.year < 2050 else "general_time"
    return x509.Time({kind: moment})
