"""Somebody else's monitor follows our log over HTTP: Go's own code for its checksum database (tests/bank/monitor.go)."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from scripts.test_tools import GO_LIBRARY

from tests.bank import foundation_builders as build
from tests.bank.test_translog_killed import seal_and_kill
from tests.faces import desk_builders as desk
from xuefen.bank.custody import actions as custody
from xuefen.bank.shell import clock
from xuefen.bank.translog import actions, queries
from xuefen.bedrock.cosignatures import vkey_of
from xuefen.bedrock.gm import ScryptCost
from xuefen.bedrock.gm.keys import BANK_PURPOSES, FileKeyProvider

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("tests.faces.desk_urls")]
Monitor = Callable[[], "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("go") is None or not GO_LIBRARY.is_dir():
        pytest.skip("no foreign monitor: scripts/test_tools.py installs Go and golang-golang-x-mod-dev from Debian")
    folder = tmp_path_factory.mktemp("monitor")
    settings = {"GO111MODULE": "off", "GOPATH": "/usr/share/gocode", "GOCACHE": str(folder / "cache"), "GOFLAGS": ""}
    source = Path(__file__).with_name("monitor.go")
    subprocess.run(
        ["go", "build", "-o", str(folder / "monitor"), str(source)], check=True, env=os.environ | settings, timeout=300
    )
    return folder / "monitor"


@pytest.fixture
def log(settings: Any, tmp_path: Path, own_keys: Path) -> Path:
    """A log under SHA-256 and Ed25519, in folders of its own."""
    settings.XUEFEN_LOG, settings.XUEFEN_PUBLIC = tmp_path / "log", tmp_path / "public"
    settings.XUEFEN_KEYS = tmp_path / "keys256"
    FileKeyProvider.create(
        settings.XUEFEN_KEYS, settings.XUEFEN_PASSPHRASE, cost=ScryptCost(n=2**10),
        purposes={**BANK_PURPOSES, "log": "ed25519"},
    )  # fmt: skip
    desk.node()
    return tmp_path / "log"


@pytest.fixture
def monitor(program: Path, log: Path, live_server: Any, tmp_path: Path) -> Monitor:
    def run() -> subprocess.CompletedProcess[str]:
        known = [str(program), f"{live_server.url}/log", vkey_of(queries.verifiers()[-1]), str(tmp_path / "state")]
        return subprocess.run(known, capture_output=True, text=True, timeout=300, check=False)

    return run


def seal(count: int) -> None:
    with transaction.atomic():
        actions.append_many(bodies=[f'{{"n":{n}}}'.encode() for n in range(count)])
    actions.seal_all(now=clock.now())


def followed(run: subprocess.CompletedProcess[str]) -> tuple[int, int]:
    assert run.returncode == 0, run.stderr
    first, size, _ = run.stdout.split()
    return int(first), int(size)


def test_it_follows_through_growths_in_parts_of_tiles_and_over_them(monitor: Monitor) -> None:
    for grown, (first, size) in [(5, (0, 5)), (295, (5, 300)), (468, (300, 768)), (1, (768, 769))]:
        seal(grown)
        assert followed(monitor()) == (first, size)
    assert followed(monitor()) == (769, 769), "nothing new"


def test_it_reads_a_cosigned_checkpoint_and_one_signed_with_two_keys(
    monitor: Monitor, live_server: Any, tmp_path: Path
) -> None:
    seal(3)
    (mine, *_), cosigner = queries.verifiers(), queries.witness_verifiers()[1]
    actions.watch(origin=mine.name, vkey=vkey_of(mine), hash="sha256", by=build.HOUSE, now=build.NOW)
    actions.add_witness(vkey=vkey_of(cosigner), url=f"{live_server.url}/log/witness", by=build.HOUSE, now=build.NOW)
    assert not actions.ask_witnesses(now=build.NOW)[0].error
    assert len((tmp_path / "log/checkpoint").read_text().splitlines()) == 6, "its own line and the witness's"
    assert followed(monitor()) == (0, 3)
    custody.rotate(purpose="log", reason="routine", by=build.HOUSE, now=clock.now())
    seal(300)
    assert followed(monitor())[0] == 3, "the monitor still knows the old key only"


@pytest.mark.parametrize("point", [("os.rename", "/tile/", 4), ("os.rename", "/checkpoint", 1)])
def test_it_follows_a_log_whose_sequencer_was_killed(
    monitor: Monitor, log: Path, settings: Any, point: tuple[str, str, int]
) -> None:
    seal(5)
    assert followed(monitor()) == (0, 5)
    with transaction.atomic():
        actions.append_many(bodies=[b"fact %d" % n for n in range(595)])
    seal_and_kill(point, log, settings.XUEFEN_KEYS)
    assert followed(monitor()) == (5, 5), "nothing is told yet"
    seal(1)
    assert followed(monitor()) == (5, 601)


@pytest.mark.parametrize("path", ["tile/entries/000", "tile/0/000", "tile/1/000.p/1", "checkpoint"])
def test_it_notices_one_changed_byte(monitor: Monitor, log: Path, path: str) -> None:
    seal(256)
    file = log / path
    data = bytearray(file.read_bytes())
    data[-20] ^= 1
    file.write_bytes(data)
    assert monitor().returncode != 0


def test_it_notices_another_history(monitor: Monitor, log: Path, tmp_path: Path) -> None:
    seal(3)
    assert followed(monitor()) == (0, 3)
    kept = (tmp_path / "state").read_text()
    lines = kept.split("\n")
    for told in (f"{lines[0]}\n2\n{lines[2]}\n", f"{lines[0]}\n9\n{lines[2]}\n"):  # as if it had seen another tree
        (tmp_path / "state").write_text(told)
        assert monitor().returncode != 0
