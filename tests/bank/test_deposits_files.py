"""Files as people really send them. Each wrong one has its own code, is kept nowhere, and leaves nothing half done."""

from __future__ import annotations

import datetime
import io
import os
import resource
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from django.conf import settings

from tests.bank.deposit_builders import HEADER, HOUSE, NOW, broken_promises, deposit, errors_of, receive, sheet, world
from xuefen.bank.audit.models import AuditEntry
from xuefen.bank.deposits import actions, reading, tasks
from xuefen.bank.deposits.actions import storage
from xuefen.bank.deposits.actions.forgetting import STILL
from xuefen.bank.deposits.actions.storage import uploads
from xuefen.bank.deposits.models import Batch, Outcome
from xuefen.bank.deposits.types import BatchState
from xuefen.bank.institutions import actions as institutions
from xuefen.bank.institutions.types import OutcomeClass
from xuefen.bank.shell.clock import now
from xuefen.bank.shell.problems import Denied
from xuefen.config import settings as own_settings

HEAD = ",".join(HEADER)


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _blank(path: Path) -> None:
    path.write_bytes(b"\xef\xbb\xbf\r\n  \r\n")


def _header_only(path: Path) -> None:
    path.write_text(HEAD + "\n,,,\n")


def _wrong_sheet(path: Path) -> None:
    path.write_text("品名,单价,数量\n苹果,3,5\n")


def _headers_missing(path: Path) -> None:
    path.write_text("账号,姓名,成绩\n1,林秋禾,85\n")


def _headers_twice(path: Path) -> None:
    path.write_text(HEAD + ",学习账号\n" + "1," * 8)


def _wide(path: Path) -> None:
    path.write_text(",".join(f"c{i}" for i in range(10_000)) + "\n1,2\n")


def _wide_xlsx(path: Path) -> None:
    book = xlsxwriter.Workbook(path)
    page = book.add_worksheet()
    page.write_row(0, 0, [f"c{i}" for i in range(10_000)])
    book.close()


def _noise(path: Path) -> None:
    path.write_bytes(HEAD.encode() + b"\n\xff\xff\x81\x20\xfe\n")


def _pdf(path: Path) -> None:
    path.write_bytes(b"%PDF-1.7\n")


def _old_xls(path: Path) -> None:
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))


def _open_quote(path: Path) -> None:
    path.write_text(HEAD + '\n"1,2,3\n' + "1,2,3,4,5,6,7\n" * 4000)


def _quine(path: Path) -> None:
    """Archives inside an archive, as 42.zip."""
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("0.dll", bytes(1_000_000))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(16):
            archive.writestr(f"lib {number:x}.zip", inner.getvalue())


def _bomb(path: Path) -> None:
    """A well-formed workbook whose one sheet unpacks to 300 MB of spaces."""
    _workbook(path, [HEADER])
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/blanks.xml", "w") as part:
        for _ in range(300):
            part.write(b" " * 1_000_000)


def _other_zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "hello")


def _torn(path: Path) -> None:
    _workbook(path, [HEADER, ["1"] * 7])
    path.write_bytes(path.read_bytes()[:-200])


