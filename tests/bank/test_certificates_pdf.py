"""Certificates on paper: set the same way every time, sealed to the last byte, opened under bounds."""

from __future__ import annotations

import functools
import io
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pypdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.bank.certificate_builders import (
    HOLDER,
    ISSUER,
    NOW,
    NUMBER,
    Bank,
    conversion,
    nothing_revoked,
    outcome_line,
    statement,
)
from xuefen.bank.certificates.pdf import files, fonts, opening, sealing, signing
from xuefen.bank.certificates.pdf.opening import verify_file
from xuefen.bank.certificates.pdf.rendering import render
from xuefen.bank.certificates.pdf.sealing import find_seal
from xuefen.bank.certificates.types import FONTS_MISSING, Holder, Report
from xuefen.bank.shell.problems import Denied
from xuefen.bedrock import canon
from xuefen.bedrock.gm import SigningKey, generate, key_id

URL = "https://xuefen.example/verify/" + NUMBER
CODE = "https://xuefen.example/q#X0123"
NOWHERE = Path("/nonexistent")


def _fonts_found() -> bool:
    try:
        fonts.find_fonts(NOWHERE)
    except Denied:
        return False
    return True


pytestmark = pytest.mark.skipif(not _fonts_found(), reason="Noto CJK fonts are missing: run scripts/fonts.py")


@functools.cache
def bank() -> Bank:
    return Bank()


@functools.cache
def identity() -> signing.Identity:
    return signing.own_identity(
        generate("p256sha256"), zh=ISSUER.zh, en=ISSUER.en, node=ISSUER.node, since=NOW - timedelta(days=300)
    )


def seal(pdf: bytes, signer: SigningKey) -> bytes:
    """Signed as every reader knows it, and sealed by ``signer``."""
    return sealing.seal(signing.sign(pdf, identity(), sealed_by=key_id(signer.public)), signer)


@functools.cache
def _made(count: int) -> tuple[dict[str, Any], bytes]:
    made = bank().document(statement(count))
    return made, seal(render(made, verify_url=URL, code=CODE, fonts=NOWHERE), bank().certificates)


def document(count: int = 3) -> dict[str, Any]:
    return _made(count)[0]


def sealed(count: int = 3) -> bytes:
    return _made(count)[1]


def verdict(data: bytes, issuer: Bank | None = None) -> Report:
    return verify_file(data, trust=(issuer or bank()).trust(), status=nothing_revoked(), now=NOW)


def codes(report: Report) -> dict[str, str]:
    return {v.check.value: v.code for v in report.verdicts}


def text_of(pdf: bytes) -> str:
    pages = pypdf.PdfReader(io.BytesIO(pdf)).pages
    return "\n".join(page.extract_text() for page in pages).replace("\u00a0", " ")


def test_the_same_document_gives_the_same_bytes() -> None:
    again = render(document(), verify_url=URL, code=CODE, fonts=NOWHERE)
    assert again == render(document(), verify_url=URL, code=CODE, fonts=NOWHERE)
    assert sealed().startswith(again)


def test_any_thread_may_set_a_certificate() -> None:
    one = document()
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: render(one, verify_url=URL, code=CODE, fonts=NOWHERE), range(8)))
    assert len(set(made)) == 1


def test_another_process_sets_the_same_bytes() -> None:
    program = (
        "import sys, json, pathlib; from xuefen.bank.certificates.pdf.rendering import render;"
        "sys.stdout.buffer.write(render(json.load(sys.stdin), verify_url=sys.argv[1], code=sys.argv[2],"
        " fonts=pathlib.Path('/nonexistent')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, URL, CODE],
        input=canon.canonical(document()),
        stdout=subprocess.PIPE,
        check=True,
        env={**os.environ, "TZ": "America/New_York", "PYTHONPATH": str(Path(opening.__file__).resolve().parents[4])},
    )
    assert sealed().startswith(done.stdout)


def test_a_sealed_pdf_is_good_in_every_way() -> None:
    assert verdict(sealed()).ok


def test_the_document_inside_is_the_document() -> None:
    attached = pypdf.PdfReader(io.BytesIO(sealed())).attachments["certificate.json"]
    assert attached == [canon.canonical(document())]
    assert verdict(attached[0]).ok


def test_what_is_printed_is_what_is_signed() -> None:
    text = text_of(sealed())
    for line in document()["body"]["outcomes"]:
        assert line["item"][:6] in text and line["awarded_on"] in text
    assert "林小禾" in text and "10.5" in text and "Statement of Learning Outcomes" in text


def test_a_conversion_says_what_counts_for_what() -> None:
    made = bank().document(conversion(expires_on=date(2029, 9, 15)))
    pdf = seal(render(made, verify_url=URL, code=CODE, fonts=NOWHERE), bank().certificates)
    text = text_of(pdf)
    assert "餐饮服务与管理" in text and "旅游管理（专科）" in text and "2029" in text
    assert verdict(pdf).ok


