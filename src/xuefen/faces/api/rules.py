"""The public register: rules in words and as data, agreements and alliances."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from xuefen.bank.conversion import queries
from xuefen.bank.conversion.types import RuleView
from xuefen.bank.conversion.types.agreements import AgreementKind, AgreementRow
from xuefen.bank.conversion.types.codec import encode
from xuefen.bank.conversion.types.life import Origin, Standing
from xuefen.bank.shell import clock
from xuefen.faces.api.public_schemas import WordsOut
from xuefen.faces.api.schemas import PRINTABLE, Number, PageOut

router = Router(auth=None)


class RuleSearch(Schema):
    q: str = Field("", max_length=80, pattern=PRINTABLE, description="A rule's number, or an item's name or code")
    receiver: str = Field("", max_length=40, pattern=PRINTABLE, description="Code of the receiver")
    source: str = Field(
        "", max_length=40, pattern=PRINTABLE, description="Code of an institution whose outcomes it takes"
    )
    agreement: str = Field("", max_length=40, pattern=PRINTABLE, description="Number of the agreement")
    standing: Standing = Field(Standing.ALL, description="Where it stands today: in_force, coming, ended; all without")
    page: int = Field(1, ge=1, le=100_000)


class RuleOut(Schema):
    """One version of a conversion rule; ``body`` is what was published, its amounts in hundredths."""

    number: str = Field(examples=["GZ0000001"])
    version: int
    state: str = Field(examples=["published"])
    agreement: str
    receiver: str
    receiver_name: str
    effective_from: date
    retired_on: date | None
    sources: list[str]
    targets: list[str]
    sentence: WordsOut
    body: dict[str, Any]


class RulesOut(PageOut):
    items: list[RuleOut]


class SignedOut(Schema):
    institution: str
    on: date


class OriginOut(Schema):
    """How a version came about: compared by experts and signed by both sides; none when imported under an agreement."""

    proposal: str
    experts: int
    overlaps: list[int] = Field(description="Percent of content in common, as each expert found")
    signed: list[SignedOut]


class RuleVersionOut(RuleOut):
    origin: OriginOut | None


class RuleVersionsOut(Schema):
    versions: list[RuleVersionOut]


class AgreementSearch(Schema):
    q: str = Field("", max_length=80, pattern=PRINTABLE, description="A name, a number, or a member")
    kind: AgreementKind | None = Field(None)


class AgreementOut(Schema):
    number: str
    name: str
    kind: AgreementKind
    mode: str = Field(examples=["agreement"])
    members: int
    rules: int
    effective_from: date
    ended_on: date | None


class AgreementsOut(Schema):
    items: list[AgreementOut]


class MemberOut(Schema):
    institution: str
    name: WordsOut
    signatory: str
    joined_on: date
    left_on: date | None


class TermsOut(Schema):
    """One version of an alliance's terms: resources, quotas, shares (percent), joint programmes; credits in hundredths."""

    version: int
    effective_from: date
    basis: str
    terms: dict[str, Any]


class AgreementFullOut(AgreementOut):
    reference: str = Field(description="Institution of the reference units, empty for none")
    end_reason: str
    members_list: list[MemberOut]
    terms: list[TermsOut]


@router.get("/rules", tags=["catalogue"], response=RulesOut, operation_id="searchRules", summary="Conversion rules")
def search_rules(request: HttpRequest, search: Query[RuleSearch]) -> dict[str, Any]:
    """The newest version of each rule, by number, item, institution, agreement or standing. Fifty to a page."""
    found = queries.rules_browser(
        search.q,
        search.page,
        receiver=search.receiver,
        source=search.source,
        agreement=search.agreement,
        standing=search.standing,
        on=clock.today(),
    )
    items = [_rule(rule) for rule in found.rules]
    return {"page": found.page, "size": queries.PAGE, "total": found.total, "items": items}


@router.get(
    "/rules/{number}",
    tags=["catalogue"],
    response=RuleVersionsOut,
    operation_id="getRule",
    summary="A rule with all its versions",
)
def get_rule(request: HttpRequest, number: Number) -> dict[str, Any]:
    """Every version, newest first, with how it came about."""
    origins = queries.origins(number)
    versions = [{**_rule(rule), "origin": _origin(origins.get(rule.version))} for rule in queries.rule(number)]
    return {"versions": versions}


def _rule(rule: RuleView) -> dict[str, Any]:
    return {
        "number": rule.number,
        "version": rule.version,
        "state": rule.state,
        "agreement": rule.agreement,
        "receiver": rule.receiver_code,
        "receiver_name": rule.receiver_name,
        "effective_from": rule.effective_from,
        "retired_on": rule.retired_on,
        "sources": rule.sources,
        "targets": rule.targets,
        "sentence": {"zh": rule.sentence.zh, "en": rule.sentence.en},
        "body": rule.body,
    }


def _origin(origin: Origin | None) -> dict[str, Any] | None:
    if origin is None:
        return None
    return {
        "proposal": origin.proposal,
        "experts": origin.experts,
        "overlaps": origin.overlaps,
        "signed": [{"institution": name, "on": day} for name, day in origin.signed],
    }


@router.get(
    "/agreements",
    tags=["catalogue"],
    response=AgreementsOut,
    operation_id="searchAgreements",
    summary="Agreements and alliances",
)
def search_agreements(request: HttpRequest, search: Query[AgreementSearch]) -> dict[str, Any]:
    """Those in force first; at most two hundred."""
    return {"items": [_agreement(row) for row in queries.agreements(text=search.q, kind=search.kind)]}


@router.get(
    "/agreements/{number}",
    tags=["catalogue"],
    response=AgreementFullOut,
    operation_id="getAgreement",
    summary="An agreement with its members and terms",
)
def get_agreement(request: HttpRequest, number: Number) -> dict[str, Any]:
    """Every member it ever had, and every version of its terms, newest first."""
    view = queries.agreement(number)
    return {
        **_agreement(view.row),
        "reference": view.reference,
        "end_reason": view.end_reason,
        "members_list": [
            {
                "institution": m.code,
                "name": {"zh": m.name_zh, "en": m.name_en},
                "signatory": m.signatory,
                "joined_on": m.joined_on,
                "left_on": m.left_on,
            }
            for m in view.members
        ],
        "terms": [
            {
                "version": one.version,
                "effective_from": one.effective_from,
                "basis": one.basis,
                "terms": encode(one.terms),
            }
            for one in view.terms
        ],
    }


def _agreement(row: AgreementRow) -> dict[str, Any]:
    return {
        "number": row.number,
        "name": row.name,
        "kind": row.kind,
        "mode": row.mode,
        "members": row.members,
        "rules": row.rules,
        "effective_from": row.effective_from,
        "ended_on": row.ended_on,
    }
