"""CP-SAT's side of the referee: reads problems as JSON lines and answers each."""

from __future__ import annotations

import json
import sys

from benchmarks.referee.optimum import best
from xuefen.bank.conversion.types import Problem


def serve() -> None:
    for line in sys.stdin:
        asked = json.loads(line)
        fixed = asked["fixed"]
        if fixed is not None:
            fixed = [(rule, tuple(outcomes), tuple(nodes)) for rule, outcomes, nodes in fixed]
        print(json.dumps(best(Problem.from_json(asked["problem"]), fixed, seconds=asked["seconds"])), flush=True)


if __name__ == "__main__":
    serve()
