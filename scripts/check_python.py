"""Say clearly what is missing before pip says it unclearly; install Debian's venv module when we may."""

import importlib.util
import os
import shutil
import subprocess
import sys

if sys.version_info < (3, 11):  # noqa: UP036 - this very line runs on the old Python that make found
    sys.exit(f"Xuefen needs Python 3.11 or newer; this is {sys.version.split()[0]}. Try: make PYTHON=python3.11 …")
if importlib.util.find_spec("ensurepip") is None:
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        sys.exit("This Python cannot make virtual environments. On Debian: sudo apt-get install python3-venv")
    print("Installing python3-venv from Debian (once)…")
    subprocess.run(["apt-get", "update", "-qq"], check=True)
    subprocess.run(["apt-get", "install", "-qq", "-y", "--no-install-recommends", "python3-venv"], check=True)
