"""What goes in and comes out, as types. Credits are decimal strings ("3.0", "3.25"); times are ISO 8601 in UTC."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from django.db.models import QuerySet
from ninja import Schema
from pydantic import AfterValidator, ConfigDict, Field

from xuefen.bedrock.ids import normalise
from xuefen.bedrock.quantity import format_credits

MOST_PER_PAGE = 200
PRINTABLE = r"^[^\x00-\x1f\x7f]*$"

Credits = Annotated[str, Field(pattern=r"^-?[0-9]+\.[0-9]{1,2}$", examples=["3.0"], description="Credits, decimal")]
Code = Annotated[str, Field(max_length=40, pattern=PRINTABLE)]
Number = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[0-9A-Za-z \-]+$"), AfterValidator(normalise)]
"""A public number as people write it; the views get its stored form."""


class Strict(Schema):
    """Something sent to us: a field we do not know is a slip and is told."""

    model_config = ConfigDict(extra="forbid")


class Paging(Schema):
    """Which part of a list: pages count from 1."""

    page: int = Field(1, ge=1, le=100_000)
    size: int = Field(50, ge=1, le=MOST_PER_PAGE)

    @property
    def first(self) -> int:
        return (self.page - 1) * self.size

    def cut(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows[self.first : self.first + self.size]


class PageOut(Schema):
    """One page of a list; ``total`` counts all of it."""

    page: int = Field(examples=[1])
    size: int = Field(examples=[50])
    total: int = Field(examples=[1])


def credits(hundredths: int) -> str:
    """Hundredths as the API writes credits."""
    return format_credits(hundredths)


# --- errors ----------------------------------------------------------------------------------------------------------


class FaultOut(Schema):
    place: str = Field(examples=["body.item_code"])
    code: str = Field(examples=["item_code_unknown"])
    detail: str = Field(examples=["目录中没有这个成果代码。"])


class ProblemOut(Schema):
    """Problem details, RFC 9457. ``code`` is stable; sentences are not, and follow Accept-Language."""

    type: str = Field(examples=["/api/problems/not_found"])
    title: str = Field(examples=["没有找到"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["没有找到，或者不在您的范围内。"])
    code: str = Field(examples=["not_found"])
    place: str = Field(examples=["number"])
    errors: list[FaultOut] = Field(default_factory=list)


class ProblemKindOut(Schema):
    """One kind of problem with both sentences; ``{…}`` stand for what differs from case to case."""

    code: str = Field(examples=["not_found"])
    status: int = Field(examples=[404])
    zh: str = Field(examples=["没有找到，或者不在您的范围内。"])
    en: str = Field(examples=["Not found, or outside your scope."])


# --- sign-in ---------------------------------------------------------------------------------------------------------


class TokenIn(Strict):
    username: str = Field(min_length=1, max_length=64, pattern=PRINTABLE, examples=["issuer.li"])
    password: str = Field(min_length=1, max_length=256, examples=["a long sentence of mine"])


class TokenOut(Schema):
    token: str
    token_type: str = Field(examples=["Bearer"])
    expires_in: int = Field(description="Seconds", examples=[43200])
    kind: str = Field(examples=["staff"])
    name: str = Field(examples=["李经办"])
    roles: list[str] = Field(examples=[["issuer_officer"]])


# --- batches and outcomes --------------------------------------------------------------------------------------------


class SaidOut(Schema):
    code: str = Field(examples=["headers_missing"])
    detail: str


class BatchOut(Schema):
    """A batch; read = accepted + refused + duplicates. ``state``: received, unmapped (POST its columns), running, paused, done,
    failed, cancelled.
    """

    number: str = Field(examples=["PC8032756149120387"])
    issuer: str = Field(examples=["YLOU"])
    issuer_name: str = Field(examples=["云岭开放大学"])
    state: str = Field(examples=["done"])
    source: str = Field(examples=["api"])
    file_name: str = Field(examples=["2026-autumn.xlsx"])
    sm3: str = Field(description="SM3 of the file, hex")
    standard: str = Field(examples=["cn-2026/1"])
    total_rows: int | None = Field(examples=[120])
    read: int = Field(examples=[120])
    accepted: int = Field(examples=[118])
    refused: int = Field(examples=[1])
    duplicates: int = Field(examples=[1])
    withdrawn: int = Field(description="Of the accepted, taken back when the batch was cancelled", examples=[0])
    credits: Credits
    header: list[str] | None = Field(description="The headings, while it waits to be told its columns", examples=[None])
    received_at: datetime
    finished_at: datetime | None
    problem: SaidOut | None = Field(description="Why the file as a whole was refused")
    already: bool = Field(description="The same file had been received before", examples=[False])


class ColumnsIn(Schema):
    """What headings mean: field by heading, "" for a column that is left out."""

    columns: dict[str, str] = Field(examples=[{"百分制": "grade", "流水": ""}], max_length=64)


class ColumnNameOut(Schema):
    heading: str = Field(examples=["百分制"])
    field: str = Field(description='A field of the deposit sheet; "" leaves the column out', examples=["grade"])
    chosen_by: str
    chosen_at: datetime


class ColumnNamesOut(Schema):
    items: list[ColumnNameOut]


class BatchesOut(PageOut):
    items: list[BatchOut]


class RefusedRowOut(Schema):
    """One row that made no outcome, numbered as a spreadsheet shows it (the header is row 1), with all its reasons."""

    row: int = Field(examples=[17])
    duplicate: bool = Field(examples=[False])
    errors: list[FaultOut]


class RefusedRowsOut(PageOut):
    items: list[RefusedRowOut]


class Idempotent(Schema):
    key: str = Field(
        "",
        alias="Idempotency-Key",
        max_length=40,
        pattern=r"^[0-9A-Za-z_\-]*$",
        description="Your own: the same key with the same content gives the same answer again",
    )


class OutcomeIn(Strict):
    """One outcome to deposit; the learner by account number or by identity number."""

    issuer: Code = Field(min_length=1, examples=["YLOU"])
    account: str = Field("", max_length=40, pattern=PRINTABLE, examples=["3608551594207153"])
    id_number: str = Field("", max_length=40, pattern=PRINTABLE)
    name: str = Field("", max_length=80, pattern=PRINTABLE, description="Checked when it is given", examples=["林秋禾"])
    item_code: Code = Field(min_length=1, examples=["KC1001"])
    version: str = Field("", max_length=20, pattern=PRINTABLE, description="The item's latest version unless given")
    awarded_on: date = Field(examples=["2026-06-30"])
    grade: str = Field("", max_length=12, pattern=PRINTABLE, examples=["86"])
    hours: int | None = Field(None, ge=0, le=100_000, description="Class hours attended, for activities")
    serial: str = Field("", max_length=60, pattern=PRINTABLE, description="The issuer's own certificate number")


class OutcomeOut(Schema):
    """One recognised outcome. ``free`` is what is neither reserved nor used; ``mark`` is on the 100 scale."""

    number: str = Field(examples=["CG7031562849017263"])
    account_no: str = Field(examples=["3608551594207153"])
    issuer: str = Field(examples=["YLOU"])
    issuer_name: str = Field(examples=["云岭开放大学"])
    item_code: str = Field(examples=["KC1001"])
    item_version: str = Field(examples=["2026"])
    item_name: str = Field(examples=["大学英语（一）"])
    outcome_class: str = Field(examples=["degree"])
    level: int | None = Field(examples=[6])
    credits: Credits
    free: Credits
    quality: str = Field(examples=["A"])
    grade: str = Field(examples=["86"])
    mark: str | None = Field(examples=["86.0"])
    hours: int | None
    serial: str
    online: bool
    awarded_on: date
    assurance: int = Field(description="Real-name level of the learner at that moment, 1 to 3", examples=[2])
    state: str = Field(examples=["valid"])
    deposited_at: datetime
    batch: str = Field(examples=["PC8032756149120387"])
    row: int = Field(examples=[2])


class ExplanationOut(Schema):
    """One sentence of a reasoning: what it rests on (standard, place in it, clause), what went in and what was done with it,
    and the sentences below it.
    """

    zh: str
    en: str
    reference: str = Field("", examples=["cn-2026/1 degree.theory_hours_per_credit · S4"])
    standard: str = Field("", examples=["cn-2026/1"])
    rule: str = Field("", examples=["degree.theory_hours_per_credit"])
    clause: str = Field("", examples=["S4 base ratio for theory"])
    inputs: dict[str, str] = Field(default_factory=dict, examples=[{"theory_hours": "48"}])
    arithmetic: str = Field("", examples=["48 ÷ 16 = 3"])
    children: list[ExplanationOut] = Field(default_factory=list)


class ChangeOut(Schema):
    """One thing that happened to an outcome after its deposit."""

    seq: int
    event: str = Field(examples=["corrected"])
    reason: str
    by: str
    at: datetime
    replacement: str | None = Field(None, description="The outcome that took its place")


class ExplainedOutcomeOut(OutcomeOut):
    explanation: ExplanationOut
    changes: list[ChangeOut] = Field(default_factory=list, description="Revoked, corrected, reinstated; oldest first")
    corrects: str | None = Field(None, description="The outcome it was made in place of")


class RevokeIn(Strict):
    """Why; the learner and receivers read it."""

    reason: str = Field(min_length=1, max_length=400, pattern=PRINTABLE)


class CorrectIn(RevokeIn):
    """What it should have said; what is left out stays as it was, and "-" empties a field."""

    item_code: str = Field("", max_length=40, pattern=PRINTABLE)
    version: str = Field("", max_length=20, pattern=PRINTABLE)
    awarded_on: str = Field("", max_length=40, pattern=PRINTABLE, examples=["2026-06-30"])
    grade: str = Field("", max_length=12, pattern=PRINTABLE)
    hours: str = Field("", max_length=12, pattern=PRINTABLE)
    serial: str = Field("", max_length=60, pattern=PRINTABLE)


class TakenBackOut(Schema):
    """What taking it back did: see docs/revocation.md."""

    outcome: str
    replacement: str | None
    ended: list[str] = Field(description="Applications that ended")
    moved: list[str] = Field(description="Conversions that use the corrected outcome now")
    doubted: list[str] = Field(description="Conversions suspended until the arbitration is decided")
    arbitration: str | None


class DoubtedOut(Schema):
    application: str
    state: str = Field(examples=["in_doubt"])


class ArbitrationOut(Schema):
    """A second person's decision about an outcome that was taken back after it was converted."""

    arbitration: str = Field(examples=["ZC4417092680351"])
    state: str = Field(examples=["open"], description="open, upheld or overturned")
    event: str = Field(examples=["revoked"])
    outcome: str
    replacement: str | None
    reason: str
    opened_by: str
    opened_at: datetime
    due_on: date | None
    decided_by: str | None
    decided_at: datetime | None
    grounds: str | None
    applications: list[DoubtedOut]


