"""A certificate as SD-JWT VC: the bank signs everything once, and its holder shows what they choose. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, time
from typing import Any

from xuefen.bank.certificates.rules.credentials.making import LISTS, number
from xuefen.bank.certificates.rules.credentials.reading import text
from xuefen.bank.certificates.types import (
    CHOICE_EMPTY,
    CHOICE_LINES,
    CREDENTIAL_TOO_LONG,
    FIELD_NAMES,
    MOST_IN_RECORD,
    TITLES,
    CertificateBody,
    CertificateKind,
    Choice,
    ConversionBody,
    CredentialHome,
    ShownField,
    ShownRow,
    StatementBody,
    StatusPlace,
)
from xuefen.bank.shell.problems import Denied
from xuefen.bedrock import canon
from xuefen.bedrock.gm import Signer, hmac_sm3
from xuefen.bedrock.quantity import format_credits
from xuefen.bedrock.vc import bits, disclosure
from xuefen.bedrock.vc.disclosure import Hidden
from xuefen.bedrock.vc.multibase import decode_base64url, encode_u
from xuefen.bedrock.workdays import BEIJING

SD_TYPE, LIST_TYPE = "dc+sd-jwt", "statuslist+jwt"
_LINE_NAMES = {CertificateKind.STATEMENT: "outcomes", CertificateKind.CONVERSION: "lines"}
_OPEN = {"iss", "iat", "nbf", "exp", "vct", "vct#integrity", "status", "cnf", "sub", "jti", "issuer_name", "title"}
SHOWN_NAMES = {field.value: names for field, names in FIELD_NAMES.items()} | {
    "application": ("申请编号", "Application")
}
_SALT_BYTES = 16


def fields_of(body: CertificateBody) -> tuple[ShownField, ...]:
    """What the holder of this certificate can choose from."""
    only = {ShownField.PROGRAMME: ConversionBody, ShownField.GRADES: StatementBody}
    return tuple(field for field in ShownField if isinstance(body, only.get(field, CertificateBody)))


def lines_of(body: CertificateBody) -> tuple[str, ...]:
    """Its outcomes or lines by name, in the order they are chosen by."""
    if isinstance(body, StatementBody):
        return tuple(line.item for line in body.outcomes)
    return tuple(line.course for line in body.lines) if isinstance(body, ConversionBody) else ()


def require_choice(body: CertificateBody, choice: Choice) -> None:
    """Raise ``Denied``: choice_empty, choice_lines, credential_too_long."""
    if not choice.fields & set(fields_of(body)):
        raise Denied(CHOICE_EMPTY, place="fields")
    count = len(lines_of(body))
    if count > MOST_IN_RECORD:
        raise Denied(CREDENTIAL_TOO_LONG, most=MOST_IN_RECORD)
    if choice.lines is not None and (not choice.lines or not set(choice.lines) <= set(range(count))):
        raise Denied(CHOICE_LINES, place="lines", count=count)


def sd_jwt(
    body: CertificateBody,
    choice: Choice | None,
    *,
    home: CredentialHome,
    place: StatusPlace,
    signer: Signer,
    until: datetime | None = None,
    context: str = "",
    holder: Mapping[str, str] | None = None,
) -> str:
    """The certificate with what was chosen, or with everything so that its holder can choose.

    ``until`` ends it earlier than the certificate; ``context`` gives each occasion salts, and so digests, of its own;
    ``holder`` is a key of the holder (``holder_key``), who then must sign each time it is presented.
    Raises what ``require_choice`` does.
    """
    if choice is not None:
        require_choice(body, choice)
    key = bytes.fromhex(body.salt)

    def salt(path: str) -> bytes:
        return hmac_sm3(key, f"xuefen-sd/1\n{context}\n{path}".encode())[:_SALT_BYTES]

    claims = _claims(body, home=home, place=place, until=until)
    if holder is not None:
        claims["cnf"] = {"jwk": dict(holder)}
    payload, told = disclosure.conceal(claims, salt=salt)
    header = {"alg": "EdDSA", "typ": SD_TYPE, "kid": home.method}
    shown = list(told.values()) if choice is None else disclosure.chosen(told, list(_paths(body, choice)))
    return disclosure.combined(_token(header, payload, signer), shown)


def _token(header: Mapping[str, Any], payload: Mapping[str, Any], signer: Signer) -> str:
    signed = ".".join(encode_u(canon.canonical(part))[1:] for part in (header, payload))
    return f"{signed}.{encode_u(signer.sign(signed.encode()))[1:]}"


def _claims(
    body: CertificateBody, *, home: CredentialHome, place: StatusPlace, until: datetime | None
) -> dict[str, Any]:
    ends = [until] if until is not None else []
    if body.expires_on is not None:
        ends.append(datetime.combine(body.expires_on, time(23, 59, 59), BEIJING))
    return {
        "iss": home.did,
        "issuer_name": body.issuer.zh,
        "iat": int(max(body.issued_at, home.key_since).astimezone(UTC).timestamp()),
        **({"exp": int(min(ends).timestamp())} if ends else {}),
        "vct": type_url(home.url, body.kind),
        "title": " ".join(TITLES[body.kind]),
        "status": {"status_list": {"idx": place.index, "uri": states_url(home.url, place.list_number)}},
        ShownField.NAME.value: Hidden(body.holder.name),
        ShownField.ACCOUNT.value: Hidden(body.holder.account),
        ShownField.NUMBER.value: Hidden(body.number),
        ShownField.CREDITS.value: Hidden(number(body.credits)),
        **_details(body),
    }


def _details(body: CertificateBody) -> dict[str, Any]:
    if isinstance(body, StatementBody):
        outcomes = [
            Hidden(
                {
                    "number": Hidden(line.number),
                    "item": line.item,
                    "issuer": line.issuer,
                    "class": line.outcome_class,
                    **({"level": line.level} if line.level is not None else {}),
                    "credits": number(line.credits),
                    "awarded_on": line.awarded_on.isoformat(),
                    "grade": Hidden(line.grade),
                }
            )
            for line in body.outcomes
        ]
        return {"outcomes": Hidden(outcomes)}
    if not isinstance(body, ConversionBody):
        raise TypeError(type(body).__name__)
    lines = [
        Hidden(
            {
                "course": line.course,
                "credits": number(line.credits),
                "from": [{"item": source.item, "credits": number(source.credits)} for source in line.outcomes],
            }
        )
        for line in body.lines
    ]
    programme = {"name": body.programme.name, "institution": body.programme.institution}
    return {"application": Hidden(body.application), "programme": Hidden(programme), "lines": Hidden(lines)}


def _paths(body: CertificateBody, choice: Choice) -> Iterator[str]:
    """The disclosures a choice means. Grades are shown of the outcomes that are shown."""
    whole = {ShownField.NAME, ShownField.ACCOUNT, ShownField.NUMBER, ShownField.CREDITS, ShownField.PROGRAMME}
    yield from (field.value for field in choice.fields & whole)
    named = _LINE_NAMES[body.kind]
    if ShownField.OUTCOMES not in choice.fields:
        return
    for n in choice.lines if choice.lines is not None else range(len(lines_of(body))):
        yield f"{named}/{n}"
        if ShownField.GRADES in choice.fields and isinstance(body, StatementBody):
            yield f"{named}/{n}/grade"


# --- for people ------------------------------------------------------------------------------------------------------


def rows_of(claims: Mapping[str, Any]) -> tuple[ShownRow, ...]:
    """What the claims of an SD-JWT say, ours or a stranger's, fit to be shown."""
    order = [*SHOWN_NAMES, *_LINE_NAMES.values()]
    named = sorted(set(claims) - _OPEN, key=lambda name: (order.index(name) if name in order else len(order), name))
    return tuple(row for name in named for row in _rows(name, claims[name]))


