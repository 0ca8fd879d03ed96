"""How alike two items are, by names, outcome statements, skills and size, with the words that match. Pure and local.

Nothing is decided here: what is alike is proposed to an expert. Weights and measures: docs/similarity.md.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from xuefen.bedrock.names import course_name_key, is_han, simplify

MAX_TERM = 24
MAX_TERMS = 400
"""Terms kept of one item; a longer description says nothing new."""
NAME, TEXT, SIZE = 0.55, 0.35, 0.10
"""Weights of the three parts. Where one of two items has no statements and skills, the name takes their weight."""
WORDS = 0.6
"""Of a name's likeness, what weighted words say; the rest is what plain letters in threes say (Archeology, Archaeology)."""
SAME_NAME = 0.97
"""What equal names in normal form are worth as a name, whatever their terms say."""
OTHER_SERIES = 0.85
"""物理 I and 物理 II are alike, but not the same."""

_WORD = re.compile(r"[a-z][a-z0-9+#]*|[0-9]+")
_STOP = frozenset(("a an and as at by for from in into is it of on or the to with").split())  # noqa: SIM905
_SERIES = re.compile(r"(?<!\d)-(\d{1,2})$")

Span = tuple[str, int, int]
"""A term and where it stands in the text: start, end."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What is compared of one item. ``texts`` are its statements and skills."""

    name: str
    texts: tuple[str, ...] = ()
    credits: int | None = None
    hours: int = 0
    level: int | None = None


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike, 0 to 1, of which parts, and the terms both have (rarest first)."""

    score: float
    name: float
    text: float | None
    size: float
    same_key: bool
    shared: tuple[str, ...]


def spans(text: str) -> list[Span]:
    """The terms of a text with their places: hanzi in pairs, Latin words whole and by their beginning (intr, calc)."""
    letters: list[str] = []
    places: list[int] = []
    for place, char in enumerate(text):
        for one in simplify(unicodedata.normalize("NFKC", char).casefold()):
            letters.append(one)
            places.append(place)
    folded = "".join(letters)
    found: list[Span] = []
    for n, char in enumerate(folded):
        if is_han(char) and n + 1 < len(folded) and is_han(folded[n + 1]):
            found.append((folded[n : n + 2], places[n], places[n + 1] + 1))
    for match in _WORD.finditer(folded):
        word = match[0]
        if word in _STOP:
            continue
        start, end = places[match.start()], places[match.end() - 1] + 1
        stem = word[:-1] if len(word) > 4 and word.endswith("s") and not word.endswith("ss") else word
        found.append((stem[:MAX_TERM], start, end))
        if len(stem) > 5:
            found.append((f"{stem[:4]}~", start, end))
    return found


def terms_of(name: str, texts: Iterable[str] = ()) -> list[str]:
    """The distinct terms of a name and its texts, for the index; a name of a single hanzi is that hanzi."""
    terms = dict.fromkeys(term for text in (name, *texts) for term, _, _ in spans(text))
    return list(terms)[:MAX_TERMS] or [course_name_key(name)[:MAX_TERM]]


class Weights:
    """How much a term tells: the rarer in the catalogue, the more."""

    def __init__(self, frequency: Mapping[str, int], *, total: int) -> None:
        self.frequency = frequency
        self.total = max(total, 1)

    def of(self, term: str) -> float:
        return math.log(1 + self.total / (1 + self.frequency.get(term, 0)))

    def cosine(self, one: Sequence[str], other: Sequence[str]) -> float:
        """Likeness of two lists of distinct terms."""
        if not one or not other:
            return 0.0
        both = sum(self.of(term) ** 2 for term in set(one) & set(other))
        lengths = (math.sqrt(sum(self.of(term) ** 2 for term in terms)) for terms in (one, other))
        return both / max(math.prod(lengths), 1e-9)


def liken(one: Profile, other: Profile, *, weights: Weights) -> Likeness:
    """Compare two items."""
    names = terms_of(one.name), terms_of(other.name)
    keys = course_name_key(one.name), course_name_key(other.name)
    name = WORDS * weights.cosine(*names) + (1 - WORDS) * _letters(one.name, other.name)
    if keys[0] == keys[1]:
        name = max(name, SAME_NAME)
    elif _series(keys[0]) != _series(keys[1]):
        name *= OTHER_SERIES
    text: float | None = None
    shared = set(names[0]) & set(names[1])
    if one.texts and other.texts:
        texts = terms_of("", one.texts), terms_of("", other.texts)
        text = weights.cosine(*texts)
        shared |= set(texts[0]) & set(texts[1])
    size = _size(one, other)
    named = NAME if text is not None else NAME + TEXT
    score = named * name + TEXT * (text or 0.0) + SIZE * size * name
    ranked = sorted(shared, key=lambda term: (-weights.of(term), term))
    return Likeness(score, name, text, size, keys[0] == keys[1], tuple(ranked))


@lru_cache(maxsize=16_384)
def _threes(name: str) -> frozenset[str]:
    words = (f"  {word} " for word in re.findall(r"\w+", simplify(unicodedata.normalize("NFKC", name).casefold())))
    return frozenset(word[n : n + 3] for word in words for n in range(len(word) - 2))


def _letters(one: str, other: str) -> float:
    """How many runs of three letters two names share, as trigram search counts them."""
    these, those = _threes(one), _threes(other)
    return len(these & those) / max(1, len(these | those))


def _series(key: str) -> str:
    match = _SERIES.search(key)
    return match[1] if match else ""


def _size(one: Profile, other: Profile) -> float:
    """How near credits, hours and levels are; what one of them does not say is not held against it."""
    parts: list[float] = []
    if one.credits and other.credits:
        parts.append(min(one.credits, other.credits) / max(one.credits, other.credits))
    if one.hours and other.hours:
        parts.append(min(one.hours, other.hours) / max(one.hours, other.hours))
    if one.level and other.level:
        parts.append(max(0.0, 1 - abs(one.level - other.level) / 3))
    return sum(parts) / len(parts) if parts else 0.5


def marked(text: str, shared: Iterable[str]) -> list[tuple[str, bool]]:
    """The text in pieces, each with whether it matches: for showing which words two items have in common."""
    wanted = set(shared)
    hit = [False] * len(text)
    for term, start, end in spans(text):
        if term in wanted:
            hit[start:end] = [True] * (end - start)
    pieces: list[tuple[str, bool]] = []
    for char, matches in zip(text, hit, strict=True):
        if pieces and pieces[-1][1] == matches:
            pieces[-1] = (pieces[-1][0] + char, matches)
        else:
            pieces.append((char, matches))
    return pieces
