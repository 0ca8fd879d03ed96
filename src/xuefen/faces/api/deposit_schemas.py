"""Batches and outcomes as types: what issuers send, and what became of it."""

from __future__ import annotations

from datetime import date, datetime

from ninja import Schema
from pydantic import Field

from xuefen.faces.api.schemas import PRINTABLE, Code, Credits, FaultOut, PageOut, Strict


class SaidOut(Schema):
    code: str = Field(examples=["headers_missing"])
    detail: str


class BatchOut(Schema):
    """A batch; read = accepted + refused + duplicates. ``state``: received, unmapped (POST its columns), running, paused, done,
    failed, cancelled, revoking, revoked.
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
    withdrawn: int = Field(description="Of the accepted, taken back with the whole batch", examples=[0])
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
        description="Your own: the same key with the same content gives the same answer again, with another one a conflict",
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
    attendance: int | None = Field(None, ge=0, le=100, description="Percent of the classes attended")
    online_share: int | None = Field(None, ge=0, le=100, description="Percent of the taught hours that were online")
    workload: int | None = Field(None, ge=1, le=9999, description="All hours of learning, classes included")
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
    attendance: int | None = Field(description="Percent of the classes attended")
    online_share: int | None = Field(description="Percent of the taught hours that were online")
    workload: int | None = Field(description="All hours of learning, classes included")
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


class BatchPreviewOut(Schema):
    """What of a batch counts now, and what rests on it."""

    outcomes: int = Field(description="Valid ones: they would be taken back", examples=[118])
    learners: int = Field(examples=[117])
    credits: Credits
    applications: int = Field(description="Under way with some of them: they would end", examples=[2])
    held: Credits = Field(description="Credit these hold")
    conversions: int = Field(description="Archived with some of them: they would be suspended", examples=[1])
    converted: int = Field(description="Outcomes these use: each would go to an arbiter", examples=[1])
    used: Credits = Field(description="Credit these use")
    corrected: int = Field(description="Corrected one by one: what stands in their place stays", examples=[0])
    revoked: int = Field(description="Revoked one by one before", examples=[0])


class BatchTakenBackOut(Schema):
    """A whole batch taken back. Of ``outcomes``, which were valid then, so many were ``withdrawn`` (they may be deposited anew)
    and ``revoked`` (with an arbiter) so far.
    """

    reason: str
    by: str
    begun_at: datetime
    ended_at: datetime | None = Field(description="null while it is being done")
    outcomes: int
    credits: Credits
    withdrawn: int
    revoked: int
    ended: int = Field(description="Applications that ended")
    doubted: int = Field(description="Conversions suspended")


class BatchRevocationOut(Schema):
    batch: str = Field(examples=["PC8032756149120387"])
    state: str = Field(examples=["revoking"])
    preview: BatchPreviewOut
    revocation: BatchTakenBackOut | None


class CorrectIn(RevokeIn):
    """What it should have said; what is left out stays as it was, and "-" empties a field."""

    item_code: str = Field("", max_length=40, pattern=PRINTABLE)
    version: str = Field("", max_length=20, pattern=PRINTABLE)
    awarded_on: str = Field("", max_length=40, pattern=PRINTABLE, examples=["2026-06-30"])
    grade: str = Field("", max_length=12, pattern=PRINTABLE)
    hours: str = Field("", max_length=12, pattern=PRINTABLE)
    attendance: str = Field("", max_length=8, pattern=PRINTABLE, examples=["85"])
    online_share: str = Field("", max_length=8, pattern=PRINTABLE, examples=["50"])
    workload: str = Field("", max_length=12, pattern=PRINTABLE, examples=["75"])
    serial: str = Field("", max_length=60, pattern=PRINTABLE)


class TakenBackOut(Schema):
    """What taking it back did: see docs/revocation.md."""

    outcome: str
    replacement: str | None
    ended: list[str] = Field(description="Applications that ended")
    moved: list[str] = Field(description="Conversions that use the corrected outcome now")
    doubted: list[str] = Field(description="Conversions suspended until the arbitration is decided")
    arbitration: str | None


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
