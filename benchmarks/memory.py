"""Memory of depositing: the peak of the process that deposits a file of 100,000 rows, and of one that deposits 2,000,000.

Each file is deposited by a process of its own, as `xuefen deposit` does it, into the same bank, for the same 20,000 learners;
the peak is the system's own high-water mark of that process, and of the readers it starts, added (`VmHWM`). *Before* is the same
process when all is loaded and nothing deposited. Flat means that twenty times the rows need about the same memory.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.running import descendants

if TYPE_CHECKING:
    from benchmarks.__main__ import Context

SIZES = (100_000, 2_000_000)
MOST_TIMES = 1.25
"""Above this ratio of the two peaks the memory is not flat, and the benchmark fails."""


def run(context: Context) -> dict[str, Any]:
    from benchmarks.deposit import prepare, sheet

    accounts = prepare(context)
    found: dict[str, Any] = {}
    peaks = []
    for turn, rows in enumerate(SIZES):
        path = sheet(context.scratch / f"{rows}.csv", accounts, rows=rows, awarded_on=date(2022 + 2 * turn, 6, 30))
        said = _deposited(path)
        if said["accepted"] != rows:
            raise RuntimeError(f"not the deposit that was meant: {said}")
        context.say(f"{rows:,} rows: {said}")
        path.unlink()
        peaks.append(said["peak_mib"])
        found |= {f"rows_{rows}_{name}": said[name] for name in ("before_mib", "peak_mib", "rows_per_s")}
    times = peaks[-1] / peaks[0]
    if times > MOST_TIMES:
        raise RuntimeError(f"memory grows with the rows: {peaks} MiB")
    return found | {"times_the_rows": SIZES[-1] // SIZES[0], "times_the_memory": round(times, 2)}


def _deposited(path: Path) -> dict[str, Any]:
    """What the process says that deposits the file; the peaks of those it started, while it lives, are added to its own."""
    command = [sys.executable, "-m", "benchmarks.memory", str(path)]
    started: dict[int, float] = {}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        while process.poll() is None:
            for pid in descendants(process.pid):
                started[pid] = peak(pid) or started.get(pid, 0)
            time.sleep(0.05)
        said: dict[str, Any] = json.loads(process.stdout.read().splitlines()[-1])
    said["peak_mib"] += round(sum(started.values()))
    return said


def peak(pid: int) -> float:
    """The most MiB a process has ever held; 0 when it is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:")), 0)


def main(path: Path) -> None:
    import django

    django.setup()
    from benchmarks.deposit import deposit

    before, began = peak(os.getpid()), time.perf_counter()
    batch = deposit(path)
    seconds = time.perf_counter() - began
    told = {
        "before_mib": round(before),
        "peak_mib": round(peak(os.getpid())),
        "rows_per_s": round(batch.counts.read / seconds),
    }
    print(json.dumps(told | {"accepted": batch.counts.accepted}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
