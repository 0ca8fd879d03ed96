"""The look of certificates at the desk: preview without writing, versions, refusals under their field."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.bank import recognition_builders as world_of
from tests.bank.test_certificates_pdf import pytestmark as needs_fonts
from tests.bank.test_certificates_templates import CIRCLE
from tests.faces import desk_builders as desk
from xuefen.bank.certificates.models import CertificateTemplate
from xuefen.bank.shell.models import Node
from xuefen.bank.staff.types import Role

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.faces.desk_urls"), needs_fonts]
PAGE = "/desk/certificates/look/"


@pytest.fixture(autouse=True)
def _world(monkeypatch: pytest.MonkeyPatch) -> None:
    desk.stop_clock(monkeypatch)
    world_of.world()
    if not Node.objects.exists():
        Node.objects.create(
            id=1, code="zj", name_zh="浙江学分银行", name_en="Zhejiang", origin="zj.example/log",
            created_at=world_of.DEPOSITED,
        )  # fmt: skip


def logo(content: bytes = CIRCLE) -> SimpleUploadedFile:
    return SimpleUploadedFile("logo.svg", content)


def test_a_preview_writes_nothing_and_a_save_is_a_version() -> None:
    client = desk.at_work(Role.ISSUER_OFFICER, institution="YL")
    assert "data:image/png;base64," in client.get(PAGE).content.decode()
    given = {"institution": "YL", "footer_zh": "查询电话 123"}
    answer = client.post(PAGE, given | {"logo": logo(), "preview": "1"})
    assert answer.status_code == 200 and "还没有保存" in answer.content.decode()
    assert not CertificateTemplate.objects.exists()
    saved = client.post(PAGE, given | {"logo": logo()})
    assert saved.status_code == 302
    row = CertificateTemplate.objects.get()
    assert (row.version, row.texts["footer_zh"], row.institution.code) == (1, "查询电话 123", "YL")
    assert client.post(PAGE, given | {"no_logo": "on"}).status_code == 302
    assert CertificateTemplate.objects.order_by("-version").values_list("logo", flat=True)[0] == ""


def test_a_bad_picture_is_refused_under_its_field_and_others_are_out_of_reach() -> None:
    client = desk.at_work(Role.REVIEWER, institution="YL")
    bad = logo(CIRCLE.replace(b"</svg>", b"<script/></svg>"))
    answer = client.post(PAGE, {"institution": "YL", "logo": bad})
    assert answer.status_code == 422 and "图片不能用" in answer.content.decode()
    assert client.get(PAGE, {"institution": "QH"}).status_code == 404
    assert client.get(PAGE, {"institution": ""}).status_code == 404
    assert not CertificateTemplate.objects.exists()
    assert desk.at_work(Role.POINT_CLERK, place="330106001").get(PAGE).status_code == 403
    assert desk.at_work(Role.HUB_OFFICER, place="hub").get(PAGE).status_code == 200