def test_a_long_statement_breaks_over_pages_with_its_head_and_number_on_each() -> None:
    pages = pypdf.PdfReader(io.BytesIO(sealed(130))).pages
    assert len(pages) >= 4
    for n, page in enumerate(pages, start=1):
        text = page.extract_text()
        assert f"Page {n} of {len(pages)}" in text and "Learning outcome" in text
    assert verdict(sealed(130)).ok


@settings(deadline=None, max_examples=15)
@given(data=st.data())
def test_no_byte_of_a_pdf_can_be_flipped(data: st.DataObject) -> None:
    content = bytearray(sealed())
    position = data.draw(st.integers(0, len(content) - 1))
    content[position] ^= data.draw(st.integers(1, 255))
    try:
        report = verdict(bytes(content))
    except Denied as denied:  # the very first or last bytes: no PDF any more, or no seal and no way in
        assert denied.code == "verify_unreadable"
        assert position < 10 or position > len(content) - 200
    else:
        assert not report.ok
        assert report["signature"].code in {"signature_seal_wrong", "signature_seal_missing"}


@settings(deadline=None, max_examples=600)
@given(data=st.data())
def test_no_byte_is_outside_the_seal(data: st.DataObject) -> None:
    content = bytearray(sealed())
    near_end = st.integers(len(content) - 200, len(content) - 1)
    position = data.draw(st.one_of(st.integers(0, len(content) - 1), near_end))
    content[position] ^= data.draw(st.integers(1, 255))
    found = find_seal(bytes(content))
    assert found is None or not found.holds(bank().certificates.public)


def test_a_damaged_attachment_is_a_verdict_not_a_riddle() -> None:
    content = bytearray(sealed())
    at = content.find(b"stream", content.find(b"/EmbeddedFile"))
    content[at + 20] ^= 0xFF
    report = verdict(bytes(content))
    assert (report["format"].code, report["signature"].code) == ("format_damaged", "signature_seal_wrong")
    assert report.headline_zh == "不要相信这份文件"


@pytest.mark.parametrize("added", [b"\n", b" ", b"%%EOF\n", b"1 0 obj\nendobj\n"])
def test_nothing_can_be_added_behind_the_seal(added: bytes) -> None:
    found = find_seal(sealed() + added)
    assert found is not None and not found.holds(bank().certificates.public)
    with pytest.raises((Denied, AssertionError)):
        assert verdict(sealed() + added).ok


def test_a_pdf_saved_again_has_lost_its_seal() -> None:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(sealed()))
    copy = io.BytesIO()
    writer.write(copy)
    report = verdict(copy.getvalue())
    assert report["signature"].code == "signature_seal_missing"
    assert report["issuer"].code == "issuer_unconfirmed" and report.facts is None


def test_a_page_painted_over_is_noticed_even_when_sealed_again_by_a_stranger() -> None:
    forged = render(
        bank().document(statement(holder=Holder("王大明", HOLDER.account))), verify_url=URL, code=CODE, fonts=NOWHERE
    )
    genuine_inside = seal(render(document(), verify_url=URL, code=CODE, fonts=NOWHERE), generate("sm2sm3"))
    assert verdict(genuine_inside)["signature"].code == "signature_seal_wrong"
    assert verdict(seal(forged, generate("sm2sm3")))["signature"].code == "signature_seal_wrong"


def test_a_foreign_bank_s_pdf_is_told_apart() -> None:
    stranger = Bank()
    pdf = seal(render(stranger.document(statement()), verify_url=URL, code=CODE, fonts=NOWHERE), stranger.certificates)
    assert verdict(pdf, stranger).ok
    report = verdict(pdf)
    assert report["signature"].code == "signature_good"
    assert report["issuer"].code == "issuer_foreign_key"
    assert report["log"].code == "log_checkpoint_wrong"


def test_a_pdf_without_a_certificate_says_so() -> None:
    writer = pypdf.PdfWriter()
    writer.add_blank_page(100, 100)
    other = io.BytesIO()
    writer.write(other)
    report = verdict(other.getvalue())
    assert report["format"].code == "format_no_certificate" and report.number == ""


@pytest.mark.parametrize("length", [5, 100, 10_000, -100_000, -300, -30])
def test_a_truncated_pdf_is_unreadable_or_unsealed(length: int) -> None:
    try:
        report = verdict(sealed()[:length])
    except Denied as denied:
        assert denied.code == "verify_unreadable"
    else:
        assert not report.ok


BURNING = "import resource\nresource.setrlimit(resource.RLIMIT_CPU, (1, 1))\nwhile True: pass"