def shown_rows(made: str) -> tuple[ShownRow, ...]:
    """What one of our own SD-JWTs shows."""
    token, told, _ = disclosure.split(made)
    payload = canon.parse_canonical(decode_base64url(token.split(".")[1]))
    return rows_of(disclosure.reveal(payload, told))


def _rows(name: str, value: Any) -> Iterator[ShownRow]:
    if name in _LINE_NAMES.values() and isinstance(value, list):
        for n, line in enumerate(value[:MOST_IN_RECORD]):
            yield ShownRow(f"第 {n + 1} 项", f"No. {n + 1}", _line(line))
        return
    zh, en = SHOWN_NAMES.get(name, (text(name)[:40],) * 2)
    yield ShownRow(zh, en, _value(value))


def _line(line: Any) -> str:
    if not isinstance(line, dict):
        return _value(line)
    parts = [line.get("item") or line.get("course"), line.get("issuer")]
    if _is_amount(line.get("credits")):
        parts.append(f"{_amount(line['credits'])} 学分 credits")
    parts += [line.get("awarded_on"), line.get("grade")]
    if isinstance(line.get("from"), list):
        parts.append("← " + "、".join(_value(source) for source in line["from"][:20]))
    return " · ".join(text(part) for part in parts if part and isinstance(part, str))


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return " · ".join(_value(inner) for inner in list(value.values())[:20])
    if isinstance(value, list):
        return "、".join(_value(inner) for inner in value[:20])
    return _amount(value) if _is_amount(value) else text(value if isinstance(value, str) else str(value))


