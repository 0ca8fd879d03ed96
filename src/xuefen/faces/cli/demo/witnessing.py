"""Two small witnesses beside the demo's bank, as two cities without a bank would run them: real ones, on this machine."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings

from xuefen.bank.translog import actions as translog
from xuefen.bank.translog import queries as log
from xuefen.bedrock.cosignatures import vkey_of
from xuefen.bedrock.gm import ScryptCost
from xuefen.faces.cli.demo import stage
from xuefen.witness.store import Witness
from xuefen.witness.web import server

CITIES = ("jiaxing", "ningbo")
_CHEAP = ScryptCost(n=2**10)  # keys that guard nothing: the demo is to begin soon


@dataclass(frozen=True, slots=True)
class Beside:
    """One witness: its folder (the home of its own ``xuefen witness serve``), its name and key, and where it listens."""

    folder: Path
    name: str
    vkey: str
    port: int
    watches: str

    @property
    def arguments(self) -> list[str]:
        """What to say to ``xuefen`` so that it goes on after the story."""
        return ["witness", "serve", "--name", self.name, "--log", self.watches, "--port", str(self.port)]


@contextmanager
def beside() -> Iterator[list[Beside]]:
    """Both, with new keys and an empty memory, answering until the story is over."""
    place = Path(settings.XUEFEN_HOME) / "witnesses"
    shutil.rmtree(place, ignore_errors=True)  # they remember the log of the demo before
    with ExitStack() as stack:
        yield [_begin(place / city, f"{city}.demo.xuefen.local/witness", stack) for city in CITIES]


def _begin(folder: Path, name: str, stack: ExitStack) -> Beside:
    _keep_passphrase(folder / "secrets")
    watches = vkey_of(log.verifier())
    witness = Witness(
        folder=folder / "witness", name=name, logs=[watches], passphrase=settings.XUEFEN_PASSPHRASE, cost=_CHEAP
    )
    running = stack.enter_context(server(witness, host="127.0.0.1", port=0))
    threading.Thread(target=running.serve_forever, daemon=True).start()
    stack.callback(running.shutdown)
    return Beside(folder, name, vkey_of(witness.verifiers[0]), running.server_port, watches)


def _keep_passphrase(folder: Path) -> None:
    folder.mkdir(parents=True, mode=0o700)
    with os.fdopen(os.open(folder / "passphrase", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(settings.XUEFEN_PASSPHRASE)


def ask_from_now_on(witnesses: list[Beside], *, now: datetime) -> None:
    """The bank asks both, and tells verifiers to want both."""
    for one in witnesses:
        translog.add_witness(vkey=one.vkey, url=f"http://127.0.0.1:{one.port}", by=stage.HOUSE, now=now)
    translog.set_policy(need=len(witnesses), by=stage.HOUSE, now=now)


def cosigned(*, now: datetime) -> int:
    """Seal and have it cosigned by all; how many leaves both have seen. Raises RuntimeError when one did not."""
    translog.seal_all(now=now)
    asked = translog.ask_witnesses(now=now)
    if any(answer.error for answer in asked):
        raise RuntimeError(f"a witness did not cosign: {asked}")
    return log.log_size()
