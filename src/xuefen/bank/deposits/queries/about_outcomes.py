"""Reading outcomes and what became of them. Scoped reads take the scope first."""

from __future__ import annotations

from collections.abc import Collection

from django.db import connection
from django.db.models import F, QuerySet, TextField, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce

from xuefen.bank.catalogue import queries as catalogue
from xuefen.bank.deposits import rules
from xuefen.bank.deposits.models import Outcome, OutcomeChange
from xuefen.bank.deposits.types import (
    OUTCOME_UNKNOWN,
    ChangeFacts,
    OutcomeEvent,
    OutcomeFacts,
    OutcomeHistory,
    OutcomeState,
)
from xuefen.bank.ledger import queries as ledger
from xuefen.bank.places.queries import inside
from xuefen.bank.shell.actor import Scope
from xuefen.bank.shell.copy import bytes_array
from xuefen.bank.shell.problems import Denied
from xuefen.bank.standards import queries as standards
from xuefen.bank.standards import rules as assessing
from xuefen.bank.standards.types import Explanation

# What is read of an outcome: columns of its own, and those of the rows it names.
COLUMNS = {
    "account_no": F("learner__account_no"),
    "issuer_code": F("issuer__code"),
    "issuer_name": F("issuer__name_zh"),
    "issuer_kind": F("issuer__kind"),
    "item_id": F("item_version__item_id"),
    "item_code": F("item_version__item__code"),
    "version": F("item_version__version"),
    "item_name": F("item_version__name"),
    "type_code": F("item_version__type_code"),
    "online": F("item_version__online"),
    "family": F("item_version__family"),
    "nature": Coalesce(KeyTextTransform("nature", "item_version__detail"), Value(""), output_field=TextField()),
    "batch_number": F("batch__number"),
}
OWN = (
    "id", "number", "learner_id", "issuer_id", "item_version_id", "outcome_class", "level", "credits", "quality", "grade",
    "mark", "hours", "attendance", "online_share", "workload", "serial", "awarded_on", "assurance", "state", "leaf_id",
    "deposited_at", "standard_version_id", "row",
)  # fmt: skip


def outcomes(scope: Scope) -> QuerySet[Outcome]:
    """The outcomes inside a scope, newest award first; filter and page it, then ``outcome_facts``."""
    reached = inside(scope, place="learner__place__path", institution="issuer_id", learner="learner_id")
    return Outcome.objects.filter(reached).order_by("-awarded_on", "-id")


def outcome_facts(rows: QuerySet[Outcome]) -> list[OutcomeFacts]:
    """The facts of these outcomes in their order, with what is free of their credit; two queries whatever the number."""
    found = list(rows.values(*OWN, **COLUMNS))
    lots = ledger.lots([values["id"] for values in found])
    answers = []
    for values in found:
        stands = values["state"] == OutcomeState.VALID
        lot = lots.get(values["id"])
        free = 0 if not stands else lot.free if lot else values["credits"]
        values["item_version"] = values.pop("version")
        answers.append(OutcomeFacts(**{**values, "state": OutcomeState(values["state"]), "free": free}))
    return answers


def outcomes_of(scope: Scope, learner_id: int) -> list[OutcomeFacts]:
    """All valid outcomes of one learner inside the scope, newest award first."""
    return outcome_facts(outcomes(scope).filter(learner_id=learner_id, state=OutcomeState.VALID))


def outcome(scope: Scope, number: str) -> OutcomeFacts:
    """One outcome by its number. Raises ``Denied(outcome_unknown)``, the same when it is out of reach."""
    found = outcome_facts(outcomes(scope).filter(number=number))
    if not found:
        raise Denied(OUTCOME_UNKNOWN, place="outcome")
    return found[0]


def history(outcome_id: int) -> OutcomeHistory:
    """What became of one outcome, and what it was made in place of; the caller has checked its scope. Two queries."""
    rows = OutcomeChange.objects.filter(outcome_id=outcome_id).select_related("replacement").order_by("seq")
    changes = tuple(
        ChangeFacts(
            seq=row.seq,
            event=OutcomeEvent(row.event),
            reason=row.reason,
            by_name=row.by_name,
            at=row.at,
            replacement=row.replacement.number if row.replacement is not None else "",
        )
        for row in rows
    )
    corrects = OutcomeChange.objects.filter(replacement_id=outcome_id).values_list("outcome__number", flat=True).first()
    return OutcomeHistory(changes=changes, corrects=corrects or "")


def last_change(outcome_id: int) -> OutcomeChange | None:
    """The last thing that happened to an outcome; None while nothing has."""
    return OutcomeChange.objects.filter(outcome_id=outcome_id).order_by("-seq").first()


def locked(number: str) -> Outcome:
    """An outcome that is known to exist, locked until the transaction ends."""
    return Outcome.objects.select_for_update(of=("self",)).select_related("issuer").get(number=number)


def standing_for(outcome_id: int) -> str:
    """The number of the valid outcome that stands in the place of a corrected one, however often it was corrected; "" when
    none does.
    """
    pk, seen = outcome_id, {outcome_id}
    while True:
        last = last_change(pk)
        if last is None or last.replacement_id is None or last.replacement_id in seen:
            return ""
        pk = last.replacement_id
        seen.add(pk)
        found = Outcome.objects.get(pk=pk)
        if found.state == OutcomeState.VALID:
            return found.number


def replaced_by(outcome_id: int) -> str:
    """The number of the outcome that took this one's place; "" when none did."""
    found = OutcomeChange.objects.filter(outcome_id=outcome_id, replacement__isnull=False).order_by("-seq")
    return found.values_list("replacement__number", flat=True).first() or ""


def explanation(outcome: OutcomeFacts) -> Explanation:
    """Why the outcome has the credit it has: assessed again from what is stored, under the standard version of its day."""
    pack = standards.by_id(outcome.standard_version_id).pack
    item = catalogue.versions_by_id([outcome.item_version_id])[outcome.item_version_id]
    grade = assessing.read_grade(outcome.grade, pack) if outcome.grade else None
    return assessing.assess(
        rules.facts_of(item, grade=grade, hours=outcome.hours, effort=outcome.effort), pack
    ).explanation


def known_outcomes(keys: Collection[bytes]) -> dict[bytes, rules.Known]:
    """The outcomes that exist under these natural keys, revoked ones too, withdrawn ones not; one query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT natural_key, number, batch_id, row, state = 'revoked' FROM outcome"
            " WHERE natural_key = ANY(%s::bytea[]) AND state <> 'withdrawn'",
            [bytes_array(keys)],
        )
        return {bytes(key): rules.Known(number, batch_id, row, gone) for key, number, batch_id, row, gone in cursor}
