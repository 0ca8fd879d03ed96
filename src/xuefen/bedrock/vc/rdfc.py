"""The canonical form of an RDF dataset (RDFC-1.0, https://www.w3.org/TR/rdf-canon/), with a bound on the work.

Graphs exist whose canonical form costs more than anybody can pay; whoever reads strangers' documents must be able to say
"no". No library of the language counts its work, and PyLD spells control characters another way, so this is our own; the
W3C suite is its test.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable
from hashlib import sha256
from typing import NamedTuple

MOST_WORK = 20_000
"""Orders of alike nodes that are tried before a dataset is refused. Honest credentials need none or a few."""
MOST_QUADS = 200_000
_DEEPEST = 200


class Quad(NamedTuple):
    """One statement, its terms as N-Quads spells them; ``graph`` is "" in the default graph. Blank nodes begin with ``_:``."""

    subject: str
    predicate: str
    object: str
    graph: str = ""


class TooMuchWork(ValueError):
    """The dataset is too large, or its blank nodes too alike, to be canonicalised within the bound."""


def canonical_quads(quads: Iterable[Quad], *, most_work: int = MOST_WORK) -> str:
    """The dataset as canonical N-Quads. Raises TooMuchWork."""
    return _Canonicalizer(quads, most_work=most_work).text()


class _Issuer:
    """Hands out identifiers in the order they are asked for."""

    def __init__(self, prefix: str, issued: dict[str, str] | None = None) -> None:
        self.prefix = prefix
        self.issued = dict(issued or {})

    def issue(self, node: str) -> str:
        return self.issued.setdefault(node, f"{self.prefix}{len(self.issued)}")

    def copy(self) -> _Issuer:
        return _Issuer(self.prefix, self.issued)


def _line(quad: Quad) -> str:
    return " ".join((*filter(None, quad), ".\n"))


def _is_blank(term: str) -> bool:
    return term.startswith("_:")


class _Canonicalizer:
    def __init__(self, quads: Iterable[Quad], *, most_work: int) -> None:
        self.quads = set(quads)
        if len(self.quads) > MOST_QUADS:
            raise TooMuchWork("too many statements")
        self.work = most_work
        self.canonical = _Issuer("_:c14n")
        self.mentions: defaultdict[str, list[Quad]] = defaultdict(list)
        self.first: dict[str, str] = {}
        for quad in self.quads:
            for node in {term for term in (quad.subject, quad.object, quad.graph) if _is_blank(term)}:
                self.mentions[node].append(quad)

    def text(self) -> str:
        alike: defaultdict[str, list[str]] = defaultdict(list)
        for node in self.mentions:
            alike[self.hash_first(node)].append(node)
        for _, nodes in sorted(alike.items()):
            if len(nodes) == 1:
                self.canonical.issue(nodes[0])
        for _, nodes in sorted(alike.items()):
            if len(nodes) == 1:
                continue
            paths = []
            for node in nodes:
                if node not in self.canonical.issued:
                    issuer = _Issuer("_:b")
                    issuer.issue(node)
                    paths.append(self.hash_n_degree(node, issuer, 0))
            for _, issuer in sorted(paths, key=lambda path: path[0]):
                for node in issuer.issued:
                    self.canonical.issue(node)
        names = self.canonical.issued
        return "".join(sorted(_line(Quad(*(names.get(term, term) for term in quad))) for quad in self.quads))

    def hash_first(self, node: str) -> str:
        """Hash First Degree Quads (4.6)."""
        if node not in self.first:
            lines = sorted(
                _line(Quad(*((("_:a" if t == node else "_:z") if _is_blank(t) else t) for t in quad)))
                for quad in self.mentions[node]
            )
            self.first[node] = sha256("".join(lines).encode()).hexdigest()
        return self.first[node]

    def hash_related(self, related: str, quad: Quad, issuer: _Issuer, position: str) -> str:
        """Hash Related Blank Node (4.7)."""
        name = self.canonical.issued.get(related) or issuer.issued.get(related) or self.hash_first(related)
        predicate = "" if position == "g" else quad.predicate
        return sha256(f"{position}{predicate}{name}".encode()).hexdigest()

    def hash_n_degree(self, node: str, issuer: _Issuer, depth: int) -> tuple[str, _Issuer]:
        """Hash N-Degree Quads (4.8)."""
        if depth > _DEEPEST:
            raise TooMuchWork("blank nodes in too long a chain")
        neighbours: defaultdict[str, list[str]] = defaultdict(list)
        for quad in self.mentions[node]:
            for position, term in (("s", quad.subject), ("o", quad.object), ("g", quad.graph)):
                if _is_blank(term) and term != node:
                    neighbours[self.hash_related(term, quad, issuer, position)].append(term)
        digest = sha256()
        for related_hash, nodes in sorted(neighbours.items()):
            digest.update(related_hash.encode())
            chosen_path, chosen = "", issuer
            for order in itertools.permutations(nodes):
                found = self._path(order, issuer.copy(), chosen_path, depth)
                if found is not None and (not chosen_path or found[0] < chosen_path):
                    chosen_path, chosen = found
            digest.update(chosen_path.encode())
            issuer = chosen
        return digest.hexdigest(), issuer

    def _path(self, order: tuple[str, ...], issuer: _Issuer, best: str, depth: int) -> tuple[str, _Issuer] | None:
        """The path of one order of nodes that look alike, None as soon as it is worse than the best so far."""
        self.work -= 1
        if self.work < 0:
            raise TooMuchWork("too many blank nodes that look alike")

        def worse() -> bool:
            return bool(best) and len(path) >= len(best) and path > best

        path, unknown = "", []
        for node in order:
            if node in self.canonical.issued:
                path += self.canonical.issued[node]
            else:
                if node not in issuer.issued:
                    unknown.append(node)
                path += issuer.issue(node)
            if worse():
                return None
        for node in unknown:
            result, after = self.hash_n_degree(node, issuer, depth + 1)
            path += f"{issuer.issue(node)}<{result}>"
            issuer = after
            if worse():
                return None
        return path, issuer
