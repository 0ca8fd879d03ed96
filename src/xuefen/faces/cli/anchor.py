"""``xuefen anchor``."""

from __future__ import annotations

from argparse import Namespace

from xuefen.bank.shell import clock
from xuefen.bank.shell.actor import Actor
from xuefen.bank.translog import actions, queries
from xuefen.bank.translog.types import Anchored
from xuefen.faces.cli.output import plain_refusals, result, write_json

HOUSE = Actor.system("command line")


@plain_refusals
def account(arguments: Namespace) -> int:
    """The account that writes; on a chain with fees it needs some coin before ``deploy``."""
    result.print(actions.account(), markup=False)
    return 0


@plain_refusals
def deploy(arguments: Namespace) -> int:
    """Ends with the setting to make."""
    done = actions.deploy(url=arguments.url, by=HOUSE, now=clock.now())
    if arguments.json != "-":
        result.print(f"XUEFEN_ANCHOR={arguments.url},{done.contract}", markup=False, soft_wrap=True)
    write_json(_told(done), arguments.json)
    return 0


@plain_refusals
def send(arguments: Namespace) -> int:
    """Now, whatever the back-off says."""
    done = actions.send_anchor(now=clock.now())
    if arguments.json != "-":
        result.print(f"ok: {done.size} {done.tx}" if done else "ok: 已经在链上 it stands there already", markup=False)
    write_json({"sent": _told(done) if done else None}, arguments.json)
    return 0


@plain_refusals
def check(arguments: Namespace) -> int:
    """1 when chain and log differ."""
    found = actions.check_anchors()
    for one in found if arguments.json != "-" else ():
        result.print(f"{'BAD' if one.wrong else 'ok '} {one.size} {one.wrong}".rstrip(), markup=False)
    trouble = queries.anchor_trouble()
    if trouble and arguments.json != "-":
        result.print(f"上次没有成功 the last try failed: {trouble}", markup=False)
    told = [{"size": one.size, "wrong": one.wrong} for one in found]
    write_json({"anchors": told, "trouble": trouble}, arguments.json)
    return 1 if any(one.wrong for one in found) else 0


def _told(done: Anchored) -> dict[str, object]:
    return {"size": done.size, "chain": done.chain_id, "contract": done.contract, "tx": done.tx, "block": done.block}
