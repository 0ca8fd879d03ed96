"""What every test of a page needs."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings


@pytest.fixture(scope="session", autouse=True)
def _static_folder() -> None:
    """The folder of collected static files; the server warns when it is missing, and a warning fails a test."""
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
