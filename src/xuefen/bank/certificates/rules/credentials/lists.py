"""Reading a status list that lies beside a verifier."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from xuefen.bank.certificates.rules.credentials.disclosing import LIST_TYPE
from xuefen.bank.certificates.rules.credentials.reading import address, claims_of
from xuefen.bank.certificates.rules.files import BadFile, valid_at
from xuefen.bank.certificates.rules.shape import Misshapen, write_time
from xuefen.bank.certificates.types import PURPOSE, ListPurpose, Standing, StatusRef, Trust
from xuefen.bedrock import canon, vc
from xuefen.bedrock.gm import load_public
from xuefen.bedrock.vc import bits, multibase


def read_list(data: bytes, ref: StatusRef, *, trust: Trust, now: datetime) -> Standing:
    """What the issuer's status list says about one entry. Raises BadFile when it is not the list, not signed by a key of the
    trust file, or too old to say anything.
    """
    if ref.list_url.endswith(".jwt"):
        return _read_states(data, ref, trust=trust, now=now)
    try:
        document: Any = canon.parse_canonical(data)
        claims = claims_of(document)
        subject = document["credentialSubject"]
        if address(document, "id") != ref.list_url or subject["statusPurpose"] != ref.purpose:
            raise BadFile("another list")
        if (
            claims.valid_from is None
            or claims.valid_until is None
            or not claims.valid_from <= now <= claims.valid_until
        ):
            raise BadFile("of another time")
        checks = [vc.check_proof(document, proof) for proof in vc.proofs_of(document)]
        keys = [key for key in trust.keys if key.purpose == PURPOSE]
        signed = [
            check
            for check in checks
            if check.state is vc.ProofState.GOOD
            and any(check.key == key.raw and valid_at(key, check.created) for key in keys)
        ]
        if not signed or len(signed) != len(checks):
            raise BadFile("not signed by the issuer")
        found = bits.bit(vc.decode_bits(subject["encodedList"]), ref.index)
    except (Misshapen, vc.BitsInvalid, canon.NotCanonical, KeyError, TypeError, AttributeError) as error:
        raise BadFile(f"no status list: {error}") from error
    return Standing(set=found, live=False, as_of=claims.valid_from)


def _read_states(data: bytes, ref: StatusRef, *, trust: Trust, now: datetime) -> Standing:
    """The same from a token status list."""
    try:
        signed, _, signature = data.decode("ascii").strip().rpartition(".")
        header, payload = (canon.parse_canonical(multibase.decode_base64url(part)) for part in signed.split("."))
        made, ends = (datetime.fromtimestamp(payload[name], UTC) for name in ("iat", "exp"))
        if (header["alg"], header["typ"]) != ("EdDSA", LIST_TYPE) or payload["sub"] != ref.list_url:
            raise BadFile("another list")
        if not made <= now <= ends:
            raise BadFile("of another time")
        keys = (key for key in trust.keys if key.purpose == PURPOSE and valid_at(key, write_time(made)))
        value = multibase.decode_base64url(signature)
        if not any(load_public(key.algorithm, key.raw).verify(signed.encode(), value) for key in keys):
            raise BadFile("not signed by the issuer")
        found = bits.state(payload["status_list"]["lst"], ref.index)
    except (ValueError, KeyError, TypeError, OverflowError, OSError) as error:
        raise BadFile(f"no status list: {error}") from error
    wanted = bits.SUSPENDED if ref.purpose == ListPurpose.SUSPENSION else bits.INVALID
    return Standing(set=found == wanted, live=False, as_of=made)
