"""The Chinese fonts certificates are set in: found on this machine, else taken from Debian, once.

As root they are installed like any package; as an ordinary user they are unpacked into the bank's own folder
(XUEFEN_HOME/fonts). Nothing is downloaded when they are there. Exit status 1 when there are none in the end.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from xuefen.bank.certificates.pdf.fonts import FAMILIES, find_fonts
from xuefen.bank.shell.problems import Denied

PACKAGE = "fonts-noto-cjk"
_QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "stdin": subprocess.DEVNULL}


def _found(own: Path) -> tuple[str, ...]:
    find_fonts.cache_clear()
    try:
        return find_fonts(own)
    except Denied:
        return ()


def _apt(*arguments: str, folder: Path | None = None) -> bool:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    return subprocess.run(["apt-get", *arguments], cwd=folder, env=environment, check=False, **_QUIET).returncode == 0


def install() -> bool:
    """As root: the Debian package."""
    wanted = ("install", "-qq", "-y", "--no-install-recommends", PACKAGE)
    return _apt(*wanted) or (_apt("update", "-qq") and _apt(*wanted))


def unpack_into(own: Path) -> bool:
    """As an ordinary user: the same package, unpacked into the bank's folder, whole or not at all."""
    if shutil.which("dpkg-deb") is None:
        return False
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        if not _apt("download", PACKAGE, folder=work):
            return False
        for package in work.glob("*.deb"):
            subprocess.run(["dpkg-deb", "-x", str(package), str(work / "tree")], check=True, **_QUIET)
        own.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=".fonts-", dir=own.parent))
        for font in (work / "tree").rglob("Noto*CJK-*.ttc"):
            shutil.copy(font, beside / font.name)
        beside.chmod(0o755)
        if own.exists():
            for font in beside.iterdir():
                font.replace(own / font.name)
            beside.rmdir()
        else:
            beside.rename(own)
    return True


def main() -> int:
    own = Path(os.environ.get("XUEFEN_HOME", "var")).resolve() / "fonts"
    if _found(own):
        return 0
    print(f"Fetching {PACKAGE} from Debian for certificates (once, some 60 MB)…", flush=True)
    if shutil.which("apt-get") is not None and (install() if os.geteuid() == 0 else unpack_into(own)) and _found(own):
        return 0
    print(
        f"缺少中文字体，证书暂时不能生成 PDF（JSON 证书不受影响）。请安装 {PACKAGE}，\n"
        f"或把 NotoSerifCJK*.ttc 和 NotoSansCJK*.ttc 放进 {own}。\n"
        f"The Chinese fonts are missing ({', '.join(FAMILIES)}): no PDF can be set, JSON certificates are not affected.\n"
        f"Install {PACKAGE} (Debian, Ubuntu) or noto-cjk fonts of your system, or copy NotoSerifCJK*.ttc and\n"
        f"NotoSansCJK*.ttc into {own}.",
        file=sys.stderr,
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
