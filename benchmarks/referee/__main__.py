"""``python -m benchmarks.referee SEED``: the smallest problem on which the disagreement of a seed remains, as JSON."""

from __future__ import annotations

import json
import re
import sys

from benchmarks.referee import judged
from benchmarks.referee.peer import Peer
from benchmarks.referee.problems import random_problem
from benchmarks.referee.shrink import shrink
from xuefen.bank.conversion.types import Problem


def _kind(fault: str) -> str:
    """A fault without its figures, so that shrinking keeps to one."""
    return re.sub(r"\d+|GZ\w+|CG\w+", "#", fault.split(",")[0])


def main() -> int:
    problem = random_problem(int(sys.argv[1]))
    with Peer() as peer:

        def faults(p: Problem) -> tuple[str, ...]:
            return next(iter(judged([p], peer))).faults

        first = faults(problem)
        if not first:
            print("both agree", file=sys.stderr)
            return 0
        kind = _kind(first[0])
        smallest = shrink(problem, lambda p: any(_kind(f) == kind for f in faults(p)))
        print("\n".join(faults(smallest)), file=sys.stderr)
        print(json.dumps(smallest.to_json(), ensure_ascii=False, indent=1))
    return 1


if __name__ == "__main__":
    sys.exit(main())