def _is_amount(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _amount(value: float) -> str:
    return format_credits(round(value * 100)) if abs(value) < 1e12 else str(value)


# --- what lies beside ------------------------------------------------------------------------------------------------


def states_url(url: str, list_number: int) -> str:
    """Where everybody reads a token status list."""
    return f"{url}/{LISTS}/status-{list_number}.jwt"


def type_url(url: str, kind: CertificateKind) -> str:
    """What kind of credential it is, and where everybody reads about it."""
    return f"{url}/{LISTS}/{kind.value}.json"


def states_token(
    *,
    home: CredentialHome,
    list_number: int,
    revoked: Sequence[int],
    suspended: Sequence[int],
    now: datetime,
    until: datetime,
    signer: Signer,
) -> str:
    """One token status list (IETF): for the same places as the Bitstring lists, in the form SD-JWTs ask for."""
    states = dict.fromkeys(revoked, bits.INVALID) | dict.fromkeys(suspended, bits.SUSPENDED)
    payload = {
        "sub": states_url(home.url, list_number),
        "iss": home.did,
        "iat": int(now.timestamp()),
        "exp": int(until.timestamp()),
        "ttl": 60,
        "status_list": {"bits": 2, "lst": bits.encode_states(states)},
    }
    return _token({"alg": "EdDSA", "typ": LIST_TYPE, "kid": home.method}, payload, signer)


def type_metadata(url: str, kind: CertificateKind) -> dict[str, Any]:
    """What a wallet shows beside the claims (SD-JWT VC type metadata)."""
    zh, en = TITLES[kind]
    fields = [field for field in ShownField if field not in (ShownField.GRADES, ShownField.OUTCOMES)]
    if kind is CertificateKind.STATEMENT:
        fields.remove(ShownField.PROGRAMME)
    told = [(field.value, FIELD_NAMES[field]) for field in fields]
    told.append((_LINE_NAMES[kind], FIELD_NAMES[ShownField.OUTCOMES]))
    return {
        "vct": type_url(url, kind),
        "name": en,
        "display": [{"locale": "zh-CN", "name": zh}, {"locale": "en", "name": en}],
        "claims": [
            {
                "path": [name],
                "display": [{"locale": "zh-CN", "label": names[0]}, {"locale": "en", "label": names[1]}],
                "sd": "always",
            }
            for name, names in told
        ],
    }
