"""Which node this is."""

from __future__ import annotations

from xuefen.bank.shell.models import Node


def node() -> Node | None:
    """This node's row; None before ``xuefen init``."""
    return Node.objects.first()
