"""Reading a status list that lies beside a verifier."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from xuefen.bank.certificates.rules.credentials.reading import address, claims_of
from xuefen.bank.certificates.rules.files import BadFile, valid_at
from xuefen.bank.certificates.rules.shape import Misshapen
from xuefen.bank.certificates.types import PURPOSE, Standing, StatusRef, Trust
from xuefen.bedrock import canon, vc
from xuefen.bedrock.vc import bits


def read_list(data: bytes, ref: StatusRef, *, trust: Trust, now: datetime) -> Standing:
    """What the issuer's status list says about one entry. Raises BadFile when it is not the list, not signed by a key of the
    trust file, or too old to say anything.
    """
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
