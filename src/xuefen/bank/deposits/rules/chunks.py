"""A judged chunk made ready to be written: every line of COPY and every leaf, as they will stand. Pure, so that a process
without a database can make them while the database writes the chunk before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import compress

from xuefen.bank.catalogue.types import ItemFacts
from xuefen.bank.deposits.rules.judging import Accepted, Judged, Known, cells_shown, result_commitment
from xuefen.bank.deposits.rules.sheet import Columns
from xuefen.bank.deposits.types import (
    DUPLICATE,
    DUPLICATE_ROW,
    REVOKED_BEFORE,
    Counts,
    Effort,
    OutcomeState,
    Refused,
    RowError,
)
from xuefen.bank.learners import rules as learners
from xuefen.bank.shell.clock import stamp
from xuefen.bank.translog import rules as translog
from xuefen.bedrock import canon, ids

OUTCOME_COLUMNS = (
    "id", "number", "batch_id", "row", "learner_id", "issuer_id", "standard_version_id", "state", "deposited_at",
    "item_version_id", "outcome_class", "level", "credits", "quality", "mark", "grade", "hours", "attendance",
    "online_share", "workload", "serial", "awarded_on", "assurance", "natural_key", "leaf_id",
)  # fmt: skip
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_HOLE = "\ufdd1"  # can stand in no text of anybody's


@dataclass(frozen=True, slots=True)
class Frame:
    """What all outcomes of one batch share: ids, public names, and the moment of the deposit."""

    batch_id: int
    issuer_id: int
    issuer: str
    standard_id: int
    standard: str  # code/version
    at: datetime


@dataclass(slots=True)
class Chunk:
    """One entry an outcome in every list but ``refused``, in row order. ``lines`` and ``leaf_lines`` are COPY's text of the
    outcomes (under ``OUTCOME_COLUMNS``) and of their leaves, a line an outcome; they, the ids and the numbers are empty when
    nothing is to be written.
    """

    refused: list[Refused]
    rows: list[int]
    keys: list[bytes] = field(repr=False)
    cells: list[Sequence[str]] = field(repr=False)
    learner_ids: list[int]
    credits: list[int]
    numbers: list[str] = field(default_factory=list)
    outcome_ids: list[int] = field(default_factory=list)
    leaf_ids: list[int] = field(default_factory=list)
    lines: bytes = field(default=b"", repr=False)
    leaf_lines: bytes = field(default=b"", repr=False)

    @property
    def size(self) -> int:
        """How many rows were read."""
        return len(self.rows) + len(self.refused)

    @property
    def last_row(self) -> int:
        """The number of its last row."""
        return max(*self.rows[-1:], *(one.row for one in self.refused[-1:]), 0, 0)

    def add_to(self, counts: Counts) -> None:
        """Count its rows."""
        duplicates = sum(1 for refused in self.refused if refused.duplicate)
        counts.read += self.size
        counts.accepted += len(self.rows)
        counts.duplicates += duplicates
        counts.refused += len(self.refused) - duplicates
        counts.credits += sum(self.credits)

    def without(self, repeated: Mapping[int, RowError], columns: Columns) -> Chunk:
        """The chunk with the outcomes at these positions among the refused."""
        if not repeated:
            return self
        refused = [
            Refused(
                self.rows[at], (error,), cells_shown(columns, self.cells[at]),
                duplicate=error.problem is not REVOKED_BEFORE,
            )
            for at, error in repeated.items()
        ]  # fmt: skip
        kept = [at not in repeated for at in range(len(self.rows))]
        return Chunk(
            refused=sorted(self.refused + refused, key=lambda one: one.row),
            rows=list(compress(self.rows, kept)),
            keys=list(compress(self.keys, kept)),
            cells=list(compress(self.cells, kept)),
            learner_ids=list(compress(self.learner_ids, kept)),
            credits=list(compress(self.credits, kept)),
            numbers=list(compress(self.numbers, kept)),
            outcome_ids=list(compress(self.outcome_ids, kept)),
            leaf_ids=list(compress(self.leaf_ids, kept)),
            lines=b"".join(compress(self.lines.splitlines(keepends=True), kept)),
            leaf_lines=b"".join(compress(self.leaf_lines.splitlines(keepends=True), kept)),
        )


def only_judged(judged: Judged) -> Chunk:
    """A chunk of which nothing will be written."""
    accepted = judged.accepted
    return Chunk(
        refused=judged.refused,
        rows=[one.row.number for one in accepted],
        keys=[one.key for one in accepted],
        cells=[one.cells for one in accepted],
        learner_ids=[one.learner.id for one in accepted],
        credits=[one.worth.credits for one in accepted],
    )


def made_ready(judged: Judged, frame: Frame, *, outcome_ids: Sequence[int], leaf_ids: Sequence[int]) -> Chunk:
    """A chunk as it will be written, under new numbers; of the ids, which may be too many, the first are used."""
    chunk = only_judged(judged)
    count = len(judged.accepted)
    chunk.numbers = ids.new_numbers(ids.NumberClass.OUTCOME, count)
    chunk.outcome_ids, chunk.leaf_ids = list(outcome_ids[:count]), list(leaf_ids[:count])
    words = _Words(frame)
    lines, leaf_lines = [], []
    for one, number, outcome_id, leaf_id in zip(
        judged.accepted, chunk.numbers, chunk.outcome_ids, chunk.leaf_ids, strict=True
    ):
        lines.append(words.line(one, number, outcome_id, leaf_id))
        leaf_lines.append(translog.queued_line(leaf_id, words.leaf(one, number)))
    chunk.lines, chunk.leaf_lines = "".join(lines).encode(), "".join(leaf_lines).encode()
    return chunk


def repeats(
    keys: Sequence[bytes], rows: Sequence[int], known: Mapping[bytes, Known], seen: dict[bytes, int], *, batch_id: int
) -> dict[int, RowError]:
    """The positions of outcomes that exist (``known``) or came earlier in this run (``seen``, grows by the others)."""
    found: dict[int, RowError] = {}
    if not known and seen.keys().isdisjoint(keys) and len(set(keys)) == len(keys):
        seen.update(zip(keys, rows, strict=True))  # as nearly always
        return found
    for at, key in enumerate(keys):
        error = _repeated(known.get(key), seen.get(key), batch_id)
        if error is None:
            seen[key] = rows[at]
        else:
            found[at] = error
    return found


def _repeated(known: Known | None, seen_at: int | None, batch_id: int) -> RowError | None:
    if known is not None:
        if known.revoked:
            return RowError("", REVOKED_BEFORE, {"number": known.number})
        if known.batch_id == batch_id:
            return RowError("", DUPLICATE_ROW, {"row": known.row})
        return RowError("", DUPLICATE, {"number": known.number})
    return RowError("", DUPLICATE_ROW, {"row": seen_at}) if seen_at is not None else None


class _Words:
    """What lines and leaves of one chunk share. Only number, holder and result differ within a course: the rest is made once."""

    def __init__(self, frame: Frame) -> None:
        self._batch = str(frame.batch_id)
        self._fixed = f"{frame.issuer_id}\t{frame.standard_id}\t{OutcomeState.VALID.value}\t{frame.at.isoformat()}"
        self._shared: dict[str, str | int | bool | None] = {
            "kind": "outcome.deposited",
            "v": 1,
            "issuer": frame.issuer,
            "standard": frame.standard,
            "at": stamp(frame.at),
        }
        self._worths: dict[tuple[int, str, int | None, Effort], str] = {}
        self._parts: dict[tuple[object, ...], list[bytes]] = {}

    def line(self, one: Accepted, number: str, outcome_id: int, leaf_id: int) -> str:
        """The outcome in COPY's text."""
        row, learner, item, _, key, _ = one
        shape = (item.version_id, row.grade, row.hours, row.effort)
        worth = self._worths.get(shape)
        if worth is None:
            worth = self._worths[shape] = _worth_words(one)
        serial = row.serial.translate(_ESCAPES) if row.serial else ""
        return (
            f"{outcome_id}\t{number}\t{self._batch}\t{row.number}\t{learner.id}\t{self._fixed}\t{worth}\t{serial}\t"
            f"{row.awarded_on}\t{learner.assurance:d}\t\\\\x{key.hex()}\t{leaf_id}\n"
        )

    def leaf(self, one: Accepted, number: str) -> bytes:
        """The canonical bytes of one deposit: public facts, and commitments to holder and result under the holder's own key."""
        row, learner, item, worth, _, _ = one
        assert learner.data_key is not None and row.awarded_on is not None  # judged so
        shape = (item.version_id, worth.credits, row.awarded_on, learner.assurance)
        parts = self._parts.get(shape)
        if parts is None:
            parts = self._parts[shape] = self._split(item, worth.credits, row.awarded_on, int(learner.assurance))
        salt = learners.leaf_salt(learner.data_key, number)
        holder = learners.holder_commitment(salt, learner.account_no)
        result = result_commitment(salt, grade=row.grade, hours=row.hours, serial=row.serial, effort=row.effort)
        # Letters and digits need no escaping; in canonical order the holder stands before the number, the result behind it.
        return b"".join((parts[0], holder.encode(), parts[1], number.encode(), parts[2], result.encode(), parts[3]))

    def _split(self, item: ItemFacts, credits: int, awarded_on: date, assurance: int) -> list[bytes]:
        whole = canon.flat(
            {
                **self._shared,
                "outcome": _HOLE,
                "item": item.code,
                "version": item.version,
                "class": item.outcome_class.value,
                "credits": credits,
                "awarded_on": awarded_on.isoformat(),
                "holder": _HOLE,
                "result": _HOLE,
                "assurance": assurance,
            }
        )
        return whole.split(_HOLE.encode())


def _worth_words(one: Accepted) -> str:
    worth, item, row = one.worth, one.item, one.row
    return "\t".join(
        (
            str(item.version_id), item.outcome_class.value, _or_null(worth.level), str(worth.credits),
            worth.quality.translate(_ESCAPES), _or_null(worth.mark), row.grade.translate(_ESCAPES), _or_null(row.hours),
            *map(_or_null, row.effort),
        )
    )  # fmt: skip


def _or_null(value: int | None) -> str:
    return "\\N" if value is None else str(value)
