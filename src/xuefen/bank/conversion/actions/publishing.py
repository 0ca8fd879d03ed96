"""Publishing rules, in sets: one rule is a set of one."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

from django.db.models import Q

from xuefen.bank.audit import actions as audit
from xuefen.bank.catalogue import queries as catalogue
from xuefen.bank.conversion import queries
from xuefen.bank.conversion.actions.doctor import refuse_circles
from xuefen.bank.conversion.actions.pieces import leaf, require
from xuefen.bank.conversion.models import Agreement, Rule, RuleSource, RuleTarget
from xuefen.bank.conversion.rules.publishing import (
    Existing,
    KnownItem,
    Registry,
    Standing,
    body_of,
    draft_errors,
    published,
    source_items,
    statement_in,
    statement_of,
)
from xuefen.bank.conversion.types import RuleDraft, RuleError, RuleState
from xuefen.bank.conversion.types.drafts import RULES_REFUSED
from xuefen.bank.institutions import queries as institutions
from xuefen.bank.shell.actor import EVERYTHING, Actor
from xuefen.bank.shell.copy import allocate_ids, copy_rows
from xuefen.bank.shell.problems import Denied
from xuefen.bank.shell.transaction import inside_transaction, use_case, wait_turn
from xuefen.bank.standards import queries as standards
from xuefen.bank.translog import actions as translog
from xuefen.bedrock import ids
from xuefen.bedrock.gm.sm3 import sm3

STATEMENTS_AT_ONCE = 20_000


@use_case
def publish_rules(
    *, agreement_number: str, rules: Sequence[RuleDraft], by: Actor, now: datetime, standard: str = "cn-2026"
) -> list[str]:
    """Publish a set of rules of an agreement that was signed on paper, all or none; the numbers, in the order of the drafts.
    Audit and leaf say that it was imported under the agreement, with its digest.

    A draft with a number becomes that rule's next version: the one before it ends on the day the new one takes effect.
    Raises ``Denied``: agreement_unknown, not_allowed, rules_refused (all errors in ``params["errors"]``).
    """
    origin = {"imported_under": agreement_number}
    return publish_set(agreement_number=agreement_number, rules=rules, by=by, now=now, standard=standard, origin=origin)


@inside_transaction
def publish_set(
    *,
    agreement_number: str,
    rules: Sequence[RuleDraft],
    by: Actor,
    now: datetime,
    standard: str = "cn-2026",
    origin: Mapping[str, str],
) -> list[str]:
    """``publish_rules`` inside another use case; ``origin`` says in audit and leaf where the set comes from."""
    agreement = queries.lock_agreement(agreement_number)
    registry = _registry(agreement, rules, on=now.date(), standard=standard)
    require(by, [registry.parties[r.receiver] for r in rules if r.receiver in registry.parties])
    _one_set_at_a_time(registry.parties[r.receiver] for r in rules if r.receiver in registry.parties)
    registry = replace(registry, standing=_standing(rules, registry))
    if errors := draft_errors(rules, registry):
        raise refused(errors)
    refuse_circles(rules, registry, standard=standard)
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
            **origin,
        )
    )
    audit.record(
        action="rules.published",
        by=by,
        now=now,
        subject=("agreement", agreement.number),
        after={"count": len(rules), "sm3": digest, **origin},
    )
    return numbers


def refused(errors: Sequence[RuleError]) -> Denied:
    """The refusal of a set, with every error in ``params["errors"]``."""
    first = errors[0]
    return Denied(
        RULES_REFUSED,
        place=f"rules[{first.index}].{first.field}",
        count=len({e.index for e in errors}),
        first=first.sentence("zh"),
        first_en=first.sentence("en"),
        errors=list(errors),
    )


def check_rules(
    *, agreement_number: str, rules: Sequence[RuleDraft], on: date, standard: str = "cn-2026"
) -> list[RuleError]:
    """Everything that would speak against publishing the set on that day; nothing is written or locked.

    Raises ``Denied``: agreement_unknown.
    """
    registry = registry_of(agreement_number, rules, on=on, standard=standard)
    return draft_errors(rules, replace(registry, standing=_standing(rules, registry)))


def registry_of(agreement_number: str, drafts: Sequence[RuleDraft], *, on: date, standard: str = "cn-2026") -> Registry:
    """What drafts under an agreement are checked against, nothing locked. Raises ``Denied``: agreement_unknown."""
    return _registry(queries.agreement_by_number(agreement_number), drafts, on=on, standard=standard)


def _registry(agreement: Agreement, drafts: Sequence[RuleDraft], *, on: date, standard: str) -> Registry:
    names = {name for d in drafts for name in (*d.items(), *(t.item for t in d.targets))}
    numbers = {d.number for d in drafts if d.number is not None}
    newest = Rule.objects.filter(number__in=numbers).order_by("number", "version")
    issuers = {d.denied_issuer for d in drafts if d.denied_issuer}
    known = institutions.institutions(EVERYTHING).filter(code__in=issuers).values_list("code", flat=True)
    return Registry(
        agreement=agreement.number,
        agreement_from=agreement.effective_from,
        agreement_until=agreement.ended_on,
        parties=dict(agreement.members.filter(left_on=None).values_list("institution__code", "institution_id")),
        items=known_items(names),
        existing={r.number: Existing(r.version, r.receiver_id, r.effective_from) for r in newest},
        min_overlap=_min_overlap(standard, on) if any(d.overlap is not None for d in drafts) else None,
        issuers=frozenset(known) if issuers else frozenset(),
    )


def _min_overlap(standard: str, on: date) -> tuple[int, str] | None:
    """Percent of content a replaced course must share, and the clause that says so."""
    pack = standards.current(code=standard, on=on).pack
    needed = pack.policy.content_overlap
    return None if needed is None else (needed, pack.reference("policy.content_overlap"))


def _one_set_at_a_time(receivers: Iterable[int]) -> None:
    """Sets for one receiver wait for one another, whatever their agreement, so that none repeats what another just said."""
    for receiver in sorted(set(receivers)):
        wait_turn("rules", receiver)


def _standing(drafts: Sequence[RuleDraft], registry: Registry) -> dict[str, list[Standing]]:
    """Published versions that say what a draft says and have not ended before the first draft starts."""
    receivers = {registry.parties[d.receiver] for d in drafts if d.receiver in registry.parties}
    if not drafts or not Rule.objects.filter(receiver_id__in=receivers).exists():
        return {}
    first = min(d.effective_from for d in drafts)
    statements = sorted({s for d in drafts if (s := statement_in(d, registry))})
    found: dict[str, list[Standing]] = defaultdict(list)
    for start in range(0, len(statements), STATEMENTS_AT_ONCE):
        rows = Rule.objects.filter(
            Q(retired_on=None) | Q(retired_on__gt=first), statement__in=statements[start : start + STATEMENTS_AT_ONCE]
        ).exclude(state=RuleState.DRAFT)
        columns = ("statement", "number", "effective_from", "retired_on")
        for statement, number, since, until in rows.order_by("number", "version").values_list(*columns):
            found[statement].append(Standing(number, since, until))
    return found


def known_items(names: Iterable[str]) -> dict[str, KnownItem]:
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
    rows = Rule.objects.select_for_update().filter(number__in=starts).order_by("id")
    ended = [row for row in rows if row.retired_on is None or row.retired_on > starts[row.number]]
    for row in ended:
        row.state, row.retired_on = RuleState.RETIRED, starts[row.number]
    Rule.objects.bulk_update(ended, ["state", "retired_on"], batch_size=1000)


_RULE_COLUMNS = (
    "id", "number", "version", "agreement_id", "receiver_id", "state", "body", "statement", "denies", "effective_from",
    "retired_on",
)  # fmt: skip


@inside_transaction
def _store(agreement: Agreement, drafts: Sequence[RuleDraft], numbers: Sequence[str], registry: Registry) -> str:
    """COPY rules and their index rows; hex SM3 over number, version and body of each, in order."""
    rows: list[tuple[object, ...]] = []
    sources: list[tuple[int, int, int]] = []
    targets: list[tuple[int, int, str]] = []
    digest = []
    for rule_id, number, draft in zip(allocate_ids(Rule, len(drafts)), numbers, drafts, strict=True):
        last = registry.existing.get(number)
        version = last.version + 1 if last else 1
        rule = published(draft, registry.items)
        body = json.dumps(body_of(draft, rule), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        receiver = registry.parties[draft.receiver]
        state, statement = RuleState.PUBLISHED.value, statement_of(rule, receiver)
        facts = (rule_id, number, version, agreement.pk, receiver, state, body, statement, rule.denies)
        rows.append((*facts, draft.effective_from, draft.effective_until))
        sources.extend((rule_id, item, receiver) for item in source_items(rule))
        targets.extend((rule_id, t.item_id, rule.denied_issuer) for t in rule.targets)
        digest.append(f"{number} {version} {body}\n")
    copy_rows(Rule, _RULE_COLUMNS, rows)
    copy_rows(RuleSource, ("rule_id", "item_id", "receiver_id"), sources)
    copy_rows(RuleTarget, ("rule_id", "item_id", "denied_issuer"), targets)
    return sm3("".join(digest).encode()).hex()
