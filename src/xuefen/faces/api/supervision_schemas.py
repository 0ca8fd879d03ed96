"""Arbitrations and alarms as types."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from ninja import Schema
from pydantic import Field

from xuefen.faces.api.schemas import PRINTABLE, Strict


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
