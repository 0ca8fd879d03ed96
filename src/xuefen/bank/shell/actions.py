"""Naming the node, once."""

from __future__ import annotations

from datetime import datetime

from xuefen.bank.shell.models import Node
from xuefen.bank.shell.transaction import use_case


@use_case
def name_node(*, code: str, name_zh: str, name_en: str, origin: str, is_demo: bool, now: datetime) -> bool:
    """Give this database its node row; False, and nothing changed, when it has one already."""
    _, made = Node.objects.get_or_create(
        id=1,
        defaults={
            "code": code, "name_zh": name_zh, "name_en": name_en, "origin": origin, "is_demo": is_demo, "created_at": now,
        },
    )  # fmt: skip
    return made
