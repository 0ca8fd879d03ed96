"""What the public addresses answer, as types; what all of them share is in ``schemas``."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from ninja import Schema
from pydantic import BaseModel, Field

from xuefen.faces.api.schemas import Credits

# Nothing is asked for as often as a report, and it is made of plain values: a ``BaseModel`` checks them as strictly as the
# framework's ``Schema``, which first looks for what a database object would need, in a third of the time.


class WordsOut(BaseModel):
    zh: str
    en: str


class VerdictOut(BaseModel):
    check: str = Field(examples=["signature"])
    state: str = Field(examples=["good"])
    code: str = Field(examples=["signature_good"])
    zh: str
    en: str


class ShownOut(BaseModel):
    """One thing the holder shows."""

    name: WordsOut
    value: str


class FactsOut(BaseModel):
    """What anybody may see of a certificate; the holder's name is masked."""

    number: str = Field(examples=["ZS4417092680352716"])
    kind: str = Field(examples=["statement"])
    title: WordsOut
    holder: str = Field(examples=["林*禾"])
    content: WordsOut
    issuer: WordsOut
    issued_at: datetime
    expires_on: date | None
    shown: list[ShownOut] = Field(description="what the holder of an SD-JWT chose to show; empty for all other files")


class ReportOut(BaseModel):
    """Eight verdicts on a certificate, six on a credential. ``facts`` only for a genuine one: nobody reads a forger's words."""

    ok: bool
    number: str
    checked_at: datetime
    headline: WordsOut
    verdicts: list[VerdictOut]
    facts: FactsOut | None


class ItemOut(Schema):
    institution: str = Field(examples=["YLOU"])
    institution_name: str = Field(examples=["云岭开放大学"])
    code: str = Field(examples=["KC1001"])
    version: str = Field(examples=["2026"])
    name: str = Field(examples=["大学英语（一）"])
    kind: str = Field(examples=["course"])
    outcome_class: str = Field(examples=["degree"])
    type_code: str = Field(examples=["D12"])
    level: int | None
    theory_hours: int
    practice_hours: int
    practice_weeks: int
    declared_credit: Credits | None
    online: bool


class ItemsOut(Schema):
    items: list[ItemOut]


class ProgrammeOut(Schema):
    """A programme; in ``tree`` amounts are hundredths, as they are stored and digested."""

    institution: str = Field(examples=["YLOU"])
    code: str = Field(examples=["XZ"])
    version: str = Field(examples=["2026"])
    name: str = Field(examples=["行政管理"])
    level: int | None
    total_credits: Credits
    tree: dict[str, Any]


class ProgrammesOut(Schema):
    items: list[ProgrammeOut]


class StandardOut(Schema):
    """The standard in force: ``digest`` is SM3 of the canonical bytes of ``body``."""

    code: str = Field(examples=["cn-2026"])
    version: int
    digest: str
    title: WordsOut
    effective_from: date
    retired_on: date | None
    body: dict[str, Any]


class AnchorOut(Schema):
    """A checkpoint in a contract on an EVM chain: ``rootAt(size)`` there is the root of the checkpoint of this size."""

    size: int
    chain: int
    contract: str
    tx: str
    block: int
    at: datetime


class LogOut(Schema):
    """The public log: leaves under the newest checkpoint, facts waiting to be sealed, the signed note itself, and where
    checkpoints were anchored last.
    """

    size: int
    waiting: int
    checkpoint: str | None
    anchors: list[AnchorOut]
