"""Start, join and stop the one server of a bank's folder.

``home/postgres.lock`` is held (flock) by the process that starts a server, for as long as the server lives. Whoever
gets the lock may start; whoever does not waits until the holder's server is ready, and joins it. The kernel frees
the lock when its holder dies in any way, so no state on disk ever has to be believed.
"""

import fcntl
import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import psycopg

from xuefen.config.embedded import account as accounts
from xuefen.config.embedded import binaries, cluster, errors
from xuefen.config.embedded.account import Account
from xuefen.config.embedded.binaries import Binaries

LOG_LIMIT = 10 * 2**20  # bytes; beyond it the log is moved to postgres.log.1
START_TIMEOUT = 120.0  # seconds; long enough for recovery after a crash
GRACE = 3.0  # seconds other sessions get to end before they are cut off
_TICK = 0.01  # seconds

# A forked child would keep the lock of a parent that was killed.
_held: set[int] = set()


def _forget_locks() -> None:
    for descriptor in _held:
        os.close(descriptor)
    _held.clear()


os.register_at_fork(after_in_child=_forget_locks)


@dataclass(frozen=True)
class Server:
    """A running server. ``url`` is for libpq, psycopg and Django; ``joined`` says that another process started it."""

    url: str
    socket_dir: Path
    pid: int
    joined: bool
    data_dir: Path


@contextmanager
def running(
    home: Path,
    *,
    log: Callable[[str], None] = lambda line: None,
    settings: Mapping[str, str] | None = None,
    grace: float = GRACE,
    timeout: float = START_TIMEOUT,
    share: bool = False,
) -> Iterator[Server]:
    """Give the server of the bank's folder ``home``: start it, or join the one another process started.

    The starter stops it on leaving: no new sessions at once, open ones (also those of processes that joined) are cut
    off after ``grace`` seconds. A joined server is left alone. If the starter dies, the server shuts down by itself
    (on Linux; elsewhere the next start or ``stop`` ends it), and open sessions everywhere are cut off.

    ``share`` is for work that ends by itself: others who start with it wait for us before they stop, and we for them.

    ``settings`` override the server's settings where we start it, for example ``{"fsync": "off"}`` in tests.
    ``log`` receives sentences for the operator. ``timeout`` is in seconds. Raises ``EmbeddedPostgresError``.
    """
    home = home.resolve()
    home.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + timeout
    while (lock := _take_lock(home)) is None:
        with _using(home, share=share) as admitted:
            joined = status(home) if admitted else None
            if joined is not None and _answers(joined.url):
                yield joined
                return
        if time.monotonic() > deadline:
            raise errors.NotReady(path=home, seconds=timeout, log=home / "postgres.log")
        time.sleep(5 * _TICK)
    starter = os.getpid()
    keeper = _Keeper(home, lock)
    try:
        yield _start(home, keeper=keeper, log=log, changes=settings or {}, deadline=deadline, timeout=timeout)
    finally:
        # A forked child that unwinds the same block must not stop its parent's server.
        if os.getpid() == starter:
            try:
                users = _when_unused(home, log=log) if share else None
            finally:
                keeper.close(grace)
            if users is not None:
                _release(users)  # held until now, so that nobody joins a server that is stopping


def exists(home: Path) -> bool:
    """Whether ``home`` holds a database already. Raises ``DataMissing``, ``WrongOwner``."""
    return cluster.existing(home.resolve()) is not None


def status(home: Path) -> Server | None:
    """Return the server that is ready to serve ``home``, or None. Raises ``WrongOwner`` when it is not ours to see."""
    data = cluster.existing(home.resolve())
    said = cluster.alive(data) if data is not None else None
    if data is None or said is None or said.status != "ready":
        return None
    return Server(
        url=cluster.url(said.socket_dir), socket_dir=said.socket_dir, pid=said.pid, joined=True, data_dir=data
    )


def stop(home: Path, *, grace: float = GRACE) -> bool:
    """Stop the home's server, whoever started it; return whether one was running.

    Open sessions are cut off after ``grace`` seconds. Raises ``NotStopped``, ``WrongOwner``.
    """
    data = cluster.existing(home.resolve())
    if data is None or cluster.alive(data) is None:
        return False
    _stop_cluster(data, grace=grace)
    return True


