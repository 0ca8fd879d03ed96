"""People at work, each signed in at a test browser, and what they find there."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from tests.bank import foundation_builders as build
from xuefen.bank.shell import clock
from xuefen.bank.shell.models import Node
from xuefen.bank.staff import actions as staff
from xuefen.bank.staff.types import Role

PASSWORD = "a long sentence of mine"
OPENED = datetime(2026, 1, 5, tzinfo=UTC)
MONDAY = datetime(2026, 11, 9, 2, 0, tzinfo=UTC)
"""A week after ``recognition_builders.APPLIED``: half of the review's time is gone."""


def stop_clock(monkeypatch: pytest.MonkeyPatch, at: datetime = MONDAY) -> None:
    """The pages read this moment; nothing else of the house is replaced."""
    monkeypatch.setattr(clock, "now", lambda: at)


def node() -> None:
    Node.objects.create(
        id=1, code="test", name_zh="测试学分银行", name_en="Test Bank", origin="test.example/log", created_at=OPENED
    )


def at_work(role: Role, *, place: str | None = None, institution: str | None = None, name: str = "何映舟") -> Client:
    """A test browser in which somebody is signed in who holds one post from 2026 on."""
    where = place or institution or ""
    username = f"{role.value.replace('_', '-')}.{where.lower()}"
    user = staff.create_user(username=username, display_name=name, password=PASSWORD, by=build.HOUSE, now=OPENED)
    staff.appoint(
        username=username,
        role=role,
        place_code=place,
        institution_code=institution,
        by=build.HOUSE,
        now=OPENED,
    )
    client = Client()
    client.force_login(user)
    return client


def text_of(response: Any) -> str:
    """The page as people read it: no marks, single spaces."""
    body = re.sub(r"<(script|style|svg)\b.*?</\1>", " ", response.content.decode(), flags=re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", body))


def chinese_in(response: Any) -> list[str]:
    """Runs of Chinese on a page, but for the language switch; on an English page only names may be among them."""
    silent = r"<(script|style|svg)\b.*?</\1>|<button[^>]*lang=\"zh-CN\">.*?</button>"
    return re.findall(r"[㐀-鿿]{2,}", re.sub(silent, " ", response.content.decode(), flags=re.S))
