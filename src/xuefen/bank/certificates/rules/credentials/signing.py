"""Signing a credential somebody else wrote: only what is whole, clear and in our own name."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from xuefen.bank.certificates.rules.credentials.reading import address, claims_of
from xuefen.bank.certificates.rules.shape import Misshapen, write_time
from xuefen.bank.certificates.types import CREDENTIAL_ISSUER, CREDENTIAL_WRONG
from xuefen.bank.shell.problems import Denied
from xuefen.bedrock import vc
from xuefen.bedrock.gm import Signer


def signed(credential: Mapping[str, Any], *, signer: Signer, now: datetime) -> dict[str, Any]:
    """The credential with the signer's proof; the issuer is put in where none is named.

    Raises ``Denied``: credential_wrong, credential_issuer.
    """
    did = vc.did_key(signer.public.raw)
    document = {**credential, "issuer": credential.get("issuer", did)}
    try:
        claims_of(document)
        named = address(document["issuer"], "issuer")
    except Misshapen as error:
        raise Denied(CREDENTIAL_WRONG, place=f"credential.{error.where}", where=error.where) from None
    if named != did:
        raise Denied(CREDENTIAL_ISSUER, place="credential.issuer", did=did)
    try:
        return vc.prove(
            document, signer=signer, method=f"{did}#{vc.multikey(signer.public.raw)}", created=write_time(now)
        )
    except (vc.NotLinked, vc.TooMuchWork) as error:
        raise Denied(CREDENTIAL_WRONG, place="credential", where=str(error)) from None
