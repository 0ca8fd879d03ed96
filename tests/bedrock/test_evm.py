"""What reaching a chain must not do to the process that reaches it."""

from __future__ import annotations

import subprocess
import sys


def test_nested_json_is_still_refused_and_not_the_end_of_the_process() -> None:
    """In a process of its own, because the libraries stay loaded."""
    program = """
import json, sys
before = sys.getrecursionlimit()
from xuefen.bedrock import evm
try:
    evm.address_of("00")
except evm.ChainUnusable:
    pass
assert "web3" in sys.modules and sys.getrecursionlimit() == before
try:
    json.loads("[" * 90_000)
except RecursionError:
    print("refused")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "refused\n"), done.stderr
