"""Which system user PostgreSQL runs as, and how a program is run as that user without outliving us.

PostgreSQL refuses to run as root. Nothing here creates a user: as root an existing one is borrowed.
"""

import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from xuefen.config.embedded import errors

PREFERRED = ("postgres", "nobody")

# A fresh interpreter rather than preexec_fn, which runs Python between fork and exec and may deadlock in a threaded
# program. It starts with our own rights, so it works although the interpreter may be closed to the other user. The
# parent-death signal is cleared by setuid, hence set after it; the parent may be dead by then, hence the last check.
_SHIM = """
import ctypes, os, sys
uid, gid, parent, sig = map(int, sys.argv[1:5])
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
os.umask(0o077)
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, sig, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)
os.execv(sys.argv[5], sys.argv[5:])
"""


@dataclass(frozen=True)
class Account:
    """An existing, unprivileged system user."""

    uid: int
    gid: int
    name: str


def name_of(uid: int) -> str:
    """Return the user's name, or the number itself where the user database does not know it."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def choose(*, data: Path | None, home: Path) -> Account:
    """Return the user PostgreSQL runs as: ourselves, or as root the owner of the data, of the home, or a system user.

    ``data`` is an existing cluster, or None before the first start. Raises ``WrongOwner`` when the data belongs to
    root or, for an ordinary user, to somebody else, and ``NoAccount`` when the user database has no usable entry.
    """
    me = os.geteuid()
    if data is not None:
        owner = data.stat().st_uid
        if owner == 0 or me not in (0, owner):
            raise errors.WrongOwner(path=data, owner=name_of(owner), user=name_of(me))
        return _account(owner)
    if me != 0:
        return _account(me)
    if home.stat().st_uid != 0:
        return _account(home.stat().st_uid)
    entries = {entry.pw_name: entry for entry in reversed(pwd.getpwall()) if entry.pw_uid != 0}
    for name in (*PREFERRED, *entries):
        if name in entries:
            return _account(entries[name].pw_uid)
    raise errors.NoAccount(uid=me)


def _account(uid: int) -> Account:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        raise errors.NoAccount(uid=uid) from None
    return Account(uid=entry.pw_uid, gid=entry.pw_gid, name=entry.pw_name)


def command(account: Account, arguments: Sequence[str | Path], *, on_our_death: signal.Signals) -> list[str]:
    """Return the command line that runs ``arguments`` as ``account``.

    On Linux the program gets the signal ``on_our_death`` when the thread that started it ends, also by kill -9.
    """
    prefix = [sys.executable, "-I", "-S", "-c", _SHIM]
    numbers = (account.uid, account.gid, os.getpid(), int(on_our_death))
    return [*prefix, *map(str, numbers), *map(str, arguments)]


def run(account: Account, arguments: Sequence[str | Path]) -> subprocess.CompletedProcess[str]:
    """Run a short program as ``account`` to its end and return its output and exit status."""
    return subprocess.run(
        command(account, arguments, on_our_death=signal.SIGINT),
        cwd="/",
        env=environment(),
        text=True,
        errors="replace",
        capture_output=True,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )


def environment() -> dict[str, str]:
    """Return our environment without PG* variables, and with English messages because errors are told by them."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return kept | {"LC_ALL": "C"}


def can_enter(account: Account, folder: Path) -> bool:
    """Return whether the user can pass through ``folder`` and all above it; the kernel is asked, so ACLs count."""
    return run(account, ["/bin/sh", "-c", 'test -x "$0"', folder]).returncode == 0
