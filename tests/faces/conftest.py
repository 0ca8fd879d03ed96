"""What every test of a page needs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.cache import cache
from django.utils import translation


@pytest.fixture(autouse=True)
def _own_log(settings, tmp_path: Path) -> None:
    """A log of its own for each test: the sequencer rightly refuses to go on under checkpoints the database forgot."""
    settings.XUEFEN_LOG = tmp_path / "log"


@pytest.fixture(autouse=True)
def _nobody_was_here() -> None:
    """All tests come from one address: what one used up of its tries is not the next one's."""
    cache.clear()


@pytest.fixture(autouse=True)
def _nobody_read_english() -> Iterator[None]:
    """A request leaves its language behind in the thread: it is not the next test's."""
    with translation.override(settings.LANGUAGE_CODE):
        yield
