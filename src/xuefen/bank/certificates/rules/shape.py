"""The published format, as code: exactly these members, exactly these forms, nothing else (docs/certificate-format.md)."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from xuefen.bank.certificates.types import (
    DOCUMENT_FORMAT,
    CertificateBody,
    CertificateKind,
    ConversionBody,
    ConversionLine,
    Holder,
    IssuerName,
    OutcomeLine,
    ProgrammeName,
    SourceLine,
    StatementBody,
)
from xuefen.bedrock import ids
from xuefen.bedrock.canon import MAX_INTEGER

LONGEST_TEXT = 4000  # characters of any one text in a certificate; a line may name many courses
MOST_LINES = 20_000
MOST_SIBLINGS = 64  # a log of 2**63 leaves needs 63
_STEERING = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")  # controls and changes of direction
_HEX = re.compile(r"[0-9a-f]+")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z", re.ASCII)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


class Misshapen(ValueError):
    """A document departs from the format at ``where``, a dotted path."""

    def __init__(self, where: str) -> None:
        self.where = where
        super().__init__(where)


# --- forms of single values ------------------------------------------------------------------------------------------


def write_time(moment: datetime) -> str:
    """An aware time as documents and leaves spell it: UTC, whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read_time(text: str) -> datetime:
    """Undo ``write_time``. Raises ValueError."""
    if not _TIME.fullmatch(text):
        raise ValueError("not a UTC time")
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def read_day(text: str) -> date:
    """A date as YYYY-MM-DD. Raises ValueError."""
    if not _DAY.fullmatch(text):
        raise ValueError("not a date")
    return date.fromisoformat(text)


def read_base64(text: str) -> bytes:
    """Base64 in the one spelling encoders write: other spellings of the same bytes are refused. Raises ValueError."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise ValueError("not base64") from error
    if base64.b64encode(data).decode() != text:
        raise ValueError("not the one spelling of base64")
    return data


def _text(value: Any) -> bool:
    return _loose(value) and value != ""


def _loose(value: Any) -> bool:
    # A forger's text is repeated to people ("the file claims to be issued by …"): it must not steer their screen.
    return isinstance(value, str) and len(value) <= LONGEST_TEXT and not _STEERING.search(value)


def _note(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 100_000


def _count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_INTEGER


def _level(value: Any) -> bool:
    return value is None or _count(value)


def _hex(length: int) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and len(value) == length and bool(_HEX.fullmatch(value))


def _reads(read: Callable[[str], object]) -> Callable[[Any], bool]:
    def fits(value: Any) -> bool:
        try:
            return isinstance(value, str) and read(value) is not None
        except ValueError:
            return False

    return fits


_time, _day, _base64 = _reads(read_time), _reads(read_day), _reads(read_base64)


def _day_or_none(value: Any) -> bool:
    return value is None or _day(value)


def _is(constant: object) -> Callable[[Any], bool]:
    return lambda value: type(value) is type(constant) and value == constant


def _number(value: Any) -> bool:
    try:
        return isinstance(value, str) and ids.check(ids.NumberClass.CERTIFICATE, value) == value
    except ids.BadNumber:
        return False


# --- the whole -------------------------------------------------------------------------------------------------------

_ISSUER = {"node": _text, "origin": _text, "zh": _text, "en": _text}
_COMMON = {
    "v": _is(1),
    "number": _number,
    "title": {"zh": _text, "en": _text},
    "issuer": _ISSUER,
    "holder": {"name": _text, "account": _text},
    "issued_at": _time,
    "expires_on": _day_or_none,
    "salt": _hex(32),
    "credits": _count,
}
_OUTCOME = {
    "number": _text,
    "item": _text,
    "issuer": _text,
    "class": _text,
    "level": _level,
    "credits": _count,
    "awarded_on": _day,
    "grade": _loose,
}
_SOURCE = {"number": _text, "item": _text, "credits": _count}
_LINE = {"course": _text, "credits": _count, "outcomes": [_SOURCE]}
_BODIES: Mapping[str, Mapping[str, Any]] = {
    CertificateKind.STATEMENT: {**_COMMON, "kind": _is("statement"), "outcomes": [_OUTCOME]},
    CertificateKind.CONVERSION: {
        **_COMMON,
        "kind": _is("conversion"),
        "application": _text,
        "programme": {"name": _text, "institution": _text},
        "lines": [_LINE],
    },
}
_ENVELOPE = {
    "format": _is(DOCUMENT_FORMAT),
    "body": lambda value: isinstance(value, dict),
    "signature": {"algorithm": _text, "key_id": _hex(16), "public_key": _base64, "value": _base64},
    "log": {
        "origin": _text,
        "index": _count,
        "size": _count,
        "leaf_hash": _hex(64),
        "path": [_hex(64)],
        "checkpoint": _note,
    },
}


def _require(value: Any, form: Any, where: str) -> None:
    if callable(form):
        if not form(value):
            raise Misshapen(where)
    elif isinstance(form, list):
        if not isinstance(value, list) or len(value) > MOST_LINES:
            raise Misshapen(where)
        for index, item in enumerate(value):
            _require(item, form[0], f"{where}[{index}]")
    else:
        if not isinstance(value, dict) or value.keys() != form.keys():
            raise Misshapen(where)
        for key, inner in form.items():
            _require(value[key], inner, f"{where}.{key}")


def require_envelope(document: Any) -> None:
    """Raise Misshapen unless the members around the body have the published form."""
    _require(document, _ENVELOPE, "document")
    if len(document["log"]["path"]) > MOST_SIBLINGS:
        raise Misshapen("document.log.path")


def body_from(value: Mapping[str, Any]) -> CertificateBody:
    """The body as a value. Raises Misshapen."""
    kind = value.get("kind")
    form = _BODIES.get(kind) if isinstance(kind, str) else None
    if form is None:
        raise Misshapen("body.kind")
    _require(value, form, "body")
    common: dict[str, Any] = {
        "number": value["number"],
        "issuer": IssuerName(**value["issuer"]),
        "holder": Holder(**value["holder"]),
        "issued_at": read_time(value["issued_at"]),
        "expires_on": None if value["expires_on"] is None else read_day(value["expires_on"]),
        "salt": value["salt"],
        "credits": value["credits"],
    }
    body: CertificateBody
    if kind == CertificateKind.STATEMENT:
        body = StatementBody(**common, outcomes=tuple(_outcome_from(line) for line in value["outcomes"]))
        listed = sum(line.credits for line in body.outcomes)
    else:
        body = ConversionBody(
            **common,
            application=value["application"],
            programme=ProgrammeName(**value["programme"]),
            lines=tuple(
                ConversionLine(line["course"], line["credits"], tuple(SourceLine(**s) for s in line["outcomes"]))
                for line in value["lines"]
            ),
        )
        listed = sum(line.credits for line in body.lines)
    if listed != body.credits:
        raise Misshapen("body.credits")
    return body


def _outcome_from(line: Mapping[str, Any]) -> OutcomeLine:
    return OutcomeLine(
        number=line["number"],
        item=line["item"],
        issuer=line["issuer"],
        outcome_class=line["class"],
        level=line["level"],
        credits=line["credits"],
        awarded_on=read_day(line["awarded_on"]),
        grade=line["grade"],
    )
