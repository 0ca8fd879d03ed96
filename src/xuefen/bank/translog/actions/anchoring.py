"""Writing checkpoints into a contract on an EVM chain. Off unless ``XUEFEN_ANCHOR`` says where; it never stops the log."""

from __future__ import annotations

import os
import secrets
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings

from xuefen.bank.audit import actions as audit
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.problems import Denied
from xuefen.bank.shell.transaction import use_case
from xuefen.bank.translog import queries
from xuefen.bank.translog.models import Anchor, AnchorTry, Checkpoint
from xuefen.bank.translog.types import ANCHOR_CHAIN, Anchored, AnchorFinding
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


def anchor_by_itself(*, now: datetime) -> Anchored | None:
    """What the worker does: nothing where anchoring is off or a failure is too recent; a failure is noted, never raised."""
    if not settings.XUEFEN_ANCHOR:
        return None
    _, contract = queries.anchor_place()
    before = AnchorTry.objects.filter(contract=contract).first()
    if before is not None and before.failures and before.not_before > now:
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
        draft = path.with_name(f".anchor.{secrets.token_hex(6)}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write("0x" + secrets.token_hex(32))
            file.flush()
            os.fsync(file.fileno())
        draft.rename(path)
    return path.read_text().strip()


def account() -> str:
    """The address of that account. Raises ``Denied(anchor_chain)``."""
    try:
        return address_of(account_key())
    except ChainUnusable as error:
        raise Denied(ANCHOR_CHAIN, why=error) from error
