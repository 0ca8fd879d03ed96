"""Batches and outcomes."""

from __future__ import annotations

from enum import StrEnum


class BatchState(StrEnum):
    RECEIVED = "received"  # the file is kept, nothing read yet
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"  # the file as a whole was refused; ``problem`` says why


class OutcomeState(StrEnum):
    VALID = "valid"
    REVOKED = "revoked"
