"""The canonical form of linked data: the W3C's suite whole, and a bound that refuses what costs too much."""

from __future__ import annotations

import functools
import hashlib
import json
import re
import tarfile
from pathlib import Path
from typing import Any

import pytest

from tests.shared_data import SHARED_DATA, shared_data
from xuefen.bedrock import vc
from xuefen.bedrock.vc import NotLinked, Quad, TooMuchWork, canonical_quads, linked, quads_of

SUITE = SHARED_DATA / "canon" / "rdfc10_w3c_tests.tar.gz"
_TERM = re.compile(r'\s*(<[^>]*>|_:[^\s<"]+|"(?:[^"\\]|\\.)*"(?:@[A-Za-z0-9-]+|\^\^<[^>]*>)?|\.)')
_UNESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))")
_SHORT = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f", '"': '"', "'": "'", "\\": "\\"}


def _plain(found: re.Match[str]) -> str:
    return chr(int(found[1] or found[2], 16)) if found[1] or found[2] else _SHORT[found[3]]


def _term(text: str) -> str:
    if text.startswith("<"):
        return _UNESCAPE.sub(_plain, text)
    if not text.startswith('"'):
        return text
    end = text.rindex('"')
    value, kind = _UNESCAPE.sub(_plain, text[1:end]), text[end + 1 :]
    kind = _UNESCAPE.sub(_plain, kind)
    if kind == "^^<http://www.w3.org/2001/XMLSchema#string>":
        kind = ""
    return f'"{linked._ESCAPED.sub(linked._escape, value)}"{kind}'


def quads(text: str) -> list[Quad]:
    """N-Quads as statements."""
    found = []
    for line in text.splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            *terms, dot = _TERM.findall(line)
            assert dot == "." and len(terms) in (3, 4), line
            found.append(Quad(*(_term(term) for term in terms)))
    return found


@functools.cache
def suite() -> dict[str, str]:
    with tarfile.open(SUITE) as archive:
        return {
            member.name.removeprefix("./"): archive.extractfile(member).read().decode()  # type: ignore[union-attr]
            for member in archive
            if member.isfile()
        }


def entries() -> list[dict[str, Any]]:
    if not SUITE.exists():
        return []
    found: list[dict[str, Any]] = json.loads(suite()["tests/manifest.jsonld"])["entries"]
    return found


