"""OneRoster zips as accident and malice make them: always rows or one refusal with code, sentence and place, within bounds."""

from __future__ import annotations

import csv
import io
import os
import tracemalloc
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.bank import roster_builders as rosters
from tests.bank.deposit_builders import NOW, World, broken_promises, deposit, world
from xuefen.bank.deposits import actions
from xuefen.bank.deposits.models import Batch, Outcome
from xuefen.bank.deposits.reading import Bounds, archive, glance, open_source, roster
from xuefen.bank.deposits.rules.roster import FILES, HEADER
from xuefen.bank.deposits.types import BatchState
from xuefen.bank.shell.problems import REGISTRY, Denied

PEOPLE = {f"u{n}": {"identifier": f"441709268035271{n}", "familyName": "林", "givenName": "秋禾"} for n in range(3)}
RESULTS = [{"studentSourcedId": f"u{n % 3}", "score": f"{60 + n}.0"} for n in range(12)]
SOUND = {name: rosters.table(rosters.HEADERS_1_1[name], rows) for name, rows in rosters.tables(PEOPLE, RESULTS).items()}
NAMES = sorted(SOUND)
KINDS = [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
ENDS = [b"\r", b"\n", b"\n\n\n", b"\0\n", b"\x0b", b""]
ENCODINGS = ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-32", "big5", "cp037", "utf-7"]
TRICKS = [
    "../{0}", "/{0}", "a/b/{0}", "a/{0}", "./{0}", "..\\{0}", "C:\\{0}", "{0}/", "__MACOSX/{0}", "__MACOSX/._{0}", "a/../{0}",
    "{0}\0.exe", "{0} ", "//{0}", "～/{0}", "{0}.zip", "users.csv", "results.csv", "RESULTS.CSV", "",
]  # fmt: skip
CELLS = [
    "", " ", "0", "-1", "1e999999999", "9" * 400, "1e-999999999", "NaN", "sNaN", "Infinity", "１００", "٣٫٥", "0x10", "1_0",
    "100.000000000000000001", "=1+1", "@x", "\x00", "\ufdd0=x", "\ufdd2grade_missing\ufdd2", "\u202e", "\ufeff", "{a:b},{c",
    "{:}" * 900, '"', "\n", "\r", ",", "x" * 32_000, "x" * 40_000, "\U0001f393" * 900, "2026-02-30", "0000-00-00",
    "2026-06-30T00:00:00.000Z", "u0", "li-end", "li-quiz", "k-1", "fully graded", "4417092680352710",
]  # fmt: skip

Change = Callable[[dict[str, bytes]], None]


def packed(parts: list[tuple[str, bytes]], kind: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with (
        warnings.catch_warnings(action="ignore"),
        zipfile.ZipFile(out, "w", kind) as packing,
    ):  # of names that stand twice
        for name, content in parts:
            info = zipfile.ZipInfo("x")
            info.filename, info.compress_type = name, kind
            packing.writestr(info, content)
    return out.getvalue()


@st.composite
def damaged_parts(draw: st.DrawFn) -> list[tuple[str, bytes]]:
    """A sound roster after one to three things that happen to files: cells, columns, rows, encodings, names."""
    parts = [(name, text.encode()) for name, text in SOUND.items()]
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(parts) - 1))
        name, content = parts[at]
        match draw(
            st.sampled_from(["cell", "column", "row", "encoding", "name", "gone", "twice", "cut", "text", "ends"])
        ):
            case "cell" | "column" | "row" as what:
                parts[at] = name, _reshaped(draw, content, what)
            case "encoding":
                text = content.decode(errors="replace")
                parts[at] = name, text.encode(draw(st.sampled_from(ENCODINGS)), "replace")
            case "name":
                parts[at] = draw(st.sampled_from(TRICKS)).format(name), content
            case "gone":
                del parts[at : at + (1 if len(parts) > 1 else 0)]
            case "twice":
                parts.append((draw(st.sampled_from([name, name.upper(), f"x/{name}"])), content))
            case "cut":
                parts[at] = name, content[: draw(st.integers(0, len(content)))]
            case "text":
                parts[at] = (
                    name,
                    draw(st.binary(max_size=60) | st.text(max_size=60).map(lambda t: t.encode(errors="ignore"))),
                )
            case "ends":
                parts[at] = (
                    name,
                    content.replace(b"\r\n", draw(st.sampled_from(ENDS))),
                )
    return parts


