"""Reading the two files a verifier brings: whom to believe, and what is revoked."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from xuefen.bank.certificates.rules.issuing import trust_json
from xuefen.bank.certificates.rules.shape import read_base64, read_time, write_time
from xuefen.bank.certificates.types import (
    ISSUERS_FORMAT,
    STATUS_FORMAT,
    TRUST_FORMAT,
    CertificateState,
    KnownIssuer,
    StatusEntry,
    StatusList,
    StatusReason,
    Trust,
    TrustedKey,
)
from xuefen.bedrock import canon
from xuefen.bedrock.cosignatures import load_verifier
from xuefen.bedrock.gm import GmError, key_id, load_public
from xuefen.bedrock.notes import NoteInvalid
from xuefen.bedrock.policy import Policy


class BadFile(ValueError):
    """A trust file or a status list that cannot be used; the message says why."""


@lru_cache(maxsize=4)
def read_trust(data: bytes) -> Trust:
    """The trust file. Raises BadFile for anything that is not exactly one, down to key ids that do not fit their keys.

    The last four are kept: every verification reads the file anew, and finds the same bytes until a key changes.
    """
    try:
        value = canon.parse_canonical(data)
        if value["format"] != TRUST_FORMAT:
            raise BadFile("another format")
        trust = Trust(
            node=str(value["node"]),
            origin=str(value["origin"]),
            zh=str(value["name"]["zh"]),
            en=str(value["name"]["en"]),
            keys=tuple(_key_from(key) for key in value["keys"]),
            generated_at=read_time(value["generated_at"]),
            witnesses=_policy_from(value["witnesses"]) if "witnesses" in value else None,
        )
        if trust_json(trust) != value:
            raise BadFile("members that do not belong together")
    except BadFile:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, NoteInvalid) as error:
        raise BadFile(f"no trust file: {error}") from error
    return trust


def _policy_from(value: Mapping[str, Any]) -> Policy:
    if type(value["need"]) is not int:
        raise BadFile("no number of witnesses")
    policy = Policy(value["need"], tuple(str(vkey) for vkey in value["keys"]))
    try:
        for vkey in policy.vkeys:
            load_verifier(vkey, load_public)
    except GmError as error:
        raise BadFile("a witness's key is no key") from error
    return policy


def _key_from(value: Mapping[str, Any]) -> TrustedKey:
    raw = read_base64(value["raw"])
    try:
        named = key_id(load_public(value["algorithm"], raw))
    except GmError as error:
        raise BadFile("a key is no key") from error
    if named != value["key_id"]:
        raise BadFile("a key id does not fit its key")
    return TrustedKey(
        purpose=str(value["purpose"]),
        algorithm=value["algorithm"],
        raw=raw,
        key_id=named,
        valid_from=read_time(value["valid_from"]),
        valid_until=None if value["valid_until"] is None else read_time(value["valid_until"]),
    )


def read_status(data: bytes, *, trust: Trust) -> StatusList:
    """The status list, if a certificates key of this issuer signed it. Raises BadFile."""
    try:
        value = canon.parse_canonical(data)
        signature = value.pop("signature")
        signed_at = read_time(value["generated_at"])
        if value["format"] != STATUS_FORMAT or value["node"] != trust.node:
            raise BadFile("another format or another issuer")
        key = find_key(trust, purpose="certificates", named=signature["key_id"])
        if key is None or key.algorithm != signature["algorithm"] or not valid_at(key, value["generated_at"]):
            raise BadFile("not signed by a key of this issuer")
        if not load_public(key.algorithm, key.raw).verify(canon.canonical(value), read_base64(signature["value"])):
            raise BadFile("its signature is wrong")
        entries = {
            entry["certificate"]: StatusEntry(
                CertificateState(entry["status"]), StatusReason(entry["reason"]), read_time(entry["at"])
            )
            for entry in value["entries"]
        }
    except BadFile:
        raise
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadFile(f"no status list: {error}") from error
    return StatusList(generated_at=signed_at, entries=entries)


def find_key(trust: Trust, *, purpose: str, named: str) -> TrustedKey | None:
    """The issuer's key of this purpose and name, or None."""
    return next((key for key in trust.keys if (key.purpose, key.key_id) == (purpose, named)), None)


def valid_at(key: TrustedKey, at: str) -> bool:
    """Whether the key may have signed at this time, given as documents spell times (they sort as text)."""
    return write_time(key.valid_from) <= at and (key.valid_until is None or at <= write_time(key.valid_until))


def read_issuers(data: bytes) -> tuple[KnownIssuer, ...]:
    """Other people's issuers this node believes. Raises BadFile."""
    try:
        value = canon.parse_canonical(data)
        if value["format"] != ISSUERS_FORMAT:
            raise BadFile("another format")
        return tuple(
            KnownIssuer(
                id=str(entry["id"]),
                zh=str(entry["name"]["zh"]),
                en=str(entry["name"]["en"]),
                keys=tuple(str(key) for key in entry["keys"]),
            )
            for entry in value["issuers"]
        )
    except (ValueError, KeyError, TypeError) as error:
        raise BadFile(f"no list of issuers: {error}") from error
