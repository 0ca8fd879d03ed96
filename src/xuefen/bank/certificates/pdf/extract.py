"""Run as a program of its own: a PDF on standard input, its ``certificate.json`` on standard output.

A stranger's PDF is read here and nowhere else, with little memory and little time; when this process dies nothing else
does. Exit code 3: a sound PDF without such an attachment. Anything else but 0: no sound PDF.
"""

import io
import logging
import os
import resource
import sys

ATTACHMENT = "certificate.json"
MEMORY_BYTES = 1024 * 1024 * 1024
CPU_SECONDS = 10
MOST_BYTES = 4 * 1024 * 1024
NOTHING_THERE = 3


def main() -> int:
    os.nice(10)  # behind the pages: who verifies a file waits, who opens a page does not
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    import pypdf

    logging.disable(logging.CRITICAL)  # the reader grumbles about strangers' files; the exit code says enough
    found = pypdf.PdfReader(io.BytesIO(sys.stdin.buffer.read())).attachments
    contents = found.get(ATTACHMENT, [])
    if len(contents) != 1:
        return NOTHING_THERE
    if len(contents[0]) > MOST_BYTES:
        return 1
    sys.stdout.buffer.write(contents[0])
    return 0


if __name__ == "__main__":
    sys.exit(main())
