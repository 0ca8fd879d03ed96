"""What the tests need besides Python: Chromium, CJK fonts, a PKCS#11 token, another PDF reader, another log reader. From
Debian when we are root.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

GO_LIBRARY = Path("/usr/share/gocode/src/golang.org/x/mod/sumdb")
"""Go's code for its checksum database: a monitor that is not ours."""
FONT_FOLDERS = (Path("/usr/share/fonts"), Path.home() / ".fonts", Path.home() / ".local/share/fonts")


def missing_packages() -> list[str]:
    """Debian packages that are needed and not there."""
    missing = []
    if not (shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")):
        missing.append("chromium")
    if not any(folder.is_dir() and any(folder.rglob("NotoSerifCJK*")) for folder in FONT_FOLDERS):
        missing.append("fonts-noto-cjk")
    if not shutil.which("softhsm2-util"):
        missing.append("softhsm2")
    if shutil.which("pdfsig") is None:
        missing.append("poppler-utils")
    if not shutil.which("go"):
        missing.append("golang-go")
    if not GO_LIBRARY.is_dir():
        missing.append("golang-golang-x-mod-dev")
    return missing


GANACHE = "ganache@7.9.2"  # the last one: its makers ended it, and nothing smaller speaks JSON-RPC as a chain does
CHAIN_FOLDER = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "xuefen-tests" / GANACHE
CHAIN = CHAIN_FOLDER / "node_modules" / "ganache" / "dist" / "node" / "cli.js"


def install_chain() -> None:
    """Ganache in a folder of its own; without npm, or without a registry, the tests that use it say so and are skipped."""
    if CHAIN.exists():
        return
    if shutil.which("npm") is None:
        print("The test of anchoring needs Node's npm; without it, it is skipped.", file=sys.stderr)
        return
    print(f"Installing {GANACHE} (once)…")
    quiet = ["--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--fetch-retries=1", "--fetch-timeout=30000"]
    wanted = ["npm", "install", *quiet, "--prefix", str(CHAIN_FOLDER), GANACHE]
    CHAIN_FOLDER.mkdir(parents=True, exist_ok=True)
    try:
        subprocess.run(wanted, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=180, check=True)
    except (subprocess.SubprocessError, OSError):
        print(f"{GANACHE} could not be installed; the test of anchoring is skipped.", file=sys.stderr)


def main() -> int:
    install_chain()
    missing = missing_packages()
    if not missing:
        return 0
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        print(
            f"The tests need {' and '.join(missing)}. On Debian: sudo apt-get install {' '.join(missing)}\n"
            "Without them the tests that use them are skipped and say so.",
            file=sys.stderr,
        )
        return 0
    print(f"Installing {' '.join(missing)} from Debian (once)…")
    quiet = {"stdout": subprocess.DEVNULL, "stdin": subprocess.DEVNULL}
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "-qq"], check=True, env=environment, **quiet)
    subprocess.run(
        ["apt-get", "install", "-qq", "-y", "--no-install-recommends", *missing], check=True, env=environment, **quiet
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
