"""``xuefen rules chains``: what two rules through a reference standard amount to."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from xuefen.bank.conversion import queries
from xuefen.bank.conversion.rules import chains as composing
from xuefen.bank.conversion.types.codec import encode
from xuefen.bank.shell import clock
from xuefen.bedrock.quantity import format_credits
from xuefen.faces.cli.output import plain_refusals, result, write_json


@plain_refusals
def chains(arguments: Namespace) -> int:
    """Every chain from one institution to another, best first, with the loss of each hop; 1 when there is none."""
    found = queries.chains(source_code=arguments.source, receiver_code=arguments.receiver, on=clock.today())
    if arguments.json != "-":
        for chain in found.chains:
            _print(chain, found)
        if not found.chains:
            result.print("没有这样的链条 no such chain", markup=False)
    write_json([_json(chain, found) for chain in found.chains], arguments.json)
    return 0 if found.chains else 1


def _print(chain: composing.Chain, found: queries.Chains) -> None:
    source = " ＋ ".join(found.titles[i] for i in chain.sources)
    targets = " ＋ ".join(
        f"{found.titles[i]} {format_credits(credits)}" for i, credits in zip(chain.targets, chain.credits, strict=True)
    )
    result.print(f"{source} → {found.titles[chain.unit]} → {targets}", style="bold", markup=False)
    for text in composing.sentences(chain):
        result.print(f"  {text.zh}  {text.en}", markup=False)


def _json(chain: composing.Chain, found: queries.Chains) -> dict[str, Any]:
    return {
        "from": [found.names[i] for i in chain.sources],
        "through": found.names[chain.unit],
        "to": [
            {"item": found.names[i], "credits": format_credits(credits)}
            for i, credits in zip(chain.targets, chain.credits, strict=True)
        ],
        "hops": [
            {
                "rule": hop.rule,
                "version": hop.version,
                "takes": format_credits(hop.takes),
                "passes": format_credits(hop.passes),
                "loss": format_credits(hop.loss),
            }
            for hop in chain.hops
        ],
        "loss": format_credits(chain.loss),
        "conditions": encode(chain.conditions),
        "overlap": chain.overlap,
    }
