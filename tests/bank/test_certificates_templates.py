"""What an institution puts on its certificates: versions, pictures told by content, and papers that keep their version."""

from __future__ import annotations

import io
import struct
import zlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pypdf
import pytest
from django.db import DatabaseError, connection, transaction

from tests.bank import foundation_builders as foundations
from tests.bank import recognition_builders as recognition_world
from tests.bank.test_certificates_pdf import pytestmark as needs_fonts
from xuefen.bank.certificates import actions, queries
from xuefen.bank.certificates.models import Certificate
from xuefen.bank.certificates.pdf.specimen import places
from xuefen.bank.certificates.rules.pictures import picture
from xuefen.bank.shell.actor import EVERYTHING, Actor, Scope
from xuefen.bank.shell.models import Node
from xuefen.bank.shell.problems import Denied
from xuefen.bank.translog import actions as translog

NOW = foundations.NOW
HOUSE = Actor.system("test")
CIRCLE = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><circle cx="4" cy="4" r="4" fill="#0b6e4f"/></svg>'


def png(width: int = 8, height: int = 8) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"".join(b"\0" + b"\x20\x80\x40" * width for _ in range(height)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


# --- pictures --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [CIRCLE, png(), b"<?xml version='1.0'?>\n" + CIRCLE])
def test_shapes_and_pixels_are_taken(data: bytes) -> None:
    assert places(picture(data, place="logo"))


@pytest.mark.parametrize(
    "inside",
    [
        b"<script>alert(1)</script>",
        b'<image href="http://x.example/a.png"/>',
        b'<rect onload="alert(1)" width="1" height="1"/>',
        b'<use href="https://x.example/#a"/>',
        b'<rect style="fill:url(http://x.example)" width="1" height="1"/>',
        b"<foreignObject/>",
        b"<text>font</text>",
        b"<style>@import 'x'</style>",
    ],
)
def test_a_drawing_that_does_more_than_draw_is_refused(inside: bytes) -> None:
    with pytest.raises(Denied) as caught:
        picture(CIRCLE.replace(b"</svg>", inside + b"</svg>"), place="logo")
    assert caught.value.code == "template_picture" and caught.value.place == "logo"


@pytest.mark.parametrize(
    "data",
    [
        b"GIF89a",
        b"%PDF-1.7",
        png()[:-8],
        png(4000, 1),
        b"\x89PNG\r\n\x1a\n" + bytes(400_000),
        b"\xff\xd8\xff\xe0\x00\x04ab",
        b"<svg",
        b'<!DOCTYPE svg [<!ENTITY a "b">]>' + CIRCLE,
        b"<html><svg></svg></html>",
    ],
)
def test_what_is_no_sound_picture_is_refused_by_its_content(data: bytes) -> None:
    with pytest.raises(Denied) as caught:
        picture(data, place="seal")
    assert caught.value.code == "template_picture"


# --- versions --------------------------------------------------------------------------------------------------------

pytestmark = [pytest.mark.django_db, needs_fonts]


@pytest.fixture
def named(settings: Any, tmp_path: Path) -> None:
    settings.XUEFEN_LOG, settings.XUEFEN_PUBLIC = tmp_path / "log", tmp_path / "public"
    Node.objects.create(
        id=1, code="zj", name_zh="浙江学分银行", name_en="Zhejiang Credit Bank", origin="zj.example/log",
        created_at=recognition_world.DEPOSITED,
    )  # fmt: skip


def design(**changes: object) -> object:
    given = {"institution_code": "", "texts": {}, "logo": None, "seal": None, "by": HOUSE, "now": NOW} | changes
    return actions.design(**given)  # type: ignore[arg-type]


def test_every_change_is_a_version_and_keeps_what_was_not_touched(named: None) -> None:
    first = actions.design(
        institution_code="", texts={"header_zh": "继续教育学院"}, logo=CIRCLE, seal=png(), by=HOUSE, now=NOW
    )
    second = actions.design(
        institution_code="", texts={"footer_en": "Enquiries"}, logo=None, seal=b"", by=HOUSE, now=NOW
    )
    assert (first.version, second.version) == (1, 2)
    assert second.logo == first.logo and first.seal and second.seal == ""
    assert second.texts["footer_en"] == "Enquiries" and second.texts["header_zh"] == ""
    assert [one.version for one in queries.templates.versions(EVERYTHING, "")] == [2, 1]
    for change in ("UPDATE certificate_template SET version = 9", "DELETE FROM certificate_template"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change)


def test_wrong_lines_and_characters_are_refused(named: None) -> None:
    for texts, code in (
        ({"header_zh": "长" * 41}, "template_text"),
        ({"footer_zh": "两\n行"}, "template_text"),
        ({"footer_zh": "\U00031350"}, "glyph_missing"),
    ):
        with pytest.raises(Denied) as caught:
            design(texts=texts)
        assert caught.value.code == code
    assert queries.templates.template(EVERYTHING, "") is None


def test_an_institution_designs_its_own_and_nobody_else_s(named: None) -> None:
    world = recognition_world.world()
    code, pk = world.receiver.code, world.receiver.pk
    officer = Actor(
        kind="staff", name="o", user_id=1, grants={"certificates.design": Scope(institution_ids=frozenset({pk}))}
    )
    assert actions.design(
        institution_code=code, texts={}, logo=CIRCLE, seal=None, by=officer, now=NOW
    ).institution_code == code  # fmt: skip
    for other in ("", "NOBODY"):
        with pytest.raises(Denied) as caught:
            design(institution_code=other, by=officer)
        assert caught.value.code == "template_scope"
    with pytest.raises(Denied):
        design(by=Actor(kind="staff", name="x", user_id=2))


def test_a_paper_keeps_the_version_it_was_issued_with(named: None) -> None:
    world = recognition_world.world()
    actions.design(institution_code="", texts={"footer_zh": "旧的页脚"}, logo=CIRCLE, seal=None, by=HOUSE, now=NOW)
    facts = actions.issue_statement(learner_id=world.learner_id, by=world.learner, now=NOW)
    actions.design(institution_code="", texts={"footer_zh": "新的页脚"}, logo=b"", seal=None, by=HOUSE, now=NOW)
    later = actions.issue_statement(learner_id=world.learner_id, by=world.learner, now=NOW + timedelta(minutes=5))
    translog.seal_all(now=NOW)
    for number, footer in ((facts.number, "旧的页脚"), (later.number, "新的页脚")):
        paper = queries.pdf(EVERYTHING, number, now=NOW)
        text = pypdf.PdfReader(io.BytesIO(paper)).pages[0].extract_text()
        assert footer in text and queries.verify(paper, now=NOW)["signature"].code == "signature_good"
    assert list(Certificate.objects.order_by("id").values_list("template__version", flat=True)) == [1, 2]
