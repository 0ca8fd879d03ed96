"""What every test of a page needs."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _own_log(settings, tmp_path: Path) -> None:
    """A log of its own for each test: the sequencer rightly refuses to go on under checkpoints the database forgot."""
    settings.XUEFEN_LOG = tmp_path / "log"
