"""How often one address may do what costs us work; counted in Django's cache, so that all web processes count together."""

from __future__ import annotations

from django.core.cache import cache
from django.http import HttpRequest

from xuefen.bank.shell.problems import Denied, Problem
from xuefen.bedrock.gm import sm3

TOO_OFTEN = Problem(
    "too_often",
    "太频繁了，请过 {minutes} 分钟再试。",
    "That was too often; please try again in {minutes} minutes.",
    status=429,
)


def spend(request: HttpRequest, what: str, *, most: int, minutes: int) -> None:
    """Count one use by the reader's address. Raises ``Denied(too_often)`` beyond ``most`` in so many minutes.

    The address is digested: a list of readers must not lie in a cache.
    """
    address = request.META.get("REMOTE_ADDR", "")
    door = f"rate:{what}:{sm3(address.encode()).hex()}"
    cache.add(door, 0, minutes * 60)
    if cache.incr(door) > most:
        raise Denied(TOO_OFTEN, minutes=minutes)
