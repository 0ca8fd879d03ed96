"""Photos and scans of a certificate: the QR code is found in them, and what is none ends in a plain sentence."""

from __future__ import annotations

import functools
import io
import struct
import zlib
from collections.abc import Callable

import pypdf
import pypdfium2
import pytest
import segno
from PIL import Image, ImageFilter

from tests.bank.certificate_builders import NOW, Bank, nothing_revoked, statement
from tests.bank.credential_builders import png
from tests.bank.test_certificates_paper import needs_fonts, paper
from xuefen.bank.certificates.pdf import codes, opening
from xuefen.bank.certificates.types import Report
from xuefen.bank.shell.problems import Denied

bank = functools.cache(Bank)


def verdicts(content: bytes) -> Report:
    """Checked by the bank that ``paper`` is of."""
    from tests.bank.test_certificates_paper import bank as theirs

    return opening.verify_file(content, trust=theirs().trust(), status=nothing_revoked(), now=NOW)


@functools.cache
def code(n: int) -> str:
    document = bank().document(statement(n + 1))
    return codes.make_code(document, signer=bank().certificates, now=NOW, public_url="https://xuefen.example")


@functools.cache
def page() -> Image.Image:
    pdf = pypdfium2.PdfDocument(paper("statement", "zh"))
    return pdf[len(pdf) - 1].render(scale=200 / 72).to_pil().convert("RGB")


def saved(image: Image.Image, kind: str) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind)
    return buffer.getvalue()


def drawn(*texts: str) -> Image.Image:
    """Codes side by side on a white sheet."""
    found = []
    for text in texts:
        buffer = io.BytesIO()
        segno.make(text, error="l").save(buffer, kind="png", scale=4, border=6)
        found.append(Image.open(buffer).convert("L"))
    sheet = Image.new("L", (sum(one.width for one in found) + 100, max(one.height for one in found) + 60), 255)
    at = 50
    for one in found:
        sheet.paste(one, (at, 30))
        at += one.width
    return sheet


TURNS: dict[str, Callable[[Image.Image], Image.Image]] = {
    "as it is": lambda image: image,
    "askew": lambda image: image.rotate(7, expand=True, fillcolor=(120, 110, 100), resample=Image.Resampling.BICUBIC),
    "upside down": lambda image: image.rotate(180),
    "small and soft": lambda image: image.resize((image.width * 6 // 10, image.height * 6 // 10)).filter(
        ImageFilter.GaussianBlur(0.8)
    ),
    "of a large camera": lambda image: image.resize((image.width * 5 // 2, image.height * 5 // 2)),
}


@needs_fonts
@pytest.mark.parametrize(
    ("kind", "turn"), [("WEBP", "askew"), ("PDF", "askew"), ("PNG", "as it is"), *(("JPEG", turn) for turn in TURNS)]
)
def test_a_photo_of_the_paper_verifies(kind: str, turn: str) -> None:
    report = verdicts(saved(TURNS[turn](page()), kind))
    assert report["format"].code == "format_code" and report["signature"].code == "signature_good", report
    assert report["log"].code == "log_good" and report.facts is not None and report.facts.holder == "林小禾"


@needs_fonts
def test_printed_into_a_new_pdf_the_code_still_speaks() -> None:
    """What a browser's print dialogue makes of our PDF: the pages, without attachment and seal."""
    writer = pypdf.PdfWriter()
    for one in pypdf.PdfReader(io.BytesIO(paper("statement", "zh"))).pages:
        writer.add_page(one)
    buffer = io.BytesIO()
    writer.write(buffer)
    assert verdicts(buffer.getvalue())["format"].code == "format_code"


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: Image.new("L", (900, 700), 255), "format_no_code"),
        (lambda: drawn("https://example.org/menu"), "format_other_code"),
        (lambda: drawn(code(0), code(1)), "format_many_codes"),
        (lambda: drawn(code(0), "https://example.org/menu"), "format_code"),
        (lambda: drawn(code(0), code(0)), "format_code"),
        (lambda: drawn(code(0)[: code(0).index("#X") + 2 + 300]), "format_wrong"),
    ],
)
def test_what_is_in_the_picture_is_said(make: Callable[[], Image.Image], expected: str) -> None:
    for kind in ("PNG", "JPEG"):
        report = verdicts(saved(make(), kind))
        assert report["format"].code == expected
    if expected != "format_code":
        assert not report.ok and report.facts is None


def test_a_pdf_without_a_code_is_no_certificate() -> None:
    report = verdicts(saved(Image.new("L", (900, 700), 255), "PDF"))
    assert report["format"].code == "format_no_certificate"
    assert verdicts(saved(drawn(code(0), code(1)), "PDF"))["format"].code == "format_many_codes"


def bomb(side: int) -> bytes:
    """A PNG of a few bytes that says it has ``side`` × ``side`` points."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    rows = zlib.compress(bytes(1_000_000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def test_what_cannot_be_read_is_one_sentence() -> None:
    whole = saved(drawn(code(0)), "JPEG")
    for content in (
        bomb(30_000),
        bomb(2**31 - 1),
        whole[:200],
        b"\xff\xd8\xff" + bytes(50),
        b"RIFF\0\0\0\0WEBP" + bytes(9),
    ):
        with pytest.raises(Denied) as refused:
            verdicts(content)
        assert refused.value.code == "picture_unreadable"
    with pytest.raises(Denied) as refused:
        verdicts(b"\xff\xd8\xff" + bytes(21 * 2**20))
    assert refused.value.code == "verify_too_large"


def test_a_baked_badge_comes_before_a_code() -> None:
    assert verdicts(png((b"openbadges", b"{}")))["format"].code == "format_badge_2"
