"""One write, one transaction.

``@use_case`` marks the verbs of a room: it opens the one durable transaction and refuses to be nested in another.
``@inside_transaction`` marks the building blocks that use cases are made of.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from django.db import connection, transaction

P = ParamSpec("P")
R = TypeVar("R")


def use_case(action: Callable[P, R]) -> Callable[P, R]:
    """Run ``action`` in one durable transaction: when it returns, what it wrote is on disk."""

    @functools.wraps(action)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        with transaction.atomic(durable=True):
            return action(*args, **kwargs)

    return run


def inside_transaction(action: Callable[P, R]) -> Callable[P, R]:
    """Refuse to run outside a transaction: a half of a write must never stand alone."""

    @functools.wraps(action)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        if not connection.in_atomic_block:
            raise RuntimeError(f"{action.__module__}.{action.__name__} must run inside a use case")
        return action(*args, **kwargs)

    return run
