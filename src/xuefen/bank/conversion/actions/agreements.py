"""Signing agreements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from xuefen.bank.audit import actions as audit
from xuefen.bank.conversion.actions.pieces import leaf, require
from xuefen.bank.conversion.models import Agreement
from xuefen.bank.conversion.types import AgreementMode
from xuefen.bank.conversion.types.drafts import AGREEMENT_PARTIES
from xuefen.bank.institutions import queries as institutions
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.problems import Denied
from xuefen.bank.shell.transaction import use_case
from xuefen.bank.translog import actions as translog
from xuefen.bedrock import ids


@use_case
def sign_agreement(
    *,
    name: str,
    mode: AgreementMode | str,
    party_codes: Sequence[str],
    signatories: Mapping[str, str],
    effective_from: date,
    by: Actor,
    now: datetime,
) -> Agreement:
    """Record an agreement every party has signed; ``signatories`` is party code → who signed.

    Raises ``Denied``: not_allowed (unless the actor reaches every party), institution_unknown, agreement_parties.
    """
    codes = sorted(set(party_codes))
    if not codes or set(signatories) != set(codes) or not all(s.strip() for s in signatories.values()):
        raise Denied(AGREEMENT_PARTIES, place="signatories")
    parties = [institutions.by_code(code) for code in codes]
    require(by, [p.id for p in parties], any_one=True)
    number = ids.new_number(ids.NumberClass.AGREEMENT)
    signed = [{"institution": c, "by": signatories[c].strip()} for c in codes]
    agreement = Agreement.objects.create(
        number=number, name=name, mode=AgreementMode(mode), signed=signed, effective_from=effective_from
    )
    agreement.parties.set(parties)
    translog.append(
        body=leaf(
            "agreement_signed",
            now,
            agreement=number,
            mode=agreement.mode,
            parties=codes,
            since=effective_from.isoformat(),
        )
    )
    audit.record(
        action="agreements.signed",
        by=by,
        now=now,
        subject=("agreement", number),
        after={"name": name, "parties": codes},
    )
    return agreement