def _stop_cluster(data: Path, *, grace: float) -> None:
    def send(number: int) -> None:
        cluster.signal_server(data, number)

    said = cluster.alive(data)

    def gone() -> bool:
        # The server takes its pid file away a moment before its process ends.
        return cluster.alive(data) is None and (said is None or not cluster.running(said.pid))

    _shut_down(send, gone=gone, grace=grace, data=data)


def _shut_down(send: Callable[[int], None], *, gone: Callable[[], bool], grace: float, data: Path) -> None:
    """Smart, then fast, then immediate shutdown; none loses a committed row. Times are in seconds."""
    for number, patience in ((signal.SIGTERM, grace), (signal.SIGINT, 60.0), (signal.SIGQUIT, 15.0)):
        send(number)
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            if gone():
                return
            time.sleep(_TICK)
    raise errors.NotStopped(path=data)


class _Keeper(threading.Thread):
    """The thread that is the server's parent: it starts it, reaps it, and then frees the home's lock.

    It is a thread of its own because the parent-death signal comes when the starting *thread* ends, whichever that
    is, and because an unreaped server would be a zombie whose pid file blocks the next start.
    """

    def __init__(self, home: Path, lock: int) -> None:
        super().__init__(name="embedded-postgresql", daemon=True)
        self.log_path = home / "postgres.log"
        self._home = home
        self._lock = lock
        self._ended = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._error: OSError | None = None
        self._log_start = 0

    def launch(self, command: list[str], *, data: Path, deadline: float, timeout: float) -> int:
        """Start the server and return its pid once it takes queries. Raises ``StartFailed``, ``NotReady``, …"""
        self._command, self._data, self._deadline = command, data, deadline
        self.start()
        while not self._ended.wait(_TICK):
            said = cluster.read_pid_file(data)
            ours = self._process is not None and said is not None and said.pid == self._process.pid
            if ours and said is not None and said.status == "ready":
                threading.Thread(target=self._watch_log, name="embedded-postgresql-log", daemon=True).start()
                return said.pid
            if time.monotonic() > deadline:
                raise errors.NotReady(path=data, seconds=timeout, log=self.log_path)
        raise cluster.failure(str(self._error) if self._error else self._said(), data=data)

    def close(self, grace: float) -> None:
        """Stop the server if it runs, wait for its end and free the lock."""
        if not self.is_alive():
            self._free_lock()
            return

        def send(number: int) -> None:
            if self._process is not None:
                self._process.send_signal(number)

        self._deadline = 0.0
        _shut_down(send, gone=self._ended.is_set, grace=grace, data=self._data)

    def run(self) -> None:
        try:
            self._serve()
            # Backends of a server that was killed take a moment to notice, and PostgreSQL waits for none of them.
            while "pre-existing shared memory block" in self._said() and time.monotonic() < self._deadline:
                time.sleep(20 * _TICK)
                self._serve()
        except OSError as error:
            self._error = error
        finally:
            self._free_lock()
            self._ended.set()

    def _serve(self) -> None:
        with self._open_log() as stream:
            self._process = subprocess.Popen(
                self._command,
                cwd="/",
                env=accounts.environment(),
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
                start_new_session=True,  # Ctrl-C is for us; we then end the server in order
            )
        self._process.wait()

    def _open_log(self) -> BinaryIO:
        _trim(self.log_path)
        # Appending, so that trimming works while the server writes; no link is followed, as root may be writing.
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(self.log_path, flags, 0o600)
        give_to_owner(self._home, descriptor)
        self._log_start = os.fstat(descriptor).st_size
        return os.fdopen(descriptor, "ab")

    def _said(self) -> str:
        """Return the end of what the last server wrote into the log."""
        with self.log_path.open("rb") as stream:
            size = stream.seek(0, os.SEEK_END)
            stream.seek(max(self._log_start, size - 10_000))
            return stream.read().decode(errors="replace")

    def _watch_log(self) -> None:
        while not self._ended.wait(60):
            _trim(self.log_path)

    def _free_lock(self) -> None:
        _release(self._lock)


def _trim(path: Path) -> None:
    """Move a log that has grown too long to ``.1``; a line written in that instant may be lost."""
    if path.is_file() and path.stat().st_size > LOG_LIMIT:
        shutil.copy2(path, path.with_name(f"{path.name}.1"))
        os.truncate(path, 0)


