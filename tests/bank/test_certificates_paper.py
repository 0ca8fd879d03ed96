"""The paper for everybody: read aloud, archived, scanned by a phone, in Chinese or English first."""

from __future__ import annotations

import functools
import io
import shutil
import subprocess
from datetime import date
from pathlib import Path
from typing import Any

import numpy
import pypdf
import pytest
import zxingcpp

from tests.bank.certificate_builders import NOW, Bank, conversion, nothing_revoked, statement
from tests.bank.test_certificates_pdf import NOWHERE, URL
from tests.bank.test_certificates_pdf import pytestmark as needs_fonts
from tests.bank.test_certificates_signing import identity
from xuefen.bank.certificates.pdf import codes, sealing, signing
from xuefen.bank.certificates.pdf.opening import read_code
from xuefen.bank.certificates.pdf.rendering import Language, render
from xuefen.bank.certificates.rules import qr
from xuefen.bedrock.gm import key_id

pytestmark = needs_fonts


@functools.cache
def bank() -> Bank:
    return Bank(neighbours=1000)


@functools.cache
def paper(kind: str, language: Language) -> bytes:
    body = statement(6) if kind == "statement" else conversion(expires_on=date(2029, 9, 15))
    document = bank().document(body)
    signer = bank().certificates
    code = codes.make_code(document, signer=signer, now=NOW, public_url="https://xuefen.example")
    unsigned = render(document, verify_url=URL, code=code, fonts=NOWHERE, language=language)
    return sealing.seal(signing.sign(unsigned, identity(), sealed_by=key_id(signer.public)), signer)


def kinds_of_tags(node: Any, found: set[str]) -> set[str]:
    if isinstance(node, pypdf.generic.IndirectObject):
        node = node.get_object()
    if isinstance(node, list):
        for child in node:
            kinds_of_tags(child, found)
    elif isinstance(node, dict):
        if "/S" in node:
            found.add(str(node["/S"]))
        if "/K" in node:
            kinds_of_tags(node["/K"], found)
    return found


@pytest.mark.parametrize("kind", ["statement", "conversion"])
@pytest.mark.parametrize(("language", "title"), [("zh", "学习成果"), ("en", ("Statement", "Certificate"))])
def test_it_is_tagged_titled_and_archivable(kind: str, language: Language, title: Any) -> None:
    reader = pypdf.PdfReader(io.BytesIO(paper(kind, language)))
    root = reader.root_object
    assert root["/MarkInfo"]["/Marked"] and root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert str(root["/Lang"]).lower().startswith(language)
    assert reader.metadata is not None and str(reader.metadata.title).startswith(title)
    assert kinds_of_tags(root["/StructTreeRoot"], set()) >= {"/H1", "/P", "/Table", "/TH", "/TD", "/Figure"}
    described = reader.root_object["/Metadata"].get_data().decode()
    for claim in ('pdfaid:part="3"', 'pdfaid:conformance="A"', 'pdfuaid:part="1"'):
        assert claim in described
    assert reader.pdf_header == "%PDF-1.7" and root.get("/Version", "/1.7") == "/1.7"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_font_is_inside(language: Language) -> None:
    found = 0
    for page in pypdf.PdfReader(io.BytesIO(paper("conversion", language))).pages:
        for font in page["/Resources"]["/Font"].values():
            described = font.get_object()["/DescendantFonts"][0].get_object()["/FontDescriptor"]
            assert {"/FontFile2", "/FontFile3"} & set(described)
            found += 1
    assert found >= 3


def test_either_language_comes_first_and_both_are_there() -> None:
    for language in ("zh", "en"):
        text = pypdf.PdfReader(io.BytesIO(paper("conversion", language))).pages[0].extract_text()
        text = text.replace("学 习 成 果 转 换 证 书", "学习成果转换证书")  # the spaced title of the Chinese form
        assert "学习成果转换证书" in text and "Certificate of Credit Conversion" in text
    assert "of 云岭职业技术学院" in text.replace("\u00a0", " ")


@pytest.mark.skipif(shutil.which("pdftoppm") is None, reason="pdftoppm (poppler-utils) is missing")
@pytest.mark.parametrize("dots", [200, 300])
def test_a_scanner_reads_the_code_from_the_printed_page(tmp_path: Path, dots: int) -> None:
    (tmp_path / "paper.pdf").write_bytes(paper("statement", "zh"))
    subprocess.run(["pdftoppm", "-r", str(dots), "-gray", "-singlefile", "paper.pdf", "page"], cwd=tmp_path, check=True)
    magic, width, height, _, pixels = (tmp_path / "page.pgm").read_bytes().split(maxsplit=4)
    assert magic == b"P5"
    picture = numpy.frombuffer(pixels[-int(width) * int(height) :], numpy.uint8).reshape(int(height), int(width))
    read = zxingcpp.read_barcodes(picture)
    assert len(read) == 1
    text = read[0].text
    assert text.startswith("https://xuefen.example/q#X")
    report = qr.verify(read_code(text), trust=bank().trust(), status=nothing_revoked(), now=NOW)
    assert report.facts is not None and report.facts.holder == "林小禾"
    assert {v.check.value for v in report.verdicts if v.state.value != "good"} <= {"witnesses"}
