"""A PKCS#11 token in software (SoftHSM from Debian, installed by scripts/test_tools.py), one for each run of the tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

PIN = "2468"
PLACES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/softhsm/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
)


@contextmanager
def soft_token() -> Iterator[str]:
    """The token's PKCS#11 URI, without an ``object``; skips with the reason where SoftHSM cannot be installed."""
    module = next((place for place in PLACES if Path(place).exists()), None)
    if module is None or shutil.which("softhsm2-util") is None:
        pytest.skip("SoftHSM is not here: apt-get install softhsm2 (scripts/test_tools.py does it as root)")
    folder = Path(tempfile.mkdtemp(prefix="xuefen-token-"))
    (folder / "tokens").mkdir()
    (folder / "softhsm2.conf").write_text(f"directories.tokendir = {folder / 'tokens'}\nlog.level = ERROR\n")
    before = os.environ.get("SOFTHSM2_CONF")
    os.environ["SOFTHSM2_CONF"] = str(folder / "softhsm2.conf")
    made = ["softhsm2-util", "--init-token", "--free", "--label", "the bank", "--pin", PIN, "--so-pin", "13579"]
    subprocess.run(made, check=True, stdout=subprocess.DEVNULL, timeout=120)
    (folder / "pin").write_text(f"{PIN}\n")
    try:
        yield f"pkcs11:token=the%20bank?module-path={module}&pin-source=file:{folder / 'pin'}"
    finally:
        if before is None:
            del os.environ["SOFTHSM2_CONF"]
        else:
            os.environ["SOFTHSM2_CONF"] = before
        shutil.rmtree(folder, ignore_errors=True)
