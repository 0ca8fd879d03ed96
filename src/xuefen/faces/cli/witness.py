"""``xuefen witness``."""

from __future__ import annotations

from argparse import Namespace

from xuefen.bank.shell import clock
from xuefen.bank.shell.actor import Actor
from xuefen.bank.translog import actions, queries
from xuefen.bedrock.cosignatures import vkey_of
from xuefen.faces.cli.output import plain_refusals, result, write_json

HOUSE = Actor.system("command line")


@plain_refusals
def show_keys(arguments: Namespace) -> int:
    """Our log's keys, the one in use first, and our witness keys, one a line."""
    for verifier in queries.verifiers():
        result.print(f"log      {queries.tree_hash().name}  {vkey_of(verifier)}", markup=False, soft_wrap=True)
    for verifier in queries.witness_verifiers():
        result.print(f"witness       {vkey_of(verifier)}", markup=False, soft_wrap=True)
    return 0


@plain_refusals
def watch(arguments: Namespace) -> int:
    actions.watch(origin=arguments.origin, vkey=arguments.vkey, hash=arguments.hash, by=HOUSE, now=clock.now())
    result.print(f"ok: {arguments.origin}", markup=False)
    return 0


@plain_refusals
def rekey(arguments: Namespace) -> int:
    actions.rekey(origin=arguments.origin, vkey=arguments.vkey, by=HOUSE, now=clock.now())
    result.print(f"ok: {arguments.origin}", markup=False)
    return 0


@plain_refusals
def add(arguments: Namespace) -> int:
    actions.add_witness(vkey=arguments.vkey, url=arguments.url, by=HOUSE, now=clock.now())
    result.print(f"ok: {arguments.url}", markup=False)
    return 0


@plain_refusals
def forget(arguments: Namespace) -> int:
    actions.forget_witness(name=arguments.name, by=HOUSE, now=clock.now())
    result.print(f"ok: {arguments.name}", markup=False)
    return 0


@plain_refusals
def ask(arguments: Namespace) -> int:
    """1 when a witness did not cosign."""
    asked = actions.ask_witnesses(now=clock.now())
    for answer in asked if arguments.json != "-" else ():
        said = f"BAD {answer.witness}: {answer.error}" if answer.error else f"ok  {answer.witness}: {answer.size}"
        result.print(said, markup=False)
    write_json({"asked": [{"witness": a.witness, "size": a.size, "error": a.error} for a in asked]}, arguments.json)
    return 1 if any(answer.error for answer in asked) else 0


@plain_refusals
def policy(arguments: Namespace) -> int:
    """Say, or set, how many cosignatures verifiers should ask for; a new policy is published with the trust file."""
    from xuefen.bank.certificates import actions as certificates

    now = clock.now()
    if arguments.need is not None:
        actions.set_policy(need=arguments.need, by=HOUSE, now=now)
        certificates.publish_trust(now=now)
    found = queries.policy()
    if arguments.json != "-":
        text = found.text if found is not None else "quorum none\n"
        result.print(text, markup=False, soft_wrap=True, end="")
    keys = list(found.vkeys) if found is not None else []
    write_json({"need": found.need if found is not None else 0, "witnesses": keys}, arguments.json)
    return 0


@plain_refusals
def show_all(arguments: Namespace) -> int:
    """Both lists; a witness that lags behind our newest checkpoint shows by its size."""
    asked = [{"witness": w.name, "url": w.url, "size": w.size, "error": w.error} for w in queries.witnesses()]
    watched = [{"log": row.origin, "hash": row.hash, "size": row.size} for row in queries.watched_logs()]
    facts = {"size": queries.log_size(), "asked": asked, "watched": watched}
    if arguments.json != "-":
        result.print(f"log: {facts['size']}")
        for one in asked:
            result.print(f"ask   {one['witness']} {one['size']} {one['url']} {one['error']}", markup=False)
        for one in watched:
            result.print(f"watch {one['log']} {one['size']} {one['hash']}", markup=False)
    write_json(facts, arguments.json)
    return 0
