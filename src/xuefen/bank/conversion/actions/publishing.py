"""Publishing rules, in sets: one rule is a set of one."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from django.db.models import Q

from xuefen.bank.audit import actions as audit
from xuefen.bank.catalogue import queries as catalogue
from xuefen.bank.conversion import queries
from xuefen.bank.conversion.actions.pieces import leaf, require
from xuefen.bank.conversion.models import Agreement, Rule, RuleSource, RuleTarget
from xuefen.bank.conversion.rules.publishing import Existing, KnownItem, Registry, body_of, draft_errors
from xuefen.bank.conversion.types import RuleDraft, RuleState
from xuefen.bank.conversion.types.drafts import RULES_REFUSED
from xuefen.bank.institutions import queries as institutions
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.copy import allocate_ids, copy_rows
from xuefen.bank.shell.problems import Denied
from xuefen.bank.shell.transaction import inside_transaction, use_case
from xuefen.bank.translog import actions as translog
from xuefen.bedrock import ids
from xuefen.bedrock.gm.sm3 import sm3


@use_case
def publish_rules(*, agreement_number: str, rules: Sequence[RuleDraft], by: Actor, now: datetime) -> list[str]:
    """Publish a set of rules, all or none; the numbers, in the order of the drafts.

    A draft with a number becomes that rule's next version: the one before it ends on the day the new one takes effect.
    Raises ``Denied``: agreement_unknown, not_allowed, rules_refused (all errors in ``params["errors"]``).
    """
    agreement = queries.lock_agreement(agreement_number)
    registry = _registry(agreement, rules)
    require(by, [registry.parties[r.receiver] for r in rules if r.receiver in registry.parties])
    if errors := draft_errors(rules, registry):
        first = errors[0]
        raise Denied(
            RULES_REFUSED,
            place=f"rules[{first.index}].{first.field}",
            count=len({e.index for e in errors}),
            first=first.sentence("zh"),
            first_en=first.sentence("en"),
            errors=errors,
        )
    fresh = iter(_fresh_numbers(sum(r.number is None for r in rules)))
    numbers = [r.number or next(fresh) for r in rules]
    _end_versions({r.number: r.effective_from for r in rules if r.number is not None})
    digest = _store(agreement, rules, numbers, registry)
    translog.append(
        body=leaf(
            "rules_published",
            now,
            agreement=agreement.number,
            count=len(rules),
            first=min(numbers, default=""),
            sm3=digest,
        )
    )
    audit.record(
        action="rules.published",
        by=by,
        now=now,
        subject=("agreement", agreement.number),
        after={"count": len(rules), "sm3": digest},
    )
    return numbers


def _registry(agreement: Agreement, drafts: Sequence[RuleDraft]) -> Registry:
    names = {name for d in drafts for name in (*d.sources, *(t.item for t in d.targets))}
    numbers = {d.number for d in drafts if d.number is not None}
    newest = Rule.objects.filter(number__in=numbers).order_by("number", "version")
    return Registry(
        agreement=agreement.number,
        agreement_from=agreement.effective_from,
        agreement_until=agreement.ended_on,
        parties=dict(agreement.parties.values_list("code", "id")),
        items=_known_items(names),
        existing={r.number: Existing(r.version, r.receiver_id, r.effective_from) for r in newest},
    )


def _known_items(names: Iterable[str]) -> dict[str, KnownItem]:
    """The items these ``INSTITUTION/CODE`` name; two queries per institution, however many items."""
    wanted: dict[str, set[str]] = defaultdict(set)
    for name in names:
        institution, _, code = name.partition("/")
        wanted[institution].add(code)
    known = {}
    for institution, codes in sorted(wanted.items()):
        try:
            owner = institutions.by_code(institution).pk
        except Denied:
            continue  # each of its items is reported as unknown, with its rule
        latest = catalogue.items_for(owner).latest
        known.update({f"{institution}/{c}": KnownItem(latest[c].item_id, owner) for c in codes if c in latest})
    return known


def _fresh_numbers(count: int) -> list[str]:
    numbers = ids.new_numbers(ids.NumberClass.RULE, count)
    while Rule.objects.filter(number__in=numbers).exists():  # one chance in millions
        numbers = ids.new_numbers(ids.NumberClass.RULE, count)
    return numbers


@inside_transaction
def _end_versions(starts: Mapping[str, date]) -> None:
    """The version in force of each rule ends where its next one starts."""
    rows = list(Rule.objects.select_for_update().filter(Q(retired_on=None), number__in=starts).order_by("id"))
    for row in rows:
        row.state, row.retired_on = RuleState.RETIRED, starts[row.number]
    Rule.objects.bulk_update(rows, ["state", "retired_on"], batch_size=1000)


@inside_transaction
def _store(agreement: Agreement, drafts: Sequence[RuleDraft], numbers: Sequence[str], registry: Registry) -> str:
    """COPY rules and their index rows; hex SM3 over number, version and body of each, in order."""
    rule_ids = allocate_ids(Rule, len(drafts))
    rows: list[tuple[object, ...]] = []
    sources: list[tuple[int, int, int]] = []
    targets: list[tuple[int, int]] = []
    digest = []
    for rule_id, number, draft in zip(rule_ids, numbers, drafts, strict=True):
        last = registry.existing.get(number)
        version = last.version + 1 if last else 1
        body = json.dumps(body_of(draft, registry.items), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        receiver = registry.parties[draft.receiver]
        rows.append(
            (
                rule_id,
                number,
                version,
                agreement.pk,
                receiver,
                RuleState.PUBLISHED.value,
                body,
                draft.effective_from,
                None,
            )
        )
        sources.extend((rule_id, registry.items[s].item_id, receiver) for s in draft.sources)
        targets.extend((rule_id, registry.items[t.item].item_id) for t in draft.targets)
        digest.append(f"{number} {version} {body}\n")
    columns = (
        "id",
        "number",
        "version",
        "agreement_id",
        "receiver_id",
        "state",
        "body",
        "effective_from",
        "retired_on",
    )
    copy_rows(Rule, columns, rows)
    copy_rows(RuleSource, ("rule_id", "item_id", "receiver_id"), sources)
    copy_rows(RuleTarget, ("rule_id", "item_id"), targets)
    return sm3("".join(digest).encode()).hex()
