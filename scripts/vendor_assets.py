"""Refresh the third-party files we serve ourselves: Tabler's style sheet, htmx, the icon sprite, SM2 and QR codes in JavaScript.

Run it with Node's `npm` on the PATH, look at the diff, commit the result:  python scripts/vendor_assets.py
Nothing else in the project needs Node: the results are committed (docs/decisions/0006-assets-committed.md).
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

STATIC = Path(__file__).resolve().parent.parent / "src/xuefen/faces/static/xuefen"


@dataclass(frozen=True)
class Package:
    """One npm package at one version; `integrity` is the sha512 of its tarball as the registry states it."""

    name: str
    version: str
    integrity: str


TABLER = Package(
    "@tabler/core",
    "1.6.1",
    "sha512-lgmR9gcxRp5JlLxcmRi9Rz85JrEvH6Bz71KnlcPVSa97wtwQNjgSs3g3fxwbAlulHyRMghhIV04QUuW3pqDsIg==",
)
HTMX = Package(
    "htmx.org",
    "2.0.11",
    "sha512-Thx/WtpeOQqSrqBCw/A1cwGJGg4UrVa3+sW0GmrM3p4gJgO89ecH4qtbnyzDDWFvBTqjnIMCgELTNt636dtamA==",
)
ICON_PACKAGE = Package(
    "@tabler/icons",
    "3.51.0",
    "sha512-0pinvPZz7YeX+OSfxuEAbnEPWbocVXW5iU8h5lh41pYG8sZuQfpWECC980lxOT0clGIcNGn8xsBr+zKaRGdA/g==",
)
SM_CRYPTO = Package(
    "sm-crypto-v2",
    "1.15.1",
    "sha512-QN96kvbM6YMULb4WmYiyPBhEj6jhIQgvbMnJ2cU5ZumfptLkZwvaIpBacQGZXvPD6GKf27+eNDlXKR+er0VeBQ==",
)
NOBLE_CURVES = Package(
    "@noble/curves",
    "1.9.7",
    "sha512-gbKGcRUYIjA3/zCCNaWDciTMFI0dCkvou3TL8Zmy5Nc7sJ47a0jtOeZoTaMxkuqRo9cRhjOdZJXegxYE5FN/xw==",
)
NOBLE_HASHES = Package(
    "@noble/hashes",
    "1.8.0",
    "sha512-jCs9ldd7NwzpgXDIf6P3+NrHh9/sD6CQdxHyjQI+h/6rDNo88ypBxxz45UDuZHz9r3tNz7N/VInSVoVdtXEI4A==",
)
NOBLE_CIPHERS = Package(
    "@noble/ciphers",
    "1.3.0",
    "sha512-2I0gnIVPtfnMw9ee9h1dJG7tp81+8Ob3OJb3Mv37rx5L40/b0i7djjCVvGOVqc9AEIQyvyu1i6ypKdFw8R8gQw==",
)
JSQR = Package(
    "jsqr",
    "1.4.0",
    "sha512-dxLob7q65Xg2DvstYkRpkYtmKm2sPJ9oFhrhmudT1dZvNFFTlroai3AWSpLey/w5vMcLBXRgOJsbXpdN9HzU/A==",
)
ESBUILD = "0.28.2"
"""Only puts the files of the packages above into one; the result is committed and can be compared."""
CRYPTO = """export { sm2, sm3 } from "sm-crypto-v2";
export { ed25519 } from "@noble/curves/ed25519";
export { sha256 } from "@noble/hashes/sha2";
"""
"""What the page that verifies without a server needs (docs/decisions/0018-verifying-in-the-browser.md)."""

# Outline icons a page may name in {% icon "…" %}. Add one here, run the script, commit the sprite.
ICONS = """
alert-circle alert-triangle archive arrow-back-up arrow-right arrows-exchange award bell book book-2 building calendar
calendar-event camera certificate chart-bar check checks chevron-down chevron-left chevron-right circle-check
circle-minus circle-x clipboard-check clock copy database download edit eye eye-off file file-certificate file-check
file-download file-plus file-spreadsheet file-text filter fingerprint flag gift git-compare heart-handshake help
history home hourglass id info-circle key language link list list-check lock login logout menu-2 message
message-circle minus network package paperclip pencil phone plus printer qrcode receipt refresh report-analytics scale
school search send server settings share shield-check signature sparkles speakerphone sum target text-size timeline
transfer trash upload user user-check user-plus user-x users users-group volume wallet world writing x
""".split()  # noqa: SIM905 - a list for people to edit

NOTICE = f"""tabler.min.css is Tabler {TABLER.version} (https://tabler.io), unchanged but for the source-map comment
at its end.
icons.svg holds icons of Tabler Icons {ICON_PACKAGE.version} (https://tabler.io/icons).
Tabler is built on Bootstrap 5 (https://getbootstrap.com), copyright 2011-2026 The Bootstrap Authors.
Tabler is copyright 2018-2026 The Tabler Authors. All three are under the MIT licence below.

"""


def fetch(package: Package, folder: Path) -> tarfile.TarFile:
    """Download one tarball through npm and open it. Raises SystemExit when its sha512 is not the pinned one."""
    subprocess.run(
        ["npm", "pack", "--silent", "--pack-destination", str(folder), f"{package.name}@{package.version}"],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    stem = package.name.removeprefix("@").replace("/", "-")
    tarball = folder / f"{stem}-{package.version}.tgz"
    digest = "sha512-" + base64.b64encode(hashlib.sha512(tarball.read_bytes()).digest()).decode()
    if digest != package.integrity:
        sys.exit(f"{package.name}@{package.version}: expected {package.integrity}, got {digest}")
    return tarfile.open(tarball)


def read(archive: tarfile.TarFile, member: str) -> str:
    """Text of one file of the package. Raises KeyError when the package has no such file."""
    handle = archive.extractfile(f"package/{member}")
    assert handle is not None, member
    return handle.read().decode("utf-8")


def sprite(archive: tarfile.TarFile) -> str:
    """All icons as <symbol id="i-name"> in one file; colour and stroke come from the page's `.icon` class."""
    symbols = []
    for name in sorted(set(ICONS)):
        svg = read(archive, f"icons/outline/{name}.svg")
        inner = re.search(r"<svg[^>]*>(.*)</svg>", svg, re.DOTALL)
        assert inner, name
        paths = re.sub(r"\s*\n\s*", "", inner[1]).replace(" />", "/>")
        paths = paths.replace('<path stroke="none" d="M0 0h24v24H0z" fill="none"/>', "")  # bounding box, draws nothing
        symbols.append(f'<symbol id="i-{name}" viewBox="0 0 24 24">{paths}</symbol>')
    return '<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n"


def bundle(folder: Path, entry: str, *options: str) -> str:
    """One script of what ``entry`` imports from packages unpacked below ``folder``/node_modules."""
    (folder / "entry.js").write_text(entry, encoding="utf-8")
    command = ["npx", "--yes", f"esbuild@{ESBUILD}", "entry.js", "--bundle", "--minify", "--format=iife", *options]
    made = subprocess.run([*command, "--legal-comments=none"], cwd=folder, check=True, capture_output=True)
    return made.stdout.decode("utf-8")


def verifier_scripts(vendor: Path, folder: Path) -> None:
    """SM2, SM3, Ed25519, SHA-256 in one script, and the reader of QR codes, each with its licences beside it."""
    licences = {}
    for package in (SM_CRYPTO, NOBLE_CURVES, NOBLE_HASHES, NOBLE_CIPHERS, JSQR):
        with fetch(package, folder) as archive:
            archive.extractall(folder / "unpacked", filter="data")
        target = folder / "node_modules" / package.name
        target.parent.mkdir(parents=True, exist_ok=True)
        (folder / "unpacked" / "package").rename(target)
        file = next(path for path in sorted(target.iterdir()) if path.name.upper().startswith("LICEN"))
        licences[package.name] = f"{package.name} {package.version}\n\n{file.read_text(encoding='utf-8')}\n"
    script = bundle(folder, CRYPTO, "--global-name=XuefenCrypto", "--target=es2020")
    (vendor / "verify-crypto.js").write_text(script, encoding="utf-8")
    del licences["@noble/ciphers"]  # named by sm-crypto-v2, but nothing of it is left in the script
    reader = licences.pop("jsqr")
    (vendor / "verify-crypto.LICENSE.txt").write_text("\n".join(licences.values()), encoding="utf-8")
    script = bundle(folder, 'import jsQR from "jsqr"; globalThis.jsQR = jsQR;', "--target=es2018")
    (vendor / "jsqr.js").write_text(script, encoding="utf-8")
    (vendor / "jsqr.LICENSE.txt").write_text(reader, encoding="utf-8")


def pack(path: Path) -> None:
    """Put ``path``.gz beside it, which is sent to browsers that take it: an eighth of the style sheet's 620 KB."""
    path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes(), 9, mtime=0))


def main() -> None:
    vendor = STATIC / "vendor"
    vendor.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        with fetch(TABLER, folder) as archive:
            css = read(archive, "dist/css/tabler.min.css")
            # the map is not shipped; a dangling reference breaks static-file hashing
            css = re.sub(r"\n?/\*# sourceMappingURL=.*?\*/\s*$", "\n", css)
            (vendor / "tabler.min.css").write_text(css, encoding="utf-8")
        with fetch(HTMX, folder) as archive:
            (vendor / "htmx.min.js").write_text(read(archive, "dist/htmx.min.js"), encoding="utf-8")
            (vendor / "htmx.LICENSE.txt").write_text(read(archive, "LICENSE"), encoding="utf-8")
        with fetch(ICON_PACKAGE, folder) as archive:
            (STATIC / "icons.svg").write_text(sprite(archive), encoding="utf-8")
            (vendor / "tabler.LICENSE.txt").write_text(NOTICE + read(archive, "LICENSE"), encoding="utf-8")
        verifier_scripts(vendor, folder)
    for large in (vendor / "tabler.min.css", vendor / "htmx.min.js", vendor / "verify-crypto.js", vendor / "jsqr.js"):
        pack(large)
    print(f"{len(set(ICONS))} icons, Tabler {TABLER.version}, htmx {HTMX.version}")


if __name__ == "__main__":
    main()
