"""Replacing the node's keys.

The key folder decides which key is in use; it changes in one step, before the books do. A kill between the two leaves a key
that no leaf tells of yet: ``tidy`` (and the next rotation) writes it down.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings

from xuefen.bank.audit import actions as audit
from xuefen.bank.certificates import actions as certificates
from xuefen.bank.custody import queries, rules
from xuefen.bank.custody.models import KeyChange
from xuefen.bank.custody.types import KEY_NO_TOKEN, OVERLAP, Rotated
from xuefen.bank.deposits import actions as deposits
from xuefen.bank.learners import actions as learners
from xuefen.bank.recognition import actions as recognition
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.clock import stamp
from xuefen.bank.shell.keys import keys
from xuefen.bank.shell.problems import Denied
from xuefen.bank.shell.transaction import inside_transaction, use_case, wait_turn
from xuefen.bank.translog import actions as translog
from xuefen.bedrock.gm import Held

HOUSE = Actor.system("custody")
WRAP = "wrap"
CHUNK = 2_000  # halves of one transaction


def rotate(
    *,
    purpose: str,
    reason: str,
    by: Actor,
    now: datetime,
    overlap: timedelta = OVERLAP,
    compromised_since: datetime | None = None,
) -> Rotated:
    """Put a new key of the same kind in use and publish the trust file that tells of both.

    The replaced key stays known for ever: what it signed until the end of the overlap keeps verifying (I10). With
    ``compromised_since`` only what it signed until then does, and its private half is destroyed at once. Raises
    ``Denied``: not_allowed, key_unknown, key_not_rotated, key_overlap, key_compromised_time, key_reason.
    """
    done = _rotate(purpose=purpose, reason=reason, overlap=overlap, compromised_since=compromised_since, by=by, now=now)
    certificates.publish_trust(now=now)
    certificates.publish_status(now=now)
    _retire(now)
    if purpose == WRAP:
        wrap_anew()
    return done


def tidy(*, now: datetime) -> int:
    """Write down rotations a kill kept from the books, and destroy private halves whose time is over; how many of both."""
    written = _write_down(now=now)
    if written:
        certificates.publish_trust(now=now)
    return written + len(_retire(now)) + _retire_wrap(now)


@use_case
def seal_files(*, by: Actor, now: datetime) -> list[Held]:
    """Put every key file that a passphrase alone opens under the node's PKCS#11 token. Again is fine.

    Raises ``Denied``: not_allowed, key_no_token.
    """
    by.scope("keys.rotate")
    if not settings.XUEFEN_TOKEN:
        raise Denied(KEY_NO_TOKEN)
    wait_turn("keys")
    sealed = keys().seal()
    for key in sealed:
        audit.record(
            action="keys.sealed",
            by=by,
            now=now,
            subject=("key", f"{key.purpose}.{key.generation}"),
            after={"kept": key.place},
        )
    return sealed


def wrap_anew() -> int:
    """Wrap every stored half of a key with the wrapping key in use, a chunk at a time; how many chunks. Again is fine.

    A kill leaves some halves under the earlier key, which is kept until a whole pass was made after its last moment.
    """
    chunks = 0
    for work in (learners.rewrap_keys, deposits.rewrap_papers, recognition.rewrap_contacts):
        last = work(after=0, most=CHUNK)
        while last is not None:
            chunks += 1
            last = work(after=last, most=CHUNK)
    return chunks


def _retire_wrap(now: datetime) -> int:
    over = [key for key in keys().held(WRAP)[1:] if key.file and key.until is not None and key.until <= now]
    if not over:
        return 0
    wrap_anew()
    return len(keys().retire(WRAP, now=now))


def _retire(now: datetime) -> list[Held]:
    signing = [purpose for purpose in keys().purposes() if keys().held(purpose)[0].signs]
    return [key for purpose in signing for key in keys().retire(purpose, now=now)]


@use_case
def _rotate(
    *, purpose: str, reason: str, overlap: timedelta, compromised_since: datetime | None, by: Actor, now: datetime
) -> Rotated:
    by.scope("keys.rotate")
    wait_turn("keys")
    _record_missing(now)
    stated = rules.checked_reason(reason)
    old = queries.held(purpose)[0]
    until = rules.last_moment(old, overlap=overlap, compromised_since=compromised_since, now=now)
    fresh = keys().rotate(purpose, now=now, until=until)
    replaced = queries.held(purpose)[1]
    _record(fresh, replaced, reason=stated, compromised=compromised_since is not None, by=by, now=now)
    return Rotated(purpose, fresh.key_id, replaced.key_id, until)


@use_case
def _write_down(*, now: datetime) -> int:
    wait_turn("keys")
    return _record_missing(now)


def _record_missing(now: datetime) -> int:
    missing = list(queries.unrecorded())
    for fresh, old in missing:
        reason = "中断后补记 recorded after an interruption"
        compromised = old.until is not None and fresh.since is not None and old.until < fresh.since
        _record(fresh, old, reason=reason, compromised=compromised, by=HOUSE, now=now)
    return len(missing)


@inside_transaction
def _record(fresh: Held, replaced: Held, *, reason: str, compromised: bool, by: Actor, now: datetime) -> None:
    assert replaced.until is not None
    leaf = rules.rotated_leaf(
        fresh=fresh, replaced=replaced, at=stamp(now), until=stamp(replaced.until), compromised=compromised
    )
    KeyChange.objects.create(
        purpose=fresh.purpose,
        generation=fresh.generation,
        algorithm=fresh.kind,
        key_id=fresh.key_id,
        replaced_key_id=replaced.key_id,
        in_use_since=fresh.since or now,
        replaced_until=replaced.until,
        compromised=compromised,
        reason=reason,
        by_name=by.name,
        leaf_id=translog.append(body=leaf),
    )
    audit.record(
        action="keys.rotated",
        by=by,
        now=now,
        subject=("key", f"{fresh.purpose}.{fresh.generation}"),
        reason=reason,
        before={"key": replaced.key_id},
        after={"key": fresh.key_id, "until": stamp(replaced.until), "compromised": compromised},
    )