class AlarmStepOut(Schema):
    event: str = Field(examples=["explain"])
    to: str
    by: str
    reason: str
    at: datetime


class AlarmOut(Schema):
    """Something found that a person must judge; docs/alarms.md says how each kind is defined."""

    alarm: str = Field(examples=["YJ4417092680351"])
    kind: str = Field(examples=["shared_serial"])
    state: str = Field(examples=["open"], description="open, explained, confirmed or closed")
    version: int
    issuer: str | None
    batch: str | None
    zh: str
    en: str
    found: dict[str, Any] = Field(description="Counts, numbers of outcomes, and what the sentence is made of")
    opened_at: datetime
    moves: list[AlarmStepOut] = Field(default_factory=list)


class AlarmDecisionIn(Strict):
    event: Literal["explain", "confirm", "close", "reopen"]
    reason: str = Field(min_length=1, max_length=400, pattern=PRINTABLE)
    version: int | None = Field(None, description="The version you saw; refused when the case moved since")


class DecideIn(Strict):
    uphold: bool = Field(description="True: the outcome stays taken back and the conversions are undone")
    grounds: str = Field(min_length=1, max_length=400, pattern=PRINTABLE)


class OutcomesOut(PageOut):
    items: list[OutcomeOut]


class ProofOut(Schema):
    """That a fact is in the public log: hash the leaf, walk the path, compare with the root in the signed checkpoint."""

    index: int
    size: int
    leaf: str = Field(description="The leaf's canonical bytes, which are ASCII or UTF-8 JSON")
    leaf_hash: str = Field(description="SM3(0x00 ‖ leaf), hex")
    path: list[str] = Field(description="Sibling hashes from the leaf up, hex")
    checkpoint: str = Field(description="The signed note (C2SP)")


