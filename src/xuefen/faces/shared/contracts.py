"""A guaranteed-conversion contract as its three sides see it, at the desk and in the hall."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from xuefen.bank.conversion import queries
from xuefen.bank.conversion.states import CONTRACT
from xuefen.bank.conversion.types.life import ContractEvent, ContractState, ContractView, LifeMove, Side
from xuefen.faces.shared.words import date_text

KINDS: Mapping[ContractState, str] = {
    ContractState.OPEN: "warn",
    ContractState.IN_FORCE: "ok",
    ContractState.DECLINED: "bad",
    ContractState.ENDED: "",
}
SIDES: Mapping[Side, tuple[str, str]] = {
    Side.LEARNER: ("学习者", "Learner"),
    Side.ISSUER: ("颁发机构", "Issuer"),
    Side.RECEIVER: ("接收机构", "Receiver"),
}


def badge(view: ContractView) -> tuple[str, tuple[str, str]]:
    facts = CONTRACT.states[view.state]
    return KINDS[view.state], (facts.zh, facts.en.capitalize())


def rows(found: tuple[ContractView, ...]) -> list[dict[str, Any]]:
    """Contracts in a list, with what they are for; one query for each institution whose items they name."""
    names = queries.item_names({code for view in found for code in (*view.items, *view.targets)})
    return [
        {
            "view": view,
            "badge": badge(view),
            "items": [names.get(code, code) for code in view.items],
            "targets": [names.get(code, code) for code in view.targets],
        }
        for view in found
    ]


def shown(view: ContractView) -> dict[str, Any]:
    """Everything a contract's page shows."""
    return {
        **rows((view,))[0],
        "sides": [(SIDES[side], _who(view, side), view.signed.get(side)) for side in Side],
        "moves": [_move(move) for move in view.moves],
    }


def _who(view: ContractView, side: Side) -> str:
    return {Side.LEARNER: view.masked_name, Side.ISSUER: view.issuer_name, Side.RECEIVER: view.receiver_name}[side]


def _move(move: LifeMove) -> dict[str, Any]:
    zh, en = CONTRACT.events[ContractEvent(move.event)]
    when, words = date_text(move.at, "time"), (zh, en.capitalize())
    return {"words": words, "when": f"{when} · {move.who}" if move.who else when, "note": move.note}
