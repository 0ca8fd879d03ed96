"""A real EVM node behind JSON-RPC (Ganache, installed by scripts/test_tools.py), with two accounts that have coin."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from scripts.test_tools import CHAIN

KEY, STRANGER = f"0x{1:064x}", f"0x{2:064x}"


@contextmanager
def evm_node() -> Iterator[str]:
    """Its address; the test is skipped where it is not installed."""
    if not CHAIN.exists() or shutil.which("node") is None:
        pytest.skip("no chain: scripts/test_tools.py installs Ganache where npm is")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    accounts = [argument for key in (KEY, STRANGER) for argument in ("--wallet.accounts", f"{key},0xde0b6b3a7640000")]
    process = subprocess.Popen(
        ["node", str(CHAIN), "--server.port", str(port), "--chain.hardfork", "istanbul", "--logging.quiet", *accounts],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    try:
        _await(url, process)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=60)


def _await(url: str, process: subprocess.Popen[bytes]) -> None:
    ask = urllib.request.Request(
        url, b'{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]}', {"content-type": "application/json"}
    )
    for _ in range(600):
        assert process.poll() is None, "the chain ended"
        try:
            with urllib.request.urlopen(ask, timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    raise AssertionError("the chain never answered")
