"""Run as a program of its own: a stranger's file on standard input, what is in it as JSON on standard output.

Linked data can be written so that reading it costs anything; here it may cost some memory and some seconds, and when this
process dies nothing else does. The argument says what the file is: "file" or "presentation".
"""

import json
import os
import resource
import sys
from pathlib import Path

MEMORY_BYTES = 1024 * 1024 * 1024
CPU_SECONDS = 15


def main() -> int:
    os.nice(10)  # behind the pages, as for PDFs
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    sys.path.insert(
        0, str(Path(__file__).resolve().parents[4])
    )  # started without any, it finds the house it is part of
    from xuefen.bank.certificates.badges.containers import NoBadge
    from xuefen.bank.certificates.badges.examining import examine_file, examine_presentation

    data = sys.stdin.buffer.read()
    try:
        found = examine_presentation(json.loads(data)) if sys.argv[1] == "presentation" else examine_file(data)
        sys.stdout.write(json.dumps({"found": found}))
    except NoBadge as none:
        sys.stdout.write(json.dumps({"none": none.why}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
