"""Accounts, plans and applications as types."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from ninja import Schema
from pydantic import Field

from xuefen.faces.api.schemas import PRINTABLE, Code, Credits, Number, Strict


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
