"""Writing checkpoints into a contract on an EVM chain. Off unless ``XUEFEN_ANCHOR`` says where; it never stops the log."""

from __future__ import annotations

import contextlib
import secrets
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings

from xuefen.bank.audit import actions as audit
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.problems import Denied
from xuefen.bank.shell.transaction import use_case
from xuefen.bank.translog import queries
from xuefen.bank.translog.models import Anchor, AnchorAlarm, AnchorTry, Checkpoint
from xuefen.bank.translog.types import (
    ANCHOR_CHAIN,
    ANCHOR_NO_ALARM,
    ANCHOR_PERSON,
    ANCHOR_REASON,
    ANCHOR_SAME_PERSON,
    Anchored,
    AnchorFinding,
)
from xuefen.bedrock import disk, tiles
from xuefen.bedrock.evm import Chain, ChainUnusable, Receipt, address_of

FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=10), timedelta(hours=6)


def deploy(*, url: str, by: Actor, now: datetime) -> Anchored:
    """Put a contract for this log on a chain. Raises ``Denied``: not_allowed, anchor_chain."""
    by.scope("witnesses.edit")
    origin = queries.origin()
    try:
        done = Chain(url).deploy(origin=origin, key=account_key())
    except ChainUnusable as error:
        raise Denied(ANCHOR_CHAIN, why=error) from error
    _note_deployed(done=done, url=url, by=by, now=now)
    return Anchored(0, done.chain_id, done.contract, done.tx, done.block, now)


@use_case
def _note_deployed(*, done: Receipt, url: str, by: Actor, now: datetime) -> None:
    told = {"chain": done.chain_id, "contract": done.contract, "tx": done.tx, "url": url}
    audit.record(action="anchors.deployed", by=by, now=now, subject=("contract", done.contract), after=told)


def send_anchor(*, now: datetime) -> Anchored | None:
    """Write the newest checkpoint into the contract; None when it stands there already, or nothing is signed.

    A kill between the chain and the row is made good by the next call: the contract is asked first. Raises ``Denied``:
    anchor_off, anchor_chain.
    """
    url, contract = queries.anchor_place()
    checkpoint = Checkpoint.objects.order_by("-size").first()
    if checkpoint is None or checkpoint.anchors.filter(contract=contract).exists():
        return None
    try:
        done = Chain(url).anchor(
            contract=contract,
            origin=queries.origin(),
            size=checkpoint.size,
            root=bytes(checkpoint.root),
            key=account_key(),
        )
    except ChainUnusable as error:
        raise Denied(ANCHOR_CHAIN, why=error) from error
    return _keep(checkpoint=checkpoint, done=done, now=now)


@use_case
def _keep(*, checkpoint: Checkpoint, done: Receipt, now: datetime) -> Anchored:
    row, _ = Anchor.objects.get_or_create(
        checkpoint=checkpoint, chain_id=done.chain_id, contract=done.contract,
        defaults={"tx": done.tx, "block": done.block, "anchored_at": now},
    )  # fmt: skip
    return queries.anchored(row)


def hear_chain(*, now: datetime) -> None:
    """Does the contract contradict this database? Then an alarm stands, and ``seal`` refuses until two people decide.

    A chain that is away, or was a moment ago, stops nobody.
    """
    if not settings.XUEFEN_ANCHOR or _too_soon(queries.anchor_place()[1], now):
        return
    url, contract = queries.anchor_place()
    try:
        chain, origin = Chain(url), queries.origin()
        size = chain.newest(contract=contract, origin=origin)
        root = chain.root_at(contract=contract, origin=origin, size=size) if size else None
    except ChainUnusable:
        return
    found = _contradiction(size, root) if root is not None else ""
    if found:
        _raise_alarm(contract=contract, size=size, root=root or b"", found=found, now=now)


def _contradiction(size: int, root: bytes) -> str:
    known = queries.log_size()
    if size > known:
        return f"the database knows {known} leaves"
    try:
        ours = tiles.TileReader(size=size, fetch=queries.fetch, hash=queries.tree_hash()).root()
    except tiles.TileDamaged:
        return ""  # an alarm of its own: log_damaged
    return "" if ours == root else "another root"


@use_case
def _raise_alarm(*, contract: str, size: int, root: bytes, found: str, now: datetime) -> None:
    alarm, new = AnchorAlarm.objects.get_or_create(
        contract=contract, size=size, root=root, defaults={"found": found, "found_at": now}
    )
    if new:
        audit.record(
            action="anchors.contradict", by=Actor.system("chain"), now=now, subject=("anchor_alarm", str(alarm.pk)),
            after={"contract": contract, "size": size, "root": root.hex(), "found": found},
        )  # fmt: skip


