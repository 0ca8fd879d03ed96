"""The bank's own verify page at a real browser: files by drag and by choice, QR codes by camera and from a photo."""

# ruff: noqa: F811 - fixtures of another file
from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import segno

from tests.bank import foundation_builders as build
from tests.bank import recognition_builders as world_of
from tests.bank.credential_builders import badge, data, png
from tests.faces import desk_builders as desk
from tests.faces.test_desk_browser import browser, looks_right, page, world  # noqa: F401 - fixtures
from xuefen.bank.certificates import actions as certificates
from xuefen.bank.certificates import queries
from xuefen.bank.certificates.pdf import codes
from xuefen.bank.certificates.types import CertificateFacts
from xuefen.bank.shell.actor import EVERYTHING
from xuefen.bank.shell.keys import keys
from xuefen.bank.translog import actions as translog
from xuefen.bedrock import canon

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = Path("/usr/bin/chromium")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="no /usr/bin/chromium on this machine"),
]
WAIT = 120_000


@pytest.fixture
def issued(world: world_of.World) -> CertificateFacts:
    found = certificates.issue_statement(
        learner_id=world.learner_id, by=build.HOUSE, now=desk.MONDAY - timedelta(days=1)
    )
    translog.seal_all(now=desk.MONDAY)
    certificates.publish_trust(now=desk.MONDAY)
    certificates.publish_status(now=desk.MONDAY)
    return found


def document(issued: CertificateFacts) -> dict[str, Any]:
    return queries.document(EVERYTHING, issued.number)


def code(issued: CertificateFacts, url: str) -> str:
    signer = keys().signer("certificates")
    return codes.make_code(document(issued), signer=signer, now=desk.MONDAY, public_url=url)


DROP = """([name, kind, content]) => {
  const bytes = Uint8Array.from(atob(content), (c) => c.charCodeAt(0));
  const given = new DataTransfer();
  given.items.add(new File([bytes], name, { type: kind }));
  const target = document.querySelector("[data-drop]");
  for (const step of ["dragover", "drop"]) {
    target.dispatchEvent(new DragEvent(step, { dataTransfer: given, bubbles: true, cancelable: true }));
  }
}"""


def drop(page: Any, name: str, kind: str, content: bytes) -> None:
    page.wait_for_selector("html[data-ready]", timeout=WAIT)
    page.evaluate(DROP, [name, kind, base64.b64encode(content).decode()])


def test_a_file_is_verified_by_drag_and_by_choice(page: Any, live_server: Any, issued: CertificateFacts) -> None:
    whole = canon.canonical(document(issued))
    page.goto(f"{live_server.url}/verify/")
    page.wait_for_selector("html[data-ready]", timeout=WAIT)
    looks_right(page, "verify-home")
    drop(page, "证书.json", "application/json", whole)
    page.get_by_text("这份证书是真的，现在有效").wait_for(timeout=WAIT)
    assert page.locator(".xf-checks li.y").count() == 8
    looks_right(page, "verify-good")
    changed = json.loads(whole)
    changed["body"]["holder"]["name"] = "贾伪造"
    page.wait_for_selector("html[data-ready]", timeout=WAIT)
    page.set_input_files(
        "#id_file", files=[{"name": "a.json", "mimeType": "application/json", "buffer": canon.canonical(changed)}]
    )
    page.get_by_text("不要相信这份文件").wait_for(timeout=WAIT)
    drop(page, "badge.png", "image/png", png((b"openbadgecredential", data(badge()))))
    page.get_by_text("不认识签发机构").wait_for(timeout=WAIT)
    looks_right(page, "verify-badge")
    drop(page, "a.txt", "text/plain", b"nothing")
    page.get_by_text("文件读不出来").first.wait_for(timeout=WAIT)


