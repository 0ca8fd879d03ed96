"""The database cluster on disk: where it lives, how it is made, how it is set, who is running it."""

import hashlib
import os
import shutil
import stat
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg

from xuefen.config.embedded import account as accounts
from xuefen.config.embedded import errors
from xuefen.config.embedded.account import Account
from xuefen.config.embedded.binaries import Binaries

NAME = "xuefen"  # of the database and of its superuser
PORT = 5432  # only the end of the socket's name: no network port is opened
# As root only: the cluster goes here when the borrowed user cannot enter the bank's folder.
FALLBACK = Path("/var/lib/xuefen")
# Holds the socket when the data folder's path is too long for one.
RUNTIME = Path("/tmp")  # noqa: S108  the folder made in it is private and checked
ZOMBIE_PATIENCE = 10.0  # seconds a killed server gets to be reaped
SOCKET_LIMIT = 100  # bytes; the kernel allows 107 on Linux and 103 on macOS


@dataclass(frozen=True)
class PidFile:
    """What a running server says about itself in ``postmaster.pid``. ``status`` is "ready" once it takes queries."""

    pid: int
    socket_dir: Path
    status: str


def existing(home: Path) -> Path | None:
    """Return the folder of the home's cluster, or None when there is none yet. Raises ``DataMissing``."""
    link = home / "postgres"
    data = link.resolve()
    if not data.is_dir():
        if link.is_symlink():
            raise errors.DataMissing(link=link, path=data)
        return None
    try:
        empty = not any(data.iterdir())
    except PermissionError:
        owner = accounts.name_of(data.stat().st_uid)
        raise errors.WrongOwner(path=data, owner=owner, user=accounts.name_of(os.geteuid())) from None
    return None if empty else data


def place(home: Path, *, account: Account, log: Callable[[str], None]) -> Path:
    """Decide where a new cluster goes: ``home/postgres``, or a folder in ``FALLBACK`` that it then links to.

    The link keeps the choice when permissions change or the home moves: a bank never silently starts empty.
    """
    link = home / "postgres"
    if link.is_symlink():
        return link.resolve()  # chosen by a start that was killed before the cluster was made
    if accounts.can_enter(account, home):
        return link
    # The hash keeps apart several banks; after a lost link the same bank finds its data again.
    data = FALLBACK / hashlib.sha256(os.fsencode(home)).hexdigest()[:12]
    FALLBACK.mkdir(parents=True, exist_ok=True, mode=0o755)
    data.mkdir(mode=0o700, exist_ok=True)
    if link.is_dir():
        link.rmdir()
    link.symlink_to(data)
    log(f"The user {account.name} cannot enter {home}; its database is in {data}.")
    return data