@use_case
def overrule_chain(*, reason: str, by: Actor, now: datetime) -> bool:
    """Say that the chain is wrong and the log goes on: the first officer asks with a reason, another one confirms (then True).

    Raises ``Denied``: not_allowed, anchor_no_alarm, anchor_person, anchor_reason, anchor_same_person.
    """
    by.scope("witnesses.edit")
    alarm = AnchorAlarm.objects.select_for_update().filter(closed_at=None).order_by("-size").first()
    if alarm is None:
        raise Denied(ANCHOR_NO_ALARM)
    if by.user_id is None:
        raise Denied(ANCHOR_PERSON)
    if alarm.asked_by_id is None and not reason.strip():
        raise Denied(ANCHOR_REASON, place="reason")
    if alarm.asked_by_id == by.user_id:
        raise Denied(ANCHOR_SAME_PERSON)
    if alarm.asked_by_id is None:
        alarm.reason, alarm.asked_by_id, alarm.asked_at = reason.strip()[:300], by.user_id, now
    else:
        alarm.confirmed_by_id, alarm.closed_at = by.user_id, now
    alarm.save()
    audit.record(
        action="anchors.overruled" if alarm.closed_at else "anchors.overrule_asked", by=by, now=now,
        subject=("anchor_alarm", str(alarm.pk)), reason=alarm.reason, after={"size": alarm.size, "found": alarm.found},
    )  # fmt: skip
    return alarm.closed_at is not None


def _too_soon(contract: str, now: datetime) -> bool:
    before = AnchorTry.objects.filter(contract=contract).first()
    return before is not None and before.failures > 0 and before.not_before > now


def anchor_by_itself(*, now: datetime) -> Anchored | None:
    """What the worker does: nothing where anchoring is off or a failure is too recent; a failure is noted, never raised."""
    if not settings.XUEFEN_ANCHOR:
        return None
    _, contract = queries.anchor_place()
    if _too_soon(contract, now):
        return None
    before = AnchorTry.objects.filter(contract=contract).first()
    hear_chain(now=now)
    if AnchorAlarm.objects.filter(closed_at=None).exists():
        return None
    try:
        done = send_anchor(now=now)
    except Denied as denied:
        _note_try(
            contract=contract, failures=before.failures + 1 if before else 1, error=str(denied.params["why"]), now=now
        )
        return None
    if before is not None and before.failures:
        _note_try(contract=contract, failures=0, error="", now=now)
    return done


@use_case
def _note_try(*, contract: str, failures: int, error: str, now: datetime) -> None:
    wait = min(FIRST_WAIT * 2 ** min(failures - 1, 10), LONGEST_WAIT) if failures else timedelta()
    said = {"failures": failures, "not_before": now + wait, "error": error[:300]}
    AnchorTry.objects.update_or_create(contract=contract, defaults=said)


def check_anchors(*, most: int = 1_000) -> list[AnchorFinding]:
    """Compare the newest anchors, and what the contract holds, with our checkpoints.

    Raises ``Denied``: anchor_off, anchor_chain.
    """
    url, contract = queries.anchor_place()
    origin = queries.origin()
    try:
        chain = Chain(url)
        found = [
            AnchorFinding(
                a.checkpoint.size, _judged(chain.root_at(contract=contract, origin=origin, size=a.checkpoint.size), a)
            )
            for a in Anchor.objects.filter(contract=contract)
            .select_related("checkpoint")
            .order_by("-checkpoint__size")[:most]
        ]
        newest = chain.newest(contract=contract, origin=origin)
    except ChainUnusable as error:
        raise Denied(ANCHOR_CHAIN, why=error) from error
    if newest > queries.log_size():
        found.insert(
            0, AnchorFinding(newest, "the chain holds more leaves than the database knows: an old backup was restored")
        )
    return found


def _judged(root: bytes | None, row: Anchor) -> str:
    if root is None:
        return "not in the contract"
    return "" if root == bytes(row.checkpoint.root) else "the contract holds another root"


def account_key() -> str:
    """The private key of the account that writes: the setting, or ``secrets/anchor``, made at first use."""
    if settings.XUEFEN_ANCHOR_KEY:
        return str(settings.XUEFEN_ANCHOR_KEY)
    path = Path(settings.XUEFEN_HOME) / "secrets" / "anchor"
    if not path.exists():
        path.parent.mkdir(mode=0o700, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            disk.create(path, f"0x{secrets.token_hex(32)}".encode("ascii"))
    return path.read_text().strip()


def account() -> str:
    """The address of that account. Raises ``Denied(anchor_chain)``."""
    try:
        return address_of(account_key())
    except ChainUnusable as error:
        raise Denied(ANCHOR_CHAIN, why=error) from error