# --- accounts, plans, applications -----------------------------------------------------------------------------------


class BalanceOut(Schema):
    available: Credits
    held: Credits = Field(description="Reserved by applications under way")
    used: Credits = Field(description="Converted, or taken back")
    received: Credits


class AccountOut(Schema):
    account_no: str = Field(examples=["3608551594207153"])
    masked_name: str = Field(examples=["林*禾"])
    state: str = Field(examples=["open"])
    assurance: int = Field(description="Real-name level, 1 to 3", examples=[2])
    place: str = Field(examples=["北山街道"])
    opened_at: datetime
    balance: BalanceOut


class ApplicationIn(Strict):
    """Apply with a plan and its seal exactly as ``GET …/plan`` gave them: what was agreed to is what is applied for."""

    account_no: Number = Field(examples=["3608551594207153"])
    institution: Code = Field(examples=["YLOU"])
    programme: Code = Field(examples=["XZ"])
    version: str = Field("", max_length=20, pattern=PRINTABLE, description="The newest version unless given")
    plan: dict[str, Any]
    seal: str = Field(max_length=100, pattern=PRINTABLE)
    key: str = Field(
        min_length=8,
        max_length=40,
        pattern=r"^[0-9A-Za-z_\-]+$",
        description="Your own: the same key with the same content is the same application",
        examples=["6f1d0c3e-autumn-2026"],
    )