def create(data: Path, *, account: Account, binaries: Binaries) -> None:
    """Make a new cluster at ``data``, whole or not at all. Raises ``DiskFull``, ``StartFailed``, ``DataUnreachable``.

    Trust is safe because the socket's folder is closed to everyone else, and no host connection is allowed.
    """
    new = data.with_name(f"{data.name}.new")
    shutil.rmtree(new, ignore_errors=True)  # left by a start that was killed half-way
    new.mkdir(mode=0o700)
    if os.geteuid() == 0:
        os.chown(new, account.uid, account.gid)
    if not accounts.can_enter(account, new):
        new.rmdir()
        raise errors.DataUnreachable(path=new, user=account.name)
    # With plain --locale=C the character classes, and so trigrams and word boundaries, ignore Chinese.
    # The builtin provider is the same on every machine; PostgreSQL 15 and 16 have only the C library's.
    builtin = ["--locale=C", "--lc-ctype=C.UTF-8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    locale = builtin if binaries.major >= 17 else ["--locale=C.UTF-8"]
    fixed = ["--encoding=UTF8", "--data-checksums", "--auth-local=trust", "--auth-host=reject", "-U", NAME]
    done = accounts.run(account, [binaries.folder / "initdb", "-D", new, *locale, *fixed])
    if done.returncode != 0:
        shutil.rmtree(new)
        raise failure(done.stderr, data=data)
    if data.is_dir():
        data.rmdir()
    new.rename(data)


def failure(text: str, *, data: Path) -> errors.EmbeddedPostgresError:
    """Return the error that PostgreSQL's own words ``text`` amount to."""
    if "No space left on device" in text:
        return errors.DiskFull(path=data)
    return errors.StartFailed(detail=text.strip()[-2000:])


def check(data: Path, *, account: Account, binaries: Binaries) -> None:
    """Refuse an existing cluster these programs or this user cannot run. Raises this package's errors."""
    if not accounts.can_enter(account, data):
        raise errors.DataUnreachable(path=data, user=account.name)
    try:
        found = int((data / "PG_VERSION").read_text())
    except (FileNotFoundError, ValueError):
        raise errors.NotACluster(path=data) from None
    if found != binaries.major:
        raise errors.WrongMajorVersion(path=data, found=found, expected=binaries.major)


def socket_folder(data: Path, *, account: Account) -> Path:
    """Return a folder for the socket that only ``account`` (and root) can enter: the data folder when short enough.

    Raises ``PathTooLong``, ``UnsafeSocketFolder``.
    """
    folder = data
    # libpq takes a comma for the start of a second host.
    if _socket_length(data) > SOCKET_LIMIT or "," in str(data):
        tag = hashlib.sha256(os.fsencode(data)).hexdigest()[:12]
        folder = RUNTIME / f"xuefen-{account.uid}-{tag}"
        if _socket_length(folder) > SOCKET_LIMIT:
            raise errors.PathTooLong(path=folder, length=_socket_length(folder), limit=SOCKET_LIMIT)
        try:
            folder.mkdir(mode=0o700)
            if os.geteuid() == 0:
                os.chown(folder, account.uid, account.gid)
        except FileExistsError:
            pass
    facts = folder.lstat()
    if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != account.uid or facts.st_mode & 0o077:
        raise errors.UnsafeSocketFolder(path=folder, user=account.name)
    return folder


def _socket_length(folder: Path) -> int:
    return len(os.fsencode(folder / f".s.PGSQL.{PORT}"))


def settings(socket_dir: Path, *, changes: Mapping[str, str]) -> dict[str, str]:
    """Return the server's settings for a small machine, durable unless ``changes`` says otherwise.

    Raises ``ValueError`` when ``changes`` touches what keeps the server private.
    """
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2**20  # MiB
    tuned = {
        "shared_buffers": f"{max(16, min(256, memory // 8))}MB",
        "max_connections": "100",
        "max_wal_size": "2GB",
        "wal_compression": "on",  # the wheel is built without lz4
        "random_page_cost": "1.1",
        "jit": "off",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "fsync": "on",
        "full_page_writes": "on",
        "synchronous_commit": "on",
    }
    private = {
        "listen_addresses": "",
        "port": str(PORT),
        "unix_socket_directories": '"' + str(socket_dir).replace('"', '""') + '"',
        "unix_socket_permissions": "0700",
        "logging_collector": "off",  # the runner keeps the log, in the bank's folder
        "log_destination": "stderr",
    }
    refused = private.keys() & changes.keys()
    if refused:
        raise ValueError(f"settings the runner keeps to itself: {', '.join(sorted(refused))}")
    return tuned | dict(changes) | private


def url(socket_dir: Path, *, database: str = NAME) -> str:
    """Return a libpq URL for ``database`` over the socket."""
    return f"postgresql://{NAME}@/{database}?host={quote(str(socket_dir), safe='')}&port={PORT}"


def read_pid_file(data: Path) -> PidFile | None:
    """Return what ``postmaster.pid`` says, or None when there is none or it is still being written."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
        return PidFile(pid=int(lines[0]), socket_dir=Path(lines[4]), status=lines[7].strip() if len(lines) > 7 else "")
    except (FileNotFoundError, NotADirectoryError, IndexError, ValueError):
        return None


def alive(data: Path) -> PidFile | None:
    """Return the pid file when its process really is this cluster's server, not a zombie or an unrelated process."""
    said = read_pid_file(data)
    if said is None:
        return None
    program, _, rest = _command_line(said.pid).partition(" ")
    is_server = os.path.basename(program) in ("postgres", "postmaster")
    return said if is_server and f"-D {data} " in f"{rest} " else None


def running(pid: int) -> bool:
    """Whether a process of this number runs and is no zombie, whoever's it is."""
    return bool(_command_line(pid))


def _command_line(pid: int) -> str:
    """Return a process's command line, empty for a zombie or none. World-readable, unlike /proc/<pid>/cwd."""
    if not Path("/proc/self/cmdline").exists():
        return subprocess.run(["ps", "-o", "args=", "-p", str(pid)], capture_output=True, text=True).stdout.strip()
    try:
        return os.fsdecode(Path(f"/proc/{pid}/cmdline").read_bytes()).replace("\0", " ").strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def drop_stale_pid_files(data: Path, socket_dir: Path) -> None:
    """Remove a dead server's ``postmaster.pid``, and the lock beside its socket, when their number belongs to a process
    PostgreSQL cannot tell from it: an unrelated one, or the server itself as a zombie nobody reaps.

    Files whose process is gone stay: PostgreSQL itself uses them to look for backends that outlived their server. So a
    zombie is first waited for. Call only with the home's lock held and the server not alive.
    """
    deadline = time.monotonic() + ZOMBIE_PATIENCE
    for path in (data / "postmaster.pid", socket_dir / f".s.PGSQL.{PORT}.lock"):
        while (pid := _named_in(path)) is not None and _is_taken(pid):
            if running(pid) or time.monotonic() > deadline:
                path.unlink(missing_ok=True)
            else:
                time.sleep(0.02)


def _named_in(path: Path) -> int | None:
    """The process a lock file names."""
    try:
        return int(path.read_text().partition("\n")[0])
    except (FileNotFoundError, ValueError):
        return None


def _is_taken(pid: int) -> bool:
    """Whether there is a process of this number, also a zombie."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def signal_server(data: Path, number: int) -> None:
    """Send a signal to the cluster's server if there is one. Raises ``WrongOwner``."""
    said = alive(data)
    if said is None:
        return
    try:
        os.kill(said.pid, number)
    except ProcessLookupError:
        return
    except PermissionError:
        owner = accounts.name_of(data.stat().st_uid)
        raise errors.WrongOwner(path=data, owner=owner, user=accounts.name_of(os.geteuid())) from None


def prepare(socket_dir: Path) -> None:
    """Make the bank's database if it is missing and assert that it knows Chinese characters as letters.

    Raises ``WrongLocale``, and ``psycopg.Error`` when the server breaks off.
    """
    with psycopg.connect(url(socket_dir, database="postgres"), autocommit=True) as connection:
        query = "SELECT 1 FROM pg_database WHERE datname = %s"
        missing = connection.execute(query, (NAME,)).fetchone() is None
        if missing:
            connection.execute(f"CREATE DATABASE {NAME}".encode())
    with psycopg.connect(url(socket_dir)) as connection:
        query = """SELECT pg_encoding_to_char(encoding), datctype, '学' ~ '^[[:alpha:]]$' AND lower('É') = 'é'
                   FROM pg_database WHERE datname = current_database()"""
        row = connection.execute(query).fetchone()
        assert row is not None
        encoding, ctype, letters = row
        if encoding != "UTF8" or not ctype.upper().endswith(("UTF-8", "UTF8")) or not letters:
            raise errors.WrongLocale(detail=f"encoding {encoding}, ctype {ctype}")
        if missing:
            _assert_trigrams(connection)


def _assert_trigrams(connection: psycopg.Connection) -> None:
    """Compute real trigrams once, in a transaction that is rolled back: the extension stays the schema's business."""
    connection.execute("CREATE EXTENSION pg_trgm")
    row = connection.execute("SELECT cardinality(show_trgm('学分'))").fetchone()
    connection.rollback()
    if row is None or row[0] == 0:
        raise errors.WrongLocale(detail="pg_trgm")