@pytest.mark.parametrize(
    ("program", "code"), [("import time\ntime.sleep(60)", "verify_busy"), (BURNING, "verify_unreadable")]
)
def test_a_pdf_that_never_ends_is_given_up(
    program: str, code: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Who takes all its processor time cannot be read; who got none is asked to come again."""
    slow = tmp_path / "slow.py"
    slow.write_text(program)
    monkeypatch.setattr(opening.extract, "__file__", str(slow))
    if code == "verify_busy":
        monkeypatch.setattr(opening, "_WALL_SECONDS", 0.3)
    with pytest.raises(Denied) as denied:
        verdict(sealed()[:50_000])
    assert denied.value.code == code


def test_a_pdf_bomb_is_given_up() -> None:
    """An attachment that unpacks to far more than it weighs."""
    writer = pypdf.PdfWriter()
    writer.add_blank_page(100, 100)
    writer.add_attachment("certificate.json", b" " * (200 * 2**20))
    for obj in writer._objects:
        if isinstance(obj, pypdf.generic.StreamObject):
            writer._objects[writer._objects.index(obj)] = obj.flate_encode()
    bomb = io.BytesIO()
    writer.write(bomb)
    assert len(bomb.getvalue()) < 2**20
    with pytest.raises(Denied) as denied:
        verdict(bomb.getvalue())
    assert denied.value.code == "verify_unreadable"


def test_a_file_beyond_the_limit_is_not_opened(tmp_path: Path) -> None:
    huge = tmp_path / "huge.pdf"
    with huge.open("wb") as file:
        file.write(b"%PDF-1.7\n")
        file.truncate(20 * 2**20 + 1)
    for read in (lambda: files.read_certificate(huge), lambda: verdict(huge.read_bytes())):
        with pytest.raises(Denied) as denied:
            read()
        assert denied.value.code == "verify_too_large"
    with pytest.raises(Denied) as denied:
        files.read_certificate(tmp_path / "absent.pdf")
    assert denied.value.code == "verify_unreadable"


def test_only_what_waits_for_this_key_s_seal_is_sealed() -> None:
    waiting = signing.sign(
        render(document(), verify_url=URL, code=CODE, fonts=NOWHERE),
        identity(),
        sealed_by=key_id(bank().certificates.public),
    )
    for pdf in (b"%PDF-1.7 hello", sealed(), waiting + waiting):
        with pytest.raises(ValueError, match="waits for the seal"):
            sealing.seal(pdf, bank().certificates)
    with pytest.raises(ValueError, match="waits for the seal"):
        sealing.seal(waiting, generate("sm2sm3"))


# --- characters and fonts --------------------------------------------------------------------------------------------


def test_rare_characters_print() -> None:
    made = bank().document(statement(holder=Holder("𠮷野·阿卜杜拉 Émile", HOLDER.account)))
    assert "𠮷" in text_of(render(made, verify_url=URL, code=CODE, fonts=NOWHERE))


def test_a_character_no_font_has_is_refused_instead_of_a_box() -> None:
    made = bank().document(statement(holder=Holder("林\U00031350", HOLDER.account)))
    with pytest.raises(Denied) as denied:
        render(made, verify_url=URL, code=CODE, fonts=NOWHERE)
    assert denied.value.code == "glyph_missing" and "\U00031350" in denied.value.sentence("zh")


def test_text_is_text_whatever_it_looks_like() -> None:
    line = replace(outcome_line(), item='#import "x" $a$ *b* _c_ `d` <e> @f \\ [g] "h"')
    made = bank().document(statement(outcomes=(line,), credits=line.credits))
    text = text_of(render(made, verify_url=URL, code=CODE, fonts=NOWHERE))
    assert "#import" in text and "@f" in text


def test_without_fonts_the_message_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "SYSTEM_FOLDERS", ())
    fonts.find_fonts.cache_clear()
    with pytest.raises(Denied) as denied:
        fonts.find_fonts(NOWHERE)
    assert denied.value.problem is FONTS_MISSING
    fonts.find_fonts.cache_clear()


def test_fonts_in_the_bank_s_own_folder_come_first(tmp_path: Path) -> None:
    for name in ("NotoSerifCJK-Regular.ttc", "NotoSansCJK-Regular.ttc"):
        source = next(path for folder in fonts.find_fonts(NOWHERE) for path in Path(folder).glob(name))
        (tmp_path / name).symlink_to(source)
    assert fonts.find_fonts(tmp_path) == (str(tmp_path),)


@pytest.mark.skipif(shutil.which("pdftoppm") is None, reason="pdftoppm (poppler-utils) is missing")
def test_another_reader_shows_the_page(tmp_path: Path) -> None:
    (tmp_path / "c.pdf").write_bytes(sealed())
    done = subprocess.run(
        ["pdftoppm", "-r", "60", "-png", "c.pdf", "page"], cwd=tmp_path, capture_output=True, check=True
    )
    assert done.stderr == b"" and (tmp_path / "page-1.png").stat().st_size > 10_000