def _reshaped(draw: st.DrawFn, content: bytes, what: str) -> bytes:
    lines = [list(row) for row in csv.reader(io.StringIO(content.decode(errors="replace"), newline=""))] or [[""]]
    row = lines[draw(st.integers(0, len(lines) - 1))]
    column = draw(st.integers(0, max(len(row) - 1, 0)))
    if what == "cell" and row:
        row[column] = draw(st.sampled_from(CELLS) | st.text(max_size=20))
    elif what == "column":
        wide = draw(st.sampled_from([1, 70, 16_384]))
        for line in lines:
            line[column:column] = [f"c{n}" if line is lines[0] else "" for n in range(wide)]
    else:
        lines.insert(draw(st.integers(0, len(lines))), draw(st.lists(st.sampled_from(CELLS), max_size=80)))
    out = io.StringIO(newline="")
    csv.writer(out).writerows(lines)
    return out.getvalue().encode(errors="replace")


@st.composite
def damaged_bytes(draw: st.DrawFn) -> bytes:
    """An archive after a fault of the disk or the network, or somebody's hex editor."""
    data = bytearray(packed([(name, text.encode()) for name, text in SOUND.items()], draw(st.sampled_from(KINDS))))
    for _ in range(draw(st.integers(1, 4))):
        # the table of contents at the end is the smaller and the more interesting part
        at = draw(st.integers(0, len(data) - 1) | st.integers(max(len(data) - 600, 0), len(data) - 1))
        match draw(st.sampled_from(["flip", "set", "cut", "drop", "insert"])):
            case "flip":
                data[at] ^= 1 << draw(st.integers(0, 7))
            case "set":
                data[at : at + 4] = draw(
                    st.sampled_from([b"\xff\xff\xff\xff", b"\0\0\0\0", b"PK\5\6", b"PK\1\2", b"PK\6\6"])
                )
            case "cut":
                del data[max(at, 1) :]
            case "drop":
                del data[at : at + draw(st.integers(1, 40))]
            case "insert":
                data[at:at] = draw(st.binary(min_size=1, max_size=40))
        data = data or bytearray(b"P")
    return bytes(data)


def rows_or_refusal(path: Path) -> list[tuple[int, list[str]]] | Denied:
    """What the reading process does, here: a hundred times faster, and a traceback is seen."""
    try:
        if glance(path) != "roster":
            return []
        (_, header), *rows = roster.roster_rows(path, 1000)
    except Denied as denied:
        return denied
    assert tuple(header) == HEADER
    numbers = [number for number, _ in rows]
    assert numbers == sorted(set(numbers)) and all(number > 1 and len(cells) == len(HEADER) for number, cells in rows)
    return rows


def told_well(denied: Denied) -> None:
    assert REGISTRY[denied.code] is denied.problem
    for language in ("zh", "en"):
        sentence = denied.sentence(language)
        assert 0 < len(sentence) < 600
    assert denied.place.partition(":")[0] in {"file", "zip", *FILES}


