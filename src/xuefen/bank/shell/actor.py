"""Who acts, and how far they reach.

``staff.rules`` holds the readable table of permissions; ``staff.queries.actor_for`` resolves it once per request into an
:class:`Actor`. Every room, however low, then only asks the actor: ``by.scope("deposits.deposit")``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from xuefen.bank.shell.problems import NOT_ALLOWED, Denied


@dataclass(frozen=True, slots=True)
class Scope:
    """The rows an actor may touch for one action. Empty fields reach nothing; ``everything`` reaches all."""

    everything: bool = False
    institution_ids: frozenset[int] = frozenset()
    place_paths: tuple[str, ...] = ()
    learner_ids: frozenset[int] = frozenset()

    def reaches(
        self, *, institution_id: int | None = None, place_path: str | None = None, learner_id: int | None = None
    ) -> bool:
        """True when any one of the given facts lies inside the scope."""
        return (
            self.everything
            or (institution_id is not None and institution_id in self.institution_ids)
            or (learner_id is not None and learner_id in self.learner_ids)
            or (place_path is not None and any(place_path.startswith(p) for p in self.place_paths))
        )

    def __or__(self, other: Scope) -> Scope:
        return Scope(
            everything=self.everything or other.everything,
            institution_ids=self.institution_ids | other.institution_ids,
            place_paths=tuple(dict.fromkeys(self.place_paths + other.place_paths)),
            learner_ids=self.learner_ids | other.learner_ids,
        )


EVERYTHING = Scope(everything=True)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something: a person at a post, a learner, or the house itself.

    ``grants`` maps an action name to the scope it may be done in; the system actor may do everything.
    """

    kind: str  # "staff" | "learner" | "system" | "public"
    name: str
    user_id: int | None = None
    learner_id: int | None = None
    grants: Mapping[str, Scope] = field(default_factory=lambda: MappingProxyType({}))
    roles: tuple[str, ...] = ()

    @classmethod
    def system(cls, name: str) -> Actor:
        """The house acting by itself: a deadline sweep, the sequencer, a migration."""
        return cls(kind="system", name=name)

    def may(self, action: str) -> bool:
        return self.kind == "system" or action in self.grants

    def scope(self, action: str) -> Scope:
        """The scope of ``action``; raises ``Denied(not_allowed)`` when the actor may not do it anywhere."""
        if self.kind == "system":
            return EVERYTHING
        if action not in self.grants:
            raise Denied(NOT_ALLOWED, action=action)
        return self.grants[action]


PUBLIC = Actor(kind="public", name="public")