def _not_xml(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook><sheets>")


@pytest.fixture(autouse=True)
def _own_uploads(tmp_path: Path, settings: Any) -> None:
    settings.XUEFEN_UPLOADS = tmp_path / "bank" / "uploads"


BAD_FILES: dict[Callable[[Path], None], str] = {
    _empty: "file_empty",
    _blank: "file_empty",
    _header_only: "no_rows",
    _wrong_sheet: "sheet_wrong",
    _headers_missing: "headers_missing",
    _headers_twice: "headers_twice",
    _wide: "too_many_columns",
    _wide_xlsx: "too_many_columns",
    _noise: "encoding_unknown",
    _pdf: "file_kind",
    _old_xls: "workbook_locked",
    _open_quote: "csv_broken",
    _quine: "archive_bomb",
    _bomb: "archive_bomb",
    _other_zip: "file_kind",
    _torn: "xlsx_broken",
    _not_xml: "xlsx_broken",
}


@pytest.mark.django_db
def test_each_bad_file_has_its_own_sentence_and_deposits_nothing(tmp_path: Path) -> None:
    w = world(people=1)
    sentences = {}
    for make, code in BAD_FILES.items():
        path = tmp_path / f"{make.__name__}.xlsx"
        make(path)
        with pytest.raises(Denied) as dry:
            actions.dry_run(path=path, issuer_code="ylu", by=w.officer, now=NOW)
        with pytest.raises(Denied) as denied:
            deposit(w, path)
        assert (make.__name__, dry.value.code, denied.value.code) == (make.__name__, code, code)
        zh, en = denied.value.sentence("zh"), denied.value.sentence("en")
        assert "{" not in zh + en
        sentences.setdefault(code, zh)
        for batch in Batch.objects.filter(file_name=path.name):
            told = code in ("sheet_wrong", "headers_missing", "headers_twice")  # somebody may say what the columns are
            state = BatchState.UNMAPPED if told else BatchState.FAILED
            assert (batch.state, batch.read, (uploads() / batch.number).exists()) == (state, 0, told)
            assert batch.problem["code"] == code
            action = "deposits.asked_columns" if told else "deposits.failed"
            assert AuditEntry.objects.filter(action=action, subject_id=batch.number).count() == 1
    assert len(set(sentences.values())) == len(sentences)
    assert Outcome.objects.count() == 0
    assert broken_promises() == []


@pytest.mark.django_db
def test_what_is_missing_and_what_was_found_are_both_named(tmp_path: Path) -> None:
    w = world(people=1)
    _headers_missing(tmp_path / "a.csv")
    with pytest.raises(Denied) as denied:
        deposit(w, tmp_path / "a.csv")
    assert denied.value.sentence("zh") == "表头缺少：成果代码、取得日期。读到的表头是：账号、姓名、成绩。"
    assert denied.value.sentence("en").startswith("Columns are missing: item_code, awarded_on.")


@pytest.mark.django_db
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t"])
def test_every_usual_encoding_is_read(tmp_path: Path, encoding: str, delimiter: str) -> None:
    w = world(people=1)
    batch = deposit(w, sheet(tmp_path / "a.csv", [w.row(0, grade="优秀")], encoding=encoding, delimiter=delimiter))
    assert (batch.counts.accepted, batch.counts.refused) == (1, 0)


@pytest.mark.django_db
def test_a_workbook_with_figures_dates_formulas_and_blank_rows(tmp_path: Path) -> None:
    w = world(people=3)
    book = openpyxl.Workbook()
    page = book.active
    page.append([" 成绩 ", "取得日期", "ITEM_CODE", "Account No", "备注"])
    page.append([85, datetime.datetime(2026, 6, 30), "C1", w.accounts[0], "x"])  # noqa: DTZ001 - a sheet knows no zone
    page.append([])
    page.append([92.5, date(2026, 6, 30), "C1", w.accounts[1], None])
    page.append(["=60+25", date(2026, 6, 30), "C1", w.accounts[2], None])
    page.append([70, date(2026, 6, 30), "C1", int(w.accounts[2]) * 1.0, "=1+1"])
    book.save(tmp_path / "a.xlsx")
    batch = deposit(w, tmp_path / "a.xlsx")
    assert (batch.total_rows, batch.counts.accepted) == (4, 2)
    assert list(Outcome.objects.order_by("row").values_list("row", "grade", "mark")) == [
        (2, "85", 8500),
        (4, "92.5", 9250),
    ]
    assert errors_of(batch.id) == {5: [("grade", "cell_formula")], 6: [("account", "number_as_figure")]}


@pytest.mark.django_db
def test_half_a_row_and_a_shifted_row_are_said_so(tmp_path: Path) -> None:
    w = world(people=1)
    good = ",".join(w.row(0))
    (tmp_path / "a.csv").write_text(f"{HEAD}\n{good},\n{good},extra\n{w.accounts[0]},林秋", encoding="utf-8")
    batch = deposit(w, tmp_path / "a.csv")
    assert batch.counts.accepted == 1
    assert errors_of(batch.id) == {3: [("", "row_too_long")], 4: [("", "row_incomplete")]}


@pytest.mark.django_db
def test_a_file_that_is_too_large_is_not_kept(tmp_path: Path) -> None:
    w = world(people=1)
    path = tmp_path / "a.csv"
    with path.open("wb") as file:  # sparse: 200 MB and one byte of nothing
        file.truncate(storage.MOST_BYTES + 1)
    with pytest.raises(Denied) as denied:
        receive(w, path)
    assert denied.value.code == "file_too_large"
    assert _kept_files() == []


@pytest.mark.django_db
def test_a_sheet_that_needs_too_much_memory_kills_its_reader_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    w = world(people=1)
    path = tmp_path / "a.xlsx"
    _workbook(path, [HEADER, *[[f"{r}-{c}" * 20 for c in range(60)] for r in range(4000)]])
    monkeypatch.setattr(reading, "WORKER_MEMORY", 80 * 1024 * 1024)
    with pytest.raises(Denied) as denied:
        deposit(w, path)
    assert denied.value.code == "sheet_too_large"


@pytest.mark.django_db
def test_a_full_disk_keeps_nothing_and_says_so(tmp_path: Path) -> None:
    w = world(people=1)
    path = sheet(tmp_path / "a.csv", [w.row(0)] * 5000)
    with _disk_of(100_000), pytest.raises(Denied) as denied:
        receive(w, path)
    assert denied.value.code == "disk_full"
    assert (Batch.objects.count(), _kept_files()) == (0, [])
    assert deposit(w, path).counts.accepted == 1


@pytest.mark.django_db
def test_a_full_disk_leaves_no_half_error_workbook(tmp_path: Path) -> None:
    w = world(people=1)
    batch = deposit(w, sheet(tmp_path / "a.csv", [w.row(0, grade=str(n % 50), serial=n) for n in range(300)]))
    with _disk_of(4096), pytest.raises(Denied) as denied:
        actions.write_error_workbook(number=batch.number, path=tmp_path / "out.xlsx", by=w.officer)
    assert denied.value.code == "disk_full"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.csv", "bank"]


@pytest.mark.django_db
def test_a_lapsed_issuer_deposits_nothing_and_a_lapsed_class_is_refused_by_row(tmp_path: Path) -> None:
    w = world(people=1)
    path = sheet(tmp_path / "a.csv", [w.row(0), w.row(0, item_code="Z1", grade="")])
    _end(OutcomeClass.VOCATIONAL)
    batch = deposit(w, path)
    assert errors_of(batch.id) == {3: [("item_code", "class_not_qualified")]}
    _end(OutcomeClass.DEGREE)
    _end(OutcomeClass.SOCIAL)
    with pytest.raises(Denied) as denied:
        receive(w, sheet(tmp_path / "b.csv", [w.row(0, serial="N")]))
    assert denied.value.code == "issuer_not_qualified"
    assert (Batch.objects.count(), _kept_files()) == (1, [])


@pytest.mark.django_db
def test_a_file_that_failed_may_be_tried_again_once_the_reason_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    w = world(people=1)
    path = sheet(tmp_path / "a.xlsx", [w.row(0)])
    _workbook(path, [HEADER, w.row(0)])
    with monkeypatch.context() as patched, pytest.raises(Denied):
        patched.setattr(reading, "WORKER_MEMORY", 10 * 1024 * 1024)
        deposit(w, path)
    failed = Batch.objects.get()
    assert failed.state == BatchState.FAILED
    batch = deposit(w, path)
    assert (batch.id, batch.state, batch.problem, batch.counts.accepted) == (failed.pk, BatchState.DONE, None, 1)


@pytest.mark.django_db
def test_the_upload_is_kept_private_until_done_and_then_removed(tmp_path: Path) -> None:
    w = world(people=1)
    path = sheet(tmp_path / "a.csv", [w.row(0)])
    batch = receive(w, path)
    (kept,) = _kept_files()
    assert (kept.name, kept.stat().st_mode & 0o777, kept.read_bytes()) == (batch.number, 0o600, path.read_bytes())
    actions.run(batch_id=batch.id, by=w.officer, now=NOW)
    assert _kept_files() == []


@pytest.mark.django_db
def test_a_lost_upload_asks_for_the_same_file_again(tmp_path: Path) -> None:
    w = world(people=1)
    path = sheet(tmp_path / "a.csv", [w.row(0)])
    batch = receive(w, path)
    _kept_files()[0].unlink()
    with pytest.raises(Denied) as denied:
        actions.run(batch_id=batch.id, by=w.officer, now=NOW)
    assert denied.value.code == "upload_lost"
    again = receive(w, path)
    assert again.already
    assert actions.run(batch_id=again.id, by=w.officer, now=NOW).counts.accepted == 1


def _workbook(path: Path, rows: list[object]) -> None:
    book = xlsxwriter.Workbook(path)
    page = book.add_worksheet()
    for number, row in enumerate(rows):
        page.write_row(number, 0, row)
    book.close()


def _kept_files() -> list[Path]:
    folder = Path(settings.XUEFEN_UPLOADS)
    return sorted(folder.iterdir()) if folder.exists() else []


def _end(outcome_class: OutcomeClass) -> None:
    institutions.end_qualification(
        institution_code="ylu",
        outcome_class=outcome_class,
        ended_on=date(2026, 11, 1),
        reason="到期",
        by=HOUSE,
        now=NOW,
    )


@contextmanager
def _disk_of(size: int) -> Iterator[None]:
    """No file of this process may grow beyond ``size`` bytes: the kernel refuses the write as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.django_db
def test_what_a_killed_server_was_receiving_is_swept() -> None:
    """Sheets name people: a kill must not leave one in a folder nobody looks into."""
    assert own_settings.FILE_UPLOAD_TEMP_DIR == own_settings.XUEFEN_UPLOADS, "django receives where we sweep"
    path = uploads() / "tmp0a1b2c3d.upload.csv"  # as django calls them
    path.write_bytes(b"half a sheet")
    tasks.drop_leftovers(timestamp=0)
    assert path.exists(), "it may still be arriving"
    long_ago = (now() - STILL).timestamp() - 60
    os.utime(path, (long_ago, long_ago))
    tasks.drop_leftovers(timestamp=0)
    assert not path.exists()
