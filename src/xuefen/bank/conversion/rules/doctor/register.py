"""The register in arrays: 1.6 million rules in some hundred megabytes, where a Python object each would take gigabytes."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from typing import Any

from xuefen.bank.conversion.rules.doctor.worth import gives, takes
from xuefen.bank.conversion.types.codec import Fault, decode
from xuefen.bank.conversion.types.doctor import RuleLine, World
from xuefen.bank.conversion.types.problem import NO_CONDITIONS, Conditions

_UNSTATED = -1


class ConditionsReader:
    """Conditions from JSON; the same words are one object, since few differ among millions."""

    def __init__(self) -> None:
        self.known: dict[str, Conditions] = {}

    def read(self, body: Mapping[str, Any] | None) -> Conditions:
        if not body:
            return NO_CONDITIONS
        key = str(body)
        found = self.known.get(key)
        if found is None:
            faults: list[Fault] = []
            decoded = decode(Conditions, body, faults)
            if decoded is None:
                raise ValueError(f"conditions are stored malformed: {faults}")
            found = self.known[key] = decoded
        return found


def line_of(
    body: Mapping[str, Any], *, id: int, receiver: int, since: int, until: int, conditions: ConditionsReader
) -> RuleLine:
    """A stored rule (``body["rule"]``) as the doctor's row. Faster than the strict reader: the body was checked when it came."""
    sets: tuple[tuple[int, ...], ...] = ()
    if body.get("sources"):
        sets = (tuple(body["sources"]),)
    elif body.get("either"):
        sets = tuple(tuple(items) for items in body["either"])
    pool = body.get("pool") or {}
    return RuleLine(
        id=id,
        receiver=receiver,
        since=since,
        until=until,
        sets=sets,
        pool=tuple(pool.get("items", ())),
        pool_credits=pool.get("credits", 0),
        targets=tuple((t["item_id"], t.get("credits")) for t in body.get("targets", ())),
        elective=body.get("elective", ""),
        result=body.get("result"),
        conditions=conditions.read(body.get("conditions")),
        overlap=body.get("overlap"),
        waives=body.get("waives", False),
        grade=body.get("grade"),
        denies=body.get("denies", False),
        denied_issuer=body.get("denied_issuer", ""),
    )


class Register:
    """Rules as arrays. A *way* is one set of a rule (or one item of its pool): what can be handed in for it.

    ``edge_*``: one row per way, source and target: an outcome of the source, with the rest of the way, gives the target.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.node: dict[int, int] = {}  # item → its place in the graph
        self.rule_id, self.receiver = array("q"), array("q")
        self.since, self.until = array("i"), array("i")
        self.conditions: list[Conditions] = []
        self._condition_no: dict[Conditions, int] = {}
        self.condition = array("i")
        self.terms: list[
            tuple[Any, ...]
        ] = []  # what is rarely stated: elective, result, waives, grade, overlap, pool credits
        self._terms_no: dict[tuple[Any, ...], int] = {}
        self.term = array("i")
        self.target_at, self.target, self.stated = array("q", [0]), array("q"), array("i")
        self.way_rule, self.way_at, self.way_item = array("i"), array("q", [0]), array("q")
        self.way_key, self.way_takes, self.way_gives = array("q"), array("i"), array("i")
        self.edge_from, self.edge_to, self.edge_way = array("i"), array("i"), array("i")
        self.denials: list[RuleLine] = []

    def __len__(self) -> int:
        return len(self.rule_id)

    def add(self, line: RuleLine, *, live: bool) -> None:
        """Take a rule in; ``live``: it can be applied on the day, so it may be a step of a cycle."""
        if line.denies:
            self.denials.append(line)
            return
        rule = len(self.rule_id)
        self.rule_id.append(line.id)
        self.receiver.append(line.receiver)
        self.since.append(line.since)
        self.until.append(line.until)
        self.condition.append(self._condition(line.conditions))
        self.term.append(
            self._term((line.elective, line.result, line.waives, line.grade, line.overlap, line.pool_credits))
        )
        for item, stated in line.targets:
            self.target.append(item)
            self.stated.append(_UNSTATED if stated is None else stated)
        self.target_at.append(len(self.target))
        goal = (line.receiver, line.elective, tuple(sorted(item for item, _ in line.targets)))
        pool = hash((line.pool_credits, tuple(sorted(line.pool)))) if line.pool else None
        for items in line.sets:
            self._way(rule, line, items, hash((goal, tuple(sorted(items)))), live=live)
        for item in line.pool:
            self._way(rule, line, (item,), hash((goal, item, pool)), live=live)

    def _way(self, rule: int, line: RuleLine, items: tuple[int, ...], key: int, *, live: bool) -> None:
        way = len(self.way_rule)
        taken = takes(line, items, self.world)
        given = sum(gives(line, taken, self.world)) if line.targets else line.result or taken
        self.way_rule.append(rule)
        self.way_key.append(key)
        self.way_takes.append(taken)
        self.way_gives.append(given)
        self.way_item.extend(items)
        self.way_at.append(len(self.way_item))
        if not live or not taken or not given:
            return
        for item in items:
            source = self.node.setdefault(item, len(self.node))
            for target, _ in line.targets:
                self.edge_from.append(source)
                self.edge_to.append(self.node.setdefault(target, len(self.node)))
                self.edge_way.append(way)

    def _condition(self, conditions: Conditions) -> int:
        number = self._condition_no.get(conditions)
        if number is None:
            number = self._condition_no[conditions] = len(self.conditions)
            self.conditions.append(conditions)
        return number

    def _term(self, term: tuple[Any, ...]) -> int:
        number = self._terms_no.get(term)
        if number is None:
            number = self._terms_no[term] = len(self.terms)
            self.terms.append(term)
        return number

    def items_of(self, way: int) -> tuple[int, ...]:
        return tuple(self.way_item[self.way_at[way] : self.way_at[way + 1]])

    def key_of(self, rule: int, items: tuple[int, ...]) -> int:
        """The key a way of these items to the rule's own goal would have."""
        goal = (self.receiver[rule], self.terms[self.term[rule]][0], tuple(sorted(t for t, _ in self.targets_of(rule))))
        return hash((goal, tuple(sorted(items))))

    def targets_of(self, rule: int) -> tuple[tuple[int, int | None], ...]:
        span = range(self.target_at[rule], self.target_at[rule + 1])
        return tuple((self.target[i], None if self.stated[i] == _UNSTATED else self.stated[i]) for i in span)

    def line(self, rule: int) -> RuleLine:
        """The rule again, without its sets and pool: those are its ways."""
        elective, result, waives, grade, overlap, pool_credits = self.terms[self.term[rule]]
        return RuleLine(
            id=self.rule_id[rule], receiver=self.receiver[rule], since=self.since[rule], until=self.until[rule],
            pool_credits=pool_credits, targets=self.targets_of(rule), elective=elective, result=result,
            conditions=self.conditions[self.condition[rule]], overlap=overlap, waives=waives, grade=grade,
        )  # fmt: skip
