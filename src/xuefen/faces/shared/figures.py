"""Geometry of the small charts: whole numbers in, places on the canvas out. No colours, no words, no Django."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

RING_LENGTH = round(2 * math.pi * 44, 1)
"""Circumference of the ring's circle of radius 44, in its 104 x 104 canvas."""

BAR_LENGTH = 1000
BALANCE_LENGTH, BALANCE_GAP = 465, 2
COLUMN_BASE, COLUMN_TALLEST, COLUMN_WIDTH, COLUMN_PITCH, COLUMN_CANVAS = 140, 104, 30, 47, 330


def ring_arc(have: int, need: int) -> float:
    """Length of the drawn arc: all of it when `have` reaches `need`, none when nothing is needed."""
    return 0.0 if need <= 0 else round(RING_LENGTH * min(max(have, 0) / need, 1), 1)


def bar_length(value: int, largest: int) -> int:
    """Length on a 1000-wide track; something is visible as soon as value > 0."""
    if largest <= 0 or value <= 0:
        return 0
    return max(2, min(BAR_LENGTH, round(BAR_LENGTH * value / largest)))


def balance_pieces(values: Sequence[int]) -> list[tuple[int, int]]:
    """(x, width) of each value > 0 along the balance bar with a gap between; (0, 0) for the rest."""
    shown = [v for v in values if v > 0]
    room = BALANCE_LENGTH - BALANCE_GAP * max(0, len(shown) - 1)
    total, x, pieces = sum(shown), 0, []
    for value in values:
        width = max(2, round(room * value / total)) if value > 0 else 0
        pieces.append((x, width) if width else (0, 0))
        x += width + BALANCE_GAP if width else 0
    return pieces


@dataclass(frozen=True)
class Column:
    x: int
    y: int
    height: int
    middle: int


def columns(values: Sequence[int], *, least: int = 0) -> tuple[int, list[Column]]:
    """Canvas width and one column per value, standing on y = 140; the largest, ``least`` at least, is 104 high. Text needs 47
    per column."""
    width = max(COLUMN_CANVAS, COLUMN_PITCH * len(values))
    pitch, largest = width / max(1, len(values)), max([*values, least, 1])
    placed = []
    for i, value in enumerate(values):
        middle = round(pitch * (i + 0.5))
        height = round(COLUMN_TALLEST * max(value, 0) / largest)
        placed.append(Column(middle - COLUMN_WIDTH // 2, COLUMN_BASE - height, height, middle))
    return width, placed


def level(value: int, values: Sequence[int]) -> int:
    """Where a line at ``value`` lies over columns of ``values`` drawn with it as ``least``."""
    return COLUMN_BASE - round(COLUMN_TALLEST * max(value, 0) / max([*values, value, 1]))