def test_the_suite_is_there_and_whole() -> None:
    shared_data("canon/rdfc10_w3c_tests.tar.gz")
    assert len(entries()) == 86


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: entry["id"])
def test_w3c_suite(entry: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    given = quads(suite()[f"tests/{entry['action']}"])
    if entry.get("hashAlgorithm") == "SHA384":  # the one variation the suite has; proofs here use SHA-256
        monkeypatch.setattr(vc.rdfc, "sha256", hashlib.sha384)
    if entry["type"] == "rdfc:RDFC10NegativeEvalTest":
        with pytest.raises(TooMuchWork):
            canonical_quads(given)
    elif entry["type"] == "rdfc:RDFC10EvalTest":
        assert canonical_quads(given) == suite()[f"tests/{entry['result']}"]
    else:
        machine = vc.rdfc._Canonicalizer(given, most_work=vc.MOST_WORK)
        machine.text()
        expected = json.loads(suite()[f"tests/{entry['result']}"])
        assert {k.removeprefix("_:"): v.removeprefix("_:") for k, v in machine.canonical.issued.items()} == expected


def test_nodes_that_all_look_alike_are_refused_soon() -> None:
    ring = [Quad(f"_:n{a}", "<urn:x:knows>", f"_:n{b}") for a in range(12) for b in range(12) if a != b]
    with pytest.raises(TooMuchWork):
        canonical_quads(ring)


def test_a_long_chain_is_refused_or_named_but_never_breaks() -> None:
    chain = [Quad(f"_:n{at}", "<urn:x:next>", f"_:n{(at + 1) % 900}") for at in range(900)]
    with pytest.raises(TooMuchWork):
        canonical_quads(chain)


def test_order_and_labels_do_not_matter() -> None:
    one = [Quad("_:a", "<urn:p>", '"1"'), Quad("_:b", "<urn:p>", "_:a"), Quad("_:b", "<urn:p>", "_:a")]
    other = [Quad("_:y", "<urn:p>", "_:x"), Quad("_:x", "<urn:p>", '"1"')]
    assert canonical_quads(one) == canonical_quads(other)


def test_control_characters_are_spelt_as_the_standard_says() -> None:
    document = json.loads(shared_data("canon/control_chars_pyld_divergence.json").read_text())
    expected = shared_data("canon/control_chars_expected_rdfc10.nq").read_text()
    assert canonical_quads(quads_of(document)) == expected


# --- JSON-LD, strictly -----------------------------------------------------------------------------------------------

V2 = "https://www.w3.org/ns/credentials/v2"


@pytest.mark.parametrize(
    ("document", "wrong"),
    [
        ({"@context": V2, "surprise": 1}, "undefined term"),
        ({"@context": V2, "id": "urn:x", "name": "a", "type": "Nothing"}, "no absolute address"),
        ({"@context": V2, "id": "relative", "name": "a"}, "no absolute address"),
        ({"@context": V2, "id": "urn:a> <urn:b> <urn:c> .\n<urn:d", "name": "a"}, "no absolute address"),
        ({"@context": "https://example.org/v1", "name": "a"}, "unknown context"),
        ({"@context": [V2, {"name": "urn:other"}], "name": "a"}, "protected"),
        ({"@context": V2, "id": "urn:x", "name": {"@value": "a", "@language": "not one"}}, ""),
        ({"@context": V2, "id": "urn:x", "name": "\ud800"}, ""),
        ({"@context": 7, "id": "urn:x"}, ""),
    ],
)
def test_what_would_not_be_signed_is_refused(document: dict[str, Any], wrong: str) -> None:
    with pytest.raises(NotLinked) as refused:
        list(quads_of(document))
    assert wrong in str(refused.value)


def test_a_document_nested_without_end_is_refused() -> None:
    document: dict[str, Any] = {"@context": V2}
    inner = document
    for _ in range(3000):
        inner["credentialSubject"] = inner = {}
    with pytest.raises(NotLinked):
        list(quads_of(document))


def test_whole_numbers_are_whole_however_they_are_written() -> None:
    def said(number: float) -> str:
        return canonical_quads(quads_of({"@context": {"n": "urn:n"}, "@id": "urn:x", "n": number}))

    assert said(3.0) == said(3) == '<urn:x> <urn:n> "3"^^<http://www.w3.org/2001/XMLSchema#integer> .\n'
    assert "1.5E0" in said(1.5)


def test_every_packaged_context_is_the_one_its_readme_says() -> None:
    folder = Path(linked.__file__).parent / "contexts"
    rows = re.findall(r"^\| `([^`]+)` \| (\S+) \|.*`([0-9a-f]{64})` \|$", (folder / "README.md").read_text(), re.M)
    assert {address for _, address, _ in rows} == set(vc.known_contexts())
    assert {name: digest for name, _, digest in rows} == {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.glob("*.json")
    }


@pytest.mark.parametrize(
    ("name", "published"),
    [
        ("clr-2.0.1.json", "clr-v2p0-2.0.1.json"),
        ("clr-2.0.json", "clr-v2p0.json"),
        ("credentials-v1.json", "2018-credentials-v1.jsonld"),
        ("credentials-v2.json", "credentials-v2.jsonld"),
        ("data-integrity-v1.json", "data-integrity-v1.jsonld"),
        ("did-v1.json", "did-v1.jsonld"),
        ("ob-3.0.json", "ob-v3p0.json"),
        ("ob-3.0.1.json", "ob-v3p0-3.0.1.json"),
        ("ob-3.0.2.json", "ob-v3p0-3.0.2.json"),
        ("ob-3.0.3.json", "ob-v3p0-3.0.3.json"),
        ("ob-extensions.json", "ob-v3p0-extensions.json"),
    ],
)
def test_contexts_say_what_their_publishers_say(name: str, published: str) -> None:
    theirs = json.loads(shared_data(f"open_badges/contexts/{published}").read_text())
    assert json.loads((Path(linked.__file__).parent / "contexts" / name).read_text()) == theirs
