"""Whom to believe: this node's names and public keys, present and past."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

from xuefen.bank.certificates import rules
from xuefen.bank.certificates.pdf import files
from xuefen.bank.certificates.types import NODE_UNNAMED, PURPOSE, IssuerName, Trust, TrustedKey
from xuefen.bank.shell.keys import keys
from xuefen.bank.shell.problems import Denied
from xuefen.bank.shell.queries import node
from xuefen.bank.translog import queries as translog
from xuefen.bedrock.gm import Held, PublicKey, load_public

if TYPE_CHECKING:
    from xuefen.bank.shell.models import Node


def issuer() -> IssuerName:
    """This node as its certificates name it. Raises ``Denied(node_unnamed)``."""
    return as_issuer(this_node())


def this_node() -> Node:
    """Raises ``Denied(node_unnamed)``."""
    named = node()
    if named is None:
        raise Denied(NODE_UNNAMED)
    return named


def as_issuer(named: Node) -> IssuerName:
    """The node as its certificates name it."""
    return IssuerName(node=named.code, origin=named.origin, zh=named.name_zh, en=named.name_en)


def trust(*, now: datetime) -> Trust:
    """This node's names and public keys: the present ones, and those an earlier trust file still tells of.

    Raises ``Denied(node_unnamed)``.
    """
    named = this_node()
    name = as_issuer(named)
    earlier = published_trust(named)
    known = {(key.purpose, key.key_id): key for key in earlier.keys} if earlier is not None else {}
    present: list[TrustedKey] = []
    replaced: list[TrustedKey] = []
    for purpose in ("certificates", PURPOSE, "log"):
        for held in keys().held(purpose):
            told = known.pop((purpose, held.key_id), None)
            since = told.valid_from if told is not None else _in_use_since(held, named.created_at, earlier)
            key = TrustedKey(purpose, held.kind, held.public, held.key_id, since, held.until)
            (present if held.until is None else replaced).append(key)
    # A key whose folder was replaced as a whole still vouches for what it signed before (I10).
    past = [
        TrustedKey(key.purpose, key.algorithm, key.raw, key.key_id, key.valid_from, key.valid_until or now)
        for key in known.values()
    ]
    return Trust(
        name.node, name.origin, name.zh, name.en, (*present, *replaced, *past), now, witnesses=translog.policy()
    )


LEEWAY = timedelta(minutes=5)
"""A request that began just before a key was replaced may sign with the new one: it counts from this much earlier on."""


def _in_use_since(held: Held, node_made: datetime, earlier: Trust | None) -> datetime:
    """From when on a key that no trust file told of yet is good."""
    if held.since is not None:
        return held.since - LEEWAY
    # Made with its folder; when that folder took the place of another, some time after the last file was written.
    return earlier.generated_at if earlier is not None else node_made


def published_trust(named: Node | None) -> Trust | None:
    """What this node last told whom to believe; None before it told anything readable."""
    try:
        found = rules.read_trust((Path(settings.XUEFEN_PUBLIC) / files.TRUST_FILE).read_bytes())
    except (FileNotFoundError, rules.BadFile):
        return None
    return found if named is not None and found.origin == named.origin else None


def public_key(named: str) -> PublicKey:
    """The public half of a key this node signed certificates with, now or earlier. Raises LookupError."""
    for held in keys().held("certificates"):
        if held.key_id == named:
            return load_public(held.kind, held.public)
    earlier = published_trust(node())
    found = rules.find_key(earlier, purpose="certificates", named=named) if earlier is not None else None
    if found is None:
        raise LookupError(f"the certificates key {named} is neither present nor in the trust file")
    return load_public(found.algorithm, found.raw)
