"""Which standard a receiver judges conversions by."""

from __future__ import annotations

from datetime import date, datetime

from django.db import IntegrityError, transaction

from xuefen.bank.audit import actions as audit
from xuefen.bank.institutions import queries as institutions
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.problems import Denied
from xuefen.bank.shell.transaction import use_case
from xuefen.bank.standards import queries
from xuefen.bank.standards.models import StandardAdoption
from xuefen.bank.standards.types import ADOPTION_TWICE
from xuefen.bank.translog import actions as translog
from xuefen.bedrock.canon import canonical


@use_case
def adopt(*, institution_code: str, standard: str, effective_from: date, by: Actor, now: datetime) -> None:
    """From ``effective_from`` on, conversions into the institution's programmes are judged by ``standard``. The same again
    changes nothing.

    Raises ``Denied``: not_allowed, institution_unknown, standard_unknown (no version in force on that day), adoption_twice.
    """
    by.scope("standards.publish")
    institution = institutions.by_code(institution_code)
    queries.current(code=standard, on=effective_from)
    known = StandardAdoption.objects.filter(institution_id=institution.pk, effective_from=effective_from).first()
    if known is not None and known.code == standard:
        return
    day = effective_from.isoformat()
    leaf = {
        "kind": "standard_adopted",
        "v": 1,
        "at": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "institution": institution_code,
    }
    leaf_id = translog.append(body=canonical({**leaf, "standard": standard, "since": day}))
    try:
        with transaction.atomic():
            StandardAdoption.objects.create(
                institution_id=institution.pk, code=standard, effective_from=effective_from, leaf_id=leaf_id
            )
    except IntegrityError as error:
        raise Denied(ADOPTION_TWICE, institution=institution_code, on=day) from error
    audit.record(
        action="standards.adopted",
        by=by,
        now=now,
        subject=("institution", institution_code),
        after={"standard": standard, "since": day},
    )