def give_to_owner(home: Path, descriptor: int) -> None:
    """Let the home's owner use a file that root has made there."""
    if os.geteuid() == 0:
        facts = home.stat()
        os.fchown(descriptor, facts.st_uid, facts.st_gid)


def _take_lock(home: Path) -> int | None:
    """Return a descriptor holding the home's lock, or None while another holds it. Raises ``WrongOwner``."""
    path = home / "postgres.lock"
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except PermissionError:
        if home.stat().st_uid == os.geteuid():
            raise  # ours, only closed: the owner is not what is wrong
        owner = accounts.name_of(home.stat().st_uid)
        raise errors.WrongOwner(path=home, owner=owner, user=accounts.name_of(os.geteuid())) from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    _held.add(descriptor)
    give_to_owner(home, descriptor)
    return descriptor


@contextmanager
def _using(home: Path, *, share: bool) -> Iterator[bool]:
    """Hold the server for ourselves; False when its starter is about to stop it."""
    if not share:
        yield True
        return
    descriptor = _open_users(home)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        _release(descriptor)
        yield False
        return
    try:
        yield True
    finally:
        _release(descriptor)


def _when_unused(home: Path, *, log: Callable[[str], None]) -> int:
    """Wait until nobody else uses the server; return a descriptor that keeps others away while it is open."""
    descriptor = _open_users(home)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        log("Waiting for other commands that use this database.")
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    return descriptor


def _open_users(home: Path) -> int:
    descriptor = os.open(home / "postgres.users", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    _held.add(descriptor)
    give_to_owner(home, descriptor)
    return descriptor


def _release(descriptor: int) -> None:
    """Let a lock go, unless a fork has already closed it for us."""
    if descriptor in _held:
        _held.discard(descriptor)
        os.close(descriptor)


def _answers(url: str) -> bool:
    try:
        with psycopg.connect(url, connect_timeout=5) as connection:
            connection.execute("SELECT 1")
    except psycopg.OperationalError:
        return False
    return True


def _start(
    home: Path,
    *,
    keeper: _Keeper,
    log: Callable[[str], None],
    changes: Mapping[str, str],
    deadline: float,
    timeout: float,
) -> Server:
    """Start the server with the home's lock held."""
    data, account, programs = _cluster(home, log=log)
    if cluster.alive(data) is not None:
        # Its starter is dead, as the lock shows: it is shutting down, or nobody would ever stop it.
        log("Ending a server whose starter is gone.")
        _stop_cluster(data, grace=0)
    socket_dir = cluster.socket_folder(data, account=account)
    cluster.drop_stale_pid_files(data, socket_dir)
    arguments: list[str | Path] = [programs.folder / "postgres", "-D", data]
    for name, value in cluster.settings(socket_dir, changes=changes).items():
        arguments += ["-c", f"{name}={value}"]
    command = accounts.command(account, arguments, on_our_death=signal.SIGINT)
    pid = keeper.launch(command, data=data, deadline=deadline, timeout=timeout)
    try:
        cluster.prepare(socket_dir)
    except psycopg.OperationalError as error:
        raise cluster.failure(str(error), data=data) from error
    log(f"PostgreSQL {programs.version} is running as {account.name} in {data}.")
    return Server(url=cluster.url(socket_dir), socket_dir=socket_dir, pid=pid, joined=False, data_dir=data)


def _cluster(home: Path, *, log: Callable[[str], None]) -> tuple[Path, Account, Binaries]:
    """Return the home's cluster, made if there was none, with the user and the programs to run it."""
    data = cluster.existing(home)
    account = accounts.choose(data=data, home=home)
    programs = binaries.runnable_by(account)
    if data is None:
        data = cluster.place(home, account=account, log=log)
        if data.is_dir() and any(data.iterdir()):
            log(f"The link in {home} was lost; using the database found in {data}.")
            account = accounts.choose(data=data, home=home)
        else:
            log(f"Making a database in {data} with PostgreSQL {programs.version}.")
            cluster.create(data, account=account, binaries=programs)
    cluster.check(data, account=account, binaries=programs)
    return data.resolve(), account, programs
