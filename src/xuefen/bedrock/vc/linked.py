"""A JSON-LD document as the statements it makes. Strict: what would make no statement, and so not be signed, is refused.

The contexts are those packaged here; nothing is fetched.
"""

from __future__ import annotations

import functools
import json
import re
import threading
from collections.abc import Iterator, Mapping
from importlib import resources
from typing import Any

from xuefen.bedrock.vc.rdfc import Quad

_PURL, _W3, _W3ID = "https://purl.imsglobal.org/spec", "https://www.w3.org", "https://w3id.org/security"
CREDENTIALS_V2 = f"{_W3}/ns/credentials/v2"
CREDENTIALS_V1 = f"{_W3}/2018/credentials/v1"
DATA_INTEGRITY_V2 = f"{_W3ID}/data-integrity/v2"
DIDS = f"{_W3}/ns/did/v1"
MULTIKEY = f"{_W3ID}/multikey/v1"
OPEN_BADGES = f"{_PURL}/ob/v3p0/context-3.0.3.json"
RECORDS = f"{_PURL}/clr/v2p0/context-2.0.1.json"
_FILES: Mapping[str, str] = {
    CREDENTIALS_V1: "credentials-v1.json",
    CREDENTIALS_V2: "credentials-v2.json",
    f"{_W3}/ns/credentials/undefined-terms/v2": "undefined-terms-v2.json",
    f"{_W3}/ns/credentials/examples/v2": "examples-v2.json",
    DIDS: "did-v1.json",
    f"{_W3ID}/data-integrity/v1": "data-integrity-v1.json",
    DATA_INTEGRITY_V2: "data-integrity-v2.json",
    MULTIKEY: "multikey-v1.json",
    f"{_PURL}/ob/v3p0/context.json": "ob-3.0.json",
    f"{_PURL}/ob/v3p0/context-3.0.1.json": "ob-3.0.1.json",
    f"{_PURL}/ob/v3p0/context-3.0.2.json": "ob-3.0.2.json",
    OPEN_BADGES: "ob-3.0.3.json",
    f"{_PURL}/ob/v3p0/extensions.json": "ob-extensions.json",
    f"{_PURL}/clr/v2p0/context.json": "clr-2.0.json",
    RECORDS: "clr-2.0.1.json",
}
_LANG_STRING = "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString"
_STRING = f"{_W3.replace('https', 'http')}/2001/XMLSchema#string"
_NOWHERE = "x-relative://nowhere/"
"""The library resolves relative names against some address in any case; against this one they can be told."""
_ABSOLUTE = re.compile(r"(?!x-relative:)[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>\"{}|^`\\]*")
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*")
_lock = threading.Lock()  # the library keeps what it made of contexts, in caches that threads must not share
_SHORT = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"}
_ESCAPED = re.compile('[\x00-\x1f\x7f"\\\\]')


class NotLinked(ValueError):
    """The document makes no clear statements; ``where`` says what is wrong: a term, an address, a context."""

    def __init__(self, where: str) -> None:
        self.where = where.replace(_NOWHERE, "")[:200]
        super().__init__(self.where)


def known_contexts() -> tuple[str, ...]:
    """The addresses of the packaged contexts."""
    return tuple(_FILES)


@functools.cache
def _context(address: str) -> dict[str, Any]:
    file = resources.files("xuefen.bedrock.vc").joinpath("contexts", _FILES[address])
    value: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return value


def _load(address: str, options: Mapping[str, Any]) -> dict[str, Any]:
    if address not in _FILES:
        raise NotLinked(f"unknown context {address}")
    return {
        "contentType": "application/ld+json",
        "contextUrl": None,
        "documentUrl": address,
        "document": _context(address),
        "tag": "static",  # it never changes, so the library may keep what it made of it
    }


@functools.cache
def _processor() -> Any:
    from pyld import jsonld  # here, because it takes a third of a second to load and most commands never need it

    def dropped(term: str | None) -> None:
        raise NotLinked(f"undefined term {term}")

    class Strict(jsonld.JsonLdProcessor):  # type: ignore[misc]
        def expand(self, input_: Any, options: Any) -> Any:
            expanded = super().expand(input_, options)
            _require_absolute(expanded)
            return expanded

    return Strict(on_property_dropped=dropped), jsonld.JsonLdError


def quads_of(document: Mapping[str, Any]) -> Iterator[Quad]:
    """The statements of a document. Raises NotLinked."""
    processor, failure = _processor()
    try:
        with _lock:
            dataset = processor.to_rdf(_whole_numbers(document), {"documentLoader": _load, "base": _NOWHERE})
    except NotLinked:
        raise
    except failure as error:
        raise NotLinked(_root(error)) from error
    except (RecursionError, TypeError, AttributeError, KeyError, ValueError) as error:  # what no JSON-LD is
        raise NotLinked(f"not JSON-LD: {type(error).__name__}") from error
    for graph, triples in dataset.items():
        name = "" if graph == "@default" else _resource(graph)
        for triple in triples:
            yield Quad(
                _resource(triple["subject"]["value"]),
                _resource(triple["predicate"]["value"]),
                _object(triple["object"]),
                name,
            )


def _root(error: BaseException) -> str:
    """The words of the first cause; the library wraps one failure in the next."""
    cause = error
    while cause.__cause__ is not None:
        cause = cause.__cause__
    return cause.where if isinstance(cause, NotLinked) else str(cause.args[0] if cause.args else cause)


def _whole_numbers(value: Any) -> Any:
    """3.0 as 3, as every reader sees it that knows one kind of number."""
    if isinstance(value, dict):
        return {key: _whole_numbers(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_whole_numbers(inner) for inner in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    return value


def _require_absolute(value: Any) -> None:
    """Names that are relative make no statement; the library leaves them out in silence."""
    if isinstance(value, list):
        for inner in value:
            _require_absolute(inner)
    elif isinstance(value, dict) and "@value" not in value:
        names = [value["@id"]] if "@id" in value else []
        for name in (*names, *value.get("@type", ())):
            if not (isinstance(name, str) and (name.startswith("_:") or _ABSOLUTE.fullmatch(name))):
                raise NotLinked(f"no absolute address: {name}")
        for key, inner in value.items():
            if key not in ("@id", "@type", "@index"):
                _require_absolute(inner)


def _resource(term: str) -> str:
    if term.startswith("_:"):
        return term
    if not _ABSOLUTE.fullmatch(term):
        raise NotLinked(f"no absolute address: {term}")
    return f"<{term}>"


def _escape(found: re.Match[str]) -> str:
    character = found[0]
    return _SHORT.get(character) or f"\\u{ord(character):04X}"


def _object(term: Mapping[str, str] | None) -> str:
    if term is None:  # an item of a list that is no address
        raise NotLinked("no absolute address in a list")
    if term["type"] != "literal":
        return _resource(term["value"])
    value = term["value"]
    if not isinstance(value, str) or any("\ud800" <= character <= "\udfff" for character in value):
        raise NotLinked("a value that is no text")
    text = f'"{_ESCAPED.sub(_escape, value)}"'
    if term["datatype"] == _LANG_STRING:
        language = term.get("language", "")
        if not _LANGUAGE.fullmatch(language):
            raise NotLinked(f"no language: {language}")
        return f"{text}@{language}"
    return text if term["datatype"] == _STRING else f"{text}^^{_resource(term['datatype'])}"