QUICK = settings(max_examples=200, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


@QUICK
@given(parts=damaged_parts(), kind=st.sampled_from(KINDS))
def test_a_roster_with_wrong_contents_is_rows_or_one_refusal(
    tmp_path_factory: pytest.TempPathFactory, parts: list[tuple[str, bytes]], kind: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "parts.zip"
    path.write_bytes(packed(parts, kind))
    found = rows_or_refusal(path)
    if isinstance(found, Denied):
        told_well(found)


@QUICK
@given(data=damaged_bytes())
def test_an_archive_with_wrong_bytes_is_rows_or_one_refusal(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "bytes.zip"
    path.write_bytes(data)
    found = rows_or_refusal(path)
    if isinstance(found, Denied):
        told_well(found)


@pytest.fixture
def one_world(db: None, tmp_path: Path, settings: Any) -> World:
    settings.XUEFEN_UPLOADS = tmp_path / "uploads"
    return world(people=1)


@settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(parts=damaged_parts())
def test_what_is_refused_deposits_nothing_and_what_is_read_adds_up(
    tmp_path: Path, one_world: World, parts: list[tuple[str, bytes]]
) -> None:
    w, path = one_world, tmp_path / "roster.zip"
    path.write_bytes(packed(parts))
    expected, before = rows_or_refusal(path), Outcome.objects.count()
    try:
        told = actions.dry_run(path=path, issuer_code="ylu", by=w.officer, now=NOW)
        batch = deposit(w, path)
    except Denied as denied:
        told_well(denied)
        if isinstance(expected, Denied):
            assert denied.code == expected.code
        assert Outcome.objects.count() == before
        assert not Batch.objects.exclude(state__in=(BatchState.FAILED, BatchState.DONE)).exists()
    else:
        assert not isinstance(expected, Denied) and batch.counts.read == told.counts.read == len(expected)
        assert batch.counts.read == batch.counts.accepted + batch.counts.refused + batch.counts.duplicates
    assert broken_promises() == []


def refused(path: Path, bounds: Bounds) -> str:
    with pytest.raises(Denied) as denied:
        open_source(path, bounds=bounds)
    told_well(denied.value)
    return denied.value.code


def stuffed(path: Path, name: str, content: bytes) -> Path:
    """The sound roster with another content of one file, and noise beside it, so that nothing looks like a bomb."""
    parts = [(part, text.encode()) for part, text in SOUND.items() if part != name]
    path.write_bytes(packed([*parts, (name, content), ("noise.csv", os.urandom(len(content) // 150))]))
    return path


def test_names_without_end_cost_the_reading_process_its_life_and_nobody_else(tmp_path: Path) -> None:
    name = "\U0001f393" * 32_000  # four bytes a character, in memory too
    content = "sourcedId,givenName,familyName\n" + "".join(f"u{n},{name},{name}\n" for n in range(300))
    path = stuffed(tmp_path / "a.zip", "users.csv", content.encode())
    bounds = Bounds(memory=100 * 1024 * 1024, seconds=300, rows=1000)
    assert refused(path, bounds) == "sheet_too_large"
    assert open_source(stuffed(path, "users.csv", SOUND["users.csv"].encode()), bounds=bounds).total_rows == 12


def test_blank_lines_without_end_cost_it_too(tmp_path: Path) -> None:
    path = stuffed(tmp_path / "a.zip", "courses.csv", b"sourcedId,courseCode\n" + b"\n" * 60_000_000)
    assert refused(path, Bounds(memory=512 * 1024 * 1024, seconds=2, rows=1000)) == "sheet_too_large"


@pytest.mark.parametrize("large", [False, True], ids=["usual record", "large record"])
def test_a_table_of_contents_without_end_is_not_read(tmp_path: Path, large: bool) -> None:
    entry = b"PK\1\2" + bytes(24) + (1).to_bytes(2, "little") + bytes(16) + b"a"
    contents, count = entry * 200_000, (200_000).to_bytes(8, "little")
    size = len(contents).to_bytes(8, "little")
    record = b"PK\6\6" + (44).to_bytes(8, "little") + bytes(12) + count + count + size + bytes(8)
    locator = b"PK\6\7" + bytes(4) + size + (1).to_bytes(4, "little")
    known = b"\xff" * 12 if large else b"\xff\xff\xff\xff" + size[:4] + bytes(4)
    path = tmp_path / "a.zip"
    path.write_bytes(contents + (record + locator if large else b"") + b"PK\5\6" + bytes(4) + known + bytes(2))
    tracemalloc.start()
    try:
        with pytest.raises(Denied) as denied:
            archive.kind_of(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (denied.value.code, peak < 4 * 1024 * 1024) == ("archive_bomb", True), peak
