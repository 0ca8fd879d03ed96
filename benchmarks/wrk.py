"""wrk, and what it says; every answer is looked at, so that fast refusals count as nothing."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

SECONDS, WARM_UP = 10, 8
MARKED = """
wrong, example = 0, ""  -- global, so that done() can ask each thread for its own
local threads, others = {}, setup
function setup(thread) table.insert(threads, thread); if others then others(thread) end end
function response(status, headers, body)
  if status ~= STATUS or not string.find(body, MARKER, 1, true) then
    wrong, example = wrong + 1, status .. " " .. string.sub(body, 1, 200)
  end
end
function done()
  local all, last = 0, ""
  for _, thread in ipairs(threads) do
    all = all + thread:get("wrong")
    if thread:get("example") ~= "" then last = thread:get("example") end
  end
  print("Wrong answers: " .. all .. " " .. string.gsub(last, "%s+", " "))
end
"""


def require() -> None:
    if shutil.which("wrk") is None:
        raise RuntimeError("wrk is not installed: apt-get install wrk")


def wrk(
    address: str, *, scratch: Path, marker: str, status: int = 200, connections: int = 16, script: str = ""
) -> dict[str, float]:
    """Answers a second and their median and 99th percentile in milliseconds. ``script`` is Lua that makes the requests.

    Raises ``RuntimeError`` when any answer is not of ``status`` or does not hold ``marker``.
    """
    path = scratch / "wrk.lua"
    marked = MARKED.replace("STATUS", str(status)).replace("MARKER", json.dumps(marker))
    path.write_text(script + marked, encoding="utf-8")
    for seconds in (
        WARM_UP,
        SECONDS,
    ):  # unmeasured first: workers that have just started import, and open keys, on demand
        said = subprocess.run(
            ["wrk", f"-t{min(2, connections)}", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s", "--latency",
             "-s", str(path), address],
            capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
    rate, wrong = re.search(r"Requests/sec:\s+([\d.]+)", said), re.search(r"Wrong answers: (\d+) (.*)", said)
    half, most = (re.search(rf"{share}%\s+([\d.]+)(us|ms|s)", said) for share in (50, 99))
    if rate is None or wrong is None or half is None or most is None or float(rate[1]) == 0:
        raise RuntimeError(f"{address}: {said}")
    if wrong[1] != "0" or "Socket errors" in said:
        raise RuntimeError(f"{address}: {wrong[0]} {said}")
    return {"per_s": round(float(rate[1]), 1), "p50_ms": _ms(half), "p99_ms": _ms(most)}


def _ms(found: re.Match[str]) -> float:
    return round(float(found[1]) * {"us": 0.001, "ms": 1, "s": 1000}[found[2]], 2)
