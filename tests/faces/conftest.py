"""What every test of a page needs."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings as configured


@pytest.fixture(scope="session", autouse=True)
def _static_folder() -> None:
    """The folder of collected static files; the server warns when it is missing, and a warning fails a test."""
    Path(configured.STATIC_ROOT).mkdir(parents=True, exist_ok=True)


@pytest.fixture(autouse=True)
def _own_log(settings, tmp_path: Path) -> None:
    """A log of its own for each test: the sequencer rightly refuses to go on under checkpoints the database forgot."""
    settings.XUEFEN_LOG = tmp_path / "log"