class StepOut(Schema):
    """One of the five steps; dates of steps to come are estimates (``expected``)."""

    name: str = Field(examples=["review"])
    zh: str
    en: str
    status: str = Field(examples=["now"])
    working_days: int
    from_on: date | None
    until_on: date | None
    expected: bool


class MoveOut(Schema):
    seq: int
    from_state: str
    event: str
    to_state: str
    actor_kind: str
    reason_code: str
    note: str
    at: datetime


class ReasonOut(Schema):
    code: str
    zh: str
    en: str


class ApplicationOut(Schema):
    """An application as it stands; ``acts`` is whom it waits for, ``due_at`` the first moment that is too late."""

    number: str = Field(examples=["SQ4417092680352716"])
    state: str = Field(examples=["review"])
    version: int
    masked_name: str = Field(examples=["林*禾"])
    programme: str = Field(examples=["XZ"])
    programme_version: str = Field(examples=["2026"])
    programme_name: str = Field(examples=["行政管理"])
    receiver: str = Field(examples=["YLOU"])
    receiver_name: str = Field(examples=["云岭开放大学"])
    credits: Credits
    applied_at: datetime
    acts: str = Field(examples=["receiver"])
    due_at: datetime | None
    decided_by: str = Field(examples=["person"])
    reason: ReasonOut | None
    steps: list[StepOut]
    moves: list[MoveOut]
    plan_digest: str = Field(description="SM3 of the plan's canonical bytes, hex")
    plan: dict[str, Any]


class PlanOut(Schema):
    """A plan, a document whose amounts are whole hundredths, and our seal on it for this account and programme."""

    plan: dict[str, Any]
    seal: str


class PlanFor(Schema):
    """The programme a plan is asked for."""

    institution: Code = Field(examples=["YLOU"])
    programme: Code = Field(examples=["XZ"])
    version: str = Field("", max_length=20, pattern=PRINTABLE, description="The newest version unless given")
