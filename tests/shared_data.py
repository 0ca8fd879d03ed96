"""Where tests find the real data that is not part of the project."""

import os
from pathlib import Path

import pytest

SHARED_DATA = Path(os.environ.get("XUEFEN_SHARED_DATA", Path(__file__).parents[2] / "shared" / "data"))


def shared_data(relative: str) -> Path:
    """Return the path of one shared data file; skip the calling test when the folder is not there."""
    path = SHARED_DATA / relative
    if not path.exists():
        pytest.skip(f"real data not available: {relative} (set XUEFEN_SHARED_DATA)")
    return path
