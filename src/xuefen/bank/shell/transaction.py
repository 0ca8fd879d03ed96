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


@inside_transaction
def wait_turn(what: str, which: int | str = "", *, shared: bool = False) -> None:
    """Wait until nobody else of this node does ``what`` to ``which``; the turn ends with the transaction.

    For what no row can be locked for: a second one waits here, and then finds what the first has written. ``shared`` turns
    go side by side and wait only for one that is not.
    """
    lock = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {lock}(hashtextextended(current_schema() || %s, 0))", [f".{what}.{which}"])