def test_a_photo_of_the_code_is_verified_in_the_browser(
    page: Any,
    live_server: Any,
    issued: CertificateFacts,
    tmp_path: Path,
) -> None:
    segno.make(code(issued, live_server.url), error="l").save(str(tmp_path / "photo.png"), scale=4, border=4)
    page.goto(f"{live_server.url}/verify/")
    drop(page, "photo.png", "image/png", (tmp_path / "photo.png").read_bytes())
    page.get_by_text("二维码能读，符合公开的格式").wait_for(timeout=WAIT)
    assert "/verify/offline/#X" in page.url and page.locator(".xf-checks li").count() == 8
    assert page.locator("[data-code=signature_good]").count() == 1 and page.locator("[data-code=log_good]").count() == 1
    assert "林秋禾" in page.inner_text("#result"), "who holds the paper can read the name on it"
    looks_right(page, "verify-offline")


def film(text: str, path: Path) -> None:
    """A film of one QR code, as Chromium takes it for a camera (Y4M, grey)."""
    width, height, scale = 960, 720, 5
    rows = [[bool(cell) for cell in row] for row in segno.make(text, error="l").matrix_iter(scale=scale, border=6)]
    assert len(rows) <= height
    top, left = (height - len(rows)) // 2, (width - len(rows[0])) // 2
    grey = bytearray(b"\xeb" * (width * height))
    for y, row in enumerate(rows):
        grey[(top + y) * width + left : (top + y) * width + left + len(row)] = bytes(
            0x10 if dark else 0xEB for dark in row
        )
    frame = b"FRAME\n" + bytes(grey) + b"\x80" * (width * height // 2)
    path.write_bytes(b"YUV4MPEG2 W%d H%d F10:1 Ip A1:1 C420jpeg\n" % (width, height) + frame * 3)


@pytest.fixture
def filmed(browser: Any, tmp_path: Path) -> Iterator[Any]:
    """A browser whose camera shows ``film.y4m`` of the test's folder; written before a page asks for it."""
    found = browser.browser_type.launch(
        executable_path=str(CHROMIUM),
        args=["--no-sandbox", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
              f"--use-file-for-fake-video-capture={tmp_path / 'film.y4m'}"],
    )  # fmt: skip
    yield found
    found.close()


@pytest.mark.parametrize(
    ("path", "button"), [("/verify/", "[data-scan]"), ("/verify/offline/", "#scan"), ("/q", "#scan")]
)
def test_the_camera_reads_the_code(
    filmed: Any, live_server: Any, issued: CertificateFacts, tmp_path: Path, path: str, button: str
) -> None:
    film(code(issued, live_server.url), tmp_path / "film.y4m")
    tab = filmed.new_page()
    tab.goto(f"{live_server.url}{path}")
    tab.wait_for_selector("html[data-ready]", timeout=WAIT)
    tab.click(button)
    tab.get_by_text("二维码能读，符合公开的格式").wait_for(timeout=WAIT)
    assert (
        tab.locator("[data-code=signature_good]").count() == 1 and tab.locator("[data-code=issuer_good]").count() == 1
    )


@pytest.mark.parametrize("path", ["/verify/", "/verify/offline/"])
def test_a_camera_that_is_refused_or_missing_is_explained(
    page: Any,
    live_server: Any,
    world: world_of.World,
    path: str,
) -> None:
    page.goto(f"{live_server.url}{path}")
    page.wait_for_selector("html[data-ready]", timeout=WAIT)
    for name, sentence in (("NotAllowedError", "浏览器没有允许使用摄像头"), ("NotFoundError", "没有找到摄像头"),
                           ("NotReadableError", "摄像头正被别的程序使用")):  # fmt: skip
        page.evaluate(
            "name => { navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', name)); }", name
        )
        page.click("[data-scan], #scan")
        page.get_by_text(sentence).wait_for(timeout=WAIT)
    looks_right(page, f"verify-no-camera-{path.strip('/').replace('/', '-')}")


def test_only_these_pages_may_ask_for_the_camera(client: Any, world: world_of.World) -> None:
    for path, allowed in (("/verify/", True), ("/verify/offline/", True), ("/q", True), ("/verify/log/", False),
                          ("/signin/", False), ("/", False)):  # fmt: skip
        policy = client.get(path).headers["Permissions-Policy"]
        assert ("camera=(self)" in policy) == allowed and ("camera=()" in policy) != allowed, path
        assert "script-src" not in client.get(path).headers["Content-Security-Policy"], (
            "only our own scripts, as everywhere"
        )
