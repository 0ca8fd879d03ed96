"""One cycle worked through by hand: what is put in, what each rule gives for it, and what is there in the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from xuefen.bank.conversion.rules.doctor.register import Register
from xuefen.bank.conversion.rules.doctor.worth import gives
from xuefen.bank.conversion.types.doctor import Step


@dataclass(frozen=True, slots=True)
class Books:
    """A round through a cycle: credits put in from outside, credits in hand at the end, and the product of the rates."""

    start: int
    put_in: int
    in_hand: int
    product: Fraction
    steps: tuple[Step, ...]

    @property
    def created(self) -> int:
        return self.in_hand - self.put_in


def best_round(register: Register, hops: Sequence[tuple[int, int]]) -> Books | None:
    """The round that creates most, whichever item it starts from; None when none creates anything.

    ``hops`` are (item, way): from this item by this way to the next hop's item, from the last back to the first.
    """
    rounds = [keep_books(register, [*hops[i:], *hops[:i]]) for i in range(len(hops))]
    good = [books for books in rounds if books is not None and books.created > 0]
    return max(good, key=lambda books: (books.created, -books.start), default=None)


def keep_books(register: Register, hops: Sequence[tuple[int, int]]) -> Books | None:
    """Start with one outcome of the first item. Each rule takes what the path carries and what else it needs: first what
    earlier rules of the round gave besides, else an outcome put in from outside. None when a rule cannot be applied.
    """
    world, kept = register.world, Counter[int]()
    start = hops[0][0]
    carried = put_in = world.items[start].worth
    product = Fraction(1)
    steps = []
    for place, (item, way) in enumerate(hops):
        goal = hops[(place + 1) % len(hops)][0]
        line = register.line(register.way_rule[way])
        taken = [(item, carried)]
        extra = 0
        for other in register.items_of(way):
            if other == item:
                continue
            amount = kept.pop(other, 0)
            if not amount:
                amount = world.items[other].worth
                extra += amount
            taken.append((other, amount))
        total = sum(amount for _, amount in taken)
        if line.pool_credits > total:
            extra += line.pool_credits - total
            total = line.pool_credits
        put_in += extra
        given = [(t, amount) for (t, _), amount in zip(line.targets, gives(line, total, world), strict=True)]
        reached = dict(given)
        if not reached.get(goal):
            return None
        steps.append(Step(line.id, tuple(taken), tuple(given), extra))
        product *= Fraction(register.way_gives[way], register.way_takes[way])
        carried = reached.pop(goal)
        kept.update(reached)
    return Books(start, put_in, carried + sum(kept.values()), product, tuple(steps))
