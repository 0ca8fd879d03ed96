"""What strangers, browsers and log readers get from the site as a whole: headers, bounds, refusals, discretion."""

from __future__ import annotations

import contextlib
import gzip
import logging
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, connection
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import NoReverseMatch, URLResolver, get_resolver, reverse

from tests.bank import foundation_builders as build
from tests.faces import hall_builders as hall
from xuefen.bank.certificates.pdf import opening
from xuefen.bank.shell.problems import Denied
from xuefen.config.logs import Discreet
from xuefen.faces.shared.middleware import CONTENT_SECURITY, MOST_FORM_BYTES
from xuefen.faces.shared.signin import FAILURES, knock

pytestmark = pytest.mark.django_db
LARGE = b"x" * (MOST_FORM_BYTES + 1)
FORM = "multipart/form-data; boundary=x"


def strict() -> Client:
    """A browser that has to show the form's token, and sees error pages instead of exceptions."""
    browser = Client(enforce_csrf_checks=True, raise_request_exception=False)
    browser.get("/signin/")
    return browser


def learner() -> Client:
    build.tree()
    return hall.browser_of(hall.online_account())


class TestHeaders:
    @pytest.mark.parametrize("address", ["/", "/signin/", "/nowhere", "/home", "/static/xuefen/pages.css", "/api/log"])
    def test_every_answer_says_what_a_browser_may_do(self, address: str) -> None:
        answer = Client().get(address)
        answer.close()  # a static file is streamed
        assert answer["Content-Security-Policy"] == CONTENT_SECURITY

    def test_also_the_one_to_a_host_that_is_not_ours(self) -> None:
        answer = Client().get("/signin/", headers={"host": "evil.example"})
        assert (answer.status_code, answer["Content-Security-Policy"]) == (400, CONTENT_SECURITY)
        assert b"evil.example" not in answer.content

    def test_forms_and_addresses_stay_on_this_site(self) -> None:
        for rule in ("form-action 'self'", "base-uri 'none'", "object-src 'none'", "frame-ancestors 'none'"):
            assert rule in CONTENT_SECURITY

    @pytest.mark.parametrize("address", ["/nowhere", "/desk/queue/", "/verify/"])
    def test_nobody_keeps_a_page_that_knows_its_reader(self, address: str) -> None:
        browser = learner()
        assert "no-store" in browser.get(address)["Cache-Control"]
        assert Client().get("/verify/")["Cache-Control"] == "no-cache"

    def test_a_session_ends_with_the_browser(self) -> None:
        session = learner().get("/home/").wsgi_request.session
        assert session.get_expire_at_browser_close()


class TestBounds:
    @pytest.mark.parametrize("address", ["/signin/", "/open/", "/lang/en/", "/text-size/", "/signout/"])
    def test_a_form_is_bounded_before_it_is_read(self, address: str) -> None:
        browser = strict()
        request = {"path": address, "data": LARGE, "content_type": FORM}
        answer: HttpResponse = browser.post(**request)
        assert answer.status_code == 413
        assert "request_too_large" in answer.content.decode()
        assert not hasattr(answer.wsgi_request, "_files")  # no byte of it was parsed

    def test_the_api_is_bounded_where_it_takes_no_file(self) -> None:
        browser = strict()
        browser.cookies["sessionid"] = "of-nobody"
        huge = {"CONTENT_LENGTH": str(300 * 2**20)}
        for address, status in (("/api/applications", 413), ("/api/outcomes", 413), ("/api/batches", 413)):
            answer = browser.generic("POST", address, b"--x", content_type=FORM, **huge)
            assert (address, answer.status_code) == (address, status)

    def test_the_api_reads_nothing_of_a_stranger_with_an_invented_session(self) -> None:
        browser = strict()
        browser.cookies["sessionid"] = "of-nobody"
        answer = browser.generic("POST", "/api/batches", b"--x\r\n", content_type=FORM)
        assert answer.status_code == 401
        assert not hasattr(answer.wsgi_request, "_files")


class TestRefusals:
    @pytest.mark.parametrize(
        "address",
        [
            "/verify/rules/?q=%00",
            "/verify/catalogue/?q=%00",
            "/verify/catalogue/%00/%00/",
            "/verify/catalogue/YLU/x/?version=%00",
            "/desk/applications/%00/",
            "/applications/%00/",
        ],
    )
    def test_a_nul_is_a_bad_request_not_a_defect(self, address: str) -> None:
        assert strict().get(address).status_code == 400

    def test_the_api_tells_a_nul_in_its_own_shape(self) -> None:
        answer = strict().get("/api/catalogue/items?q=%00")
        assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json")

    def test_a_version_of_thousands_of_digits_is_stale(self) -> None:
        browser = learner()
        browser.raise_request_exception = False
        assert browser.post("/applications/SQ1/withdraw/", {"version": "9" * 5000}).status_code == 302

    def test_a_button_address_opened_by_hand_is_a_page(self) -> None:
        answer = Client().get("/lang/en/")
        assert (answer.status_code, answer["Allow"]) == (405, "POST")
        assert "<h1" in answer.content.decode()

    @pytest.mark.parametrize(
        ("address", "above"),
        [
            ("/desk/batches/PC1/run/", "/desk/batches/PC1/"),
            ("/desk/standards/proposals/TA1/answer/3/", "/desk/standards/proposals/TA1/"),
            ("/desk/catalogue/judge/", "/desk/catalogue/"),
            ("/applications/SQ1/withdraw/", "/applications/SQ1/"),
            ("/verify/notices/SQ1/object/", "/verify/notices/"),
            ("/log/witness/add-checkpoint", ""),
        ],
    )
    def test_a_button_address_leads_one_level_up(self, address: str, above: str) -> None:
        answer = Client().get(address)
        page = answer.content.decode()
        assert answer.status_code == 405
        assert "回到首页" in page and ("回到上一级" in page) is bool(above)
        assert not above or (f'href="{above}"' in page and Client().get(above).status_code != 405)
        english = Client(headers={"accept-language": "en"}).get(address).content.decode()
        assert "cannot be opened like this" in english and ("One level up" in english) is bool(above)

    def test_signing_in_leads_back_with_the_whole_address(self) -> None:
        assert Client().get("/outcomes/?class=degree&page=2")["Location"] == (
            "/signin/?next=/outcomes/%3Fclass%3Ddegree%26page%3D2"
        )

    def test_signing_in_leads_back_to_the_page_of_the_button(self) -> None:
        pressed = "/applications/SQ1/withdraw/"
        from_ours = Client().post(pressed, headers={"referer": "http://testserver/applications/SQ1/?withdraw"})
        from_elsewhere = Client().post(pressed, headers={"referer": "https://evil.example/x"})
        assert from_ours["Location"] == "/signin/?next=/applications/SQ1/"
        assert from_elsewhere["Location"] == "/signin/?next=/"


@pytest.mark.parametrize("name", ["tabler.min.css", "htmx.min.js"])
def test_large_files_are_sent_packed_and_are_the_same(name: str) -> None:
    address = f"/static/xuefen/vendor/{name}"
    plain, packed = Client().get(address), Client().get(address, headers={"accept-encoding": "gzip"})
    assert packed["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.getvalue()) == plain.getvalue()
    for answer in (plain, packed):
        answer.close()


def test_slow_files_of_some_do_not_stop_the_pages_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many PDFs as may be read at once are being read; the next is told to come back, and not kept waiting."""
    monkeypatch.setattr(opening, "_turns", threading.BoundedSemaphore(1))
    opening._turns.acquire()
    started = time.monotonic()
    answer = Client().post("/api/verify", b"%PDF-1.7\n", content_type="application/pdf")
    page = Client().post("/verify/", {"file": SimpleUploadedFile("a.pdf", b"%PDF-1.7\n")})
    assert time.monotonic() - started < 5
    assert (answer.status_code, answer.json()["code"], page.status_code) == (503, "verify_busy", 503)
    opening._turns.release()
    assert Client().post("/api/verify", b"%PDF-1.7\n", content_type="application/pdf").status_code == 422


class TestForgedForms:
    def exempt(self) -> Iterator[str]:
        """Names of the views that the general CSRF check passes over, the API's own apart."""
        waiting = [("", get_resolver())]
        while waiting:
            prefix, resolver = waiting.pop()
            for found in resolver.url_patterns:
                name = getattr(found, "namespace", None) or getattr(found, "name", None) or ""
                if isinstance(found, URLResolver):
                    waiting += [] if name == "api" else [(f"{name}:" if name else prefix, found)]
                elif getattr(found.callback, "csrf_exempt", False):
                    yield prefix + name

    def test_views_that_take_files_look_at_the_length_first(self) -> None:
        people = {
            "verify:home", "desk:upload", "desk:preview_standard", "desk:preview_rules", "standards:metadata", "hall:badges",
            "hall:slip_change", "desk:slip_change", "desk:activity_list", "desk:template",
        }  # fmt: skip
        assert set(self.exempt()) == people | {"node:add_checkpoint"}  # other nodes carry signatures, not cookies

    def test_and_every_one_of_them_checks_the_token_then(self) -> None:
        """But the two public pages that only look at what they are given."""
        browser = Client(enforce_csrf_checks=True)
        for name in set(self.exempt()) - {"verify:home", "standards:metadata", "node:add_checkpoint"}:
            answer = browser.post(self.address(name), {"issuer_code": "QH"})
            assert (name, answer.status_code, "csrf_failed" in answer.content.decode()) == (name, 403, True)

    def address(self, name: str) -> str:
        """One of this name, with as many arguments as it takes."""
        for count in range(3):
            with contextlib.suppress(NoReverseMatch):
                return reverse(name, args=["X"] * count)
        raise AssertionError(name)


class TestDatabaseAway:
    @pytest.fixture(autouse=True)
    def _away(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(*_: object, **__: object) -> None:
            raise OperationalError("connection refused")

        monkeypatch.setattr(connection, "cursor", refuse)

    def test_a_page_asks_to_come_back(self) -> None:
        answer = strict().get("/verify/notices/")
        assert (answer.status_code, answer["Retry-After"]) == (503, "30")
        assert "unavailable" in answer.content.decode()

    def test_so_does_the_api(self) -> None:
        answer = strict().get("/api/log")
        assert (answer.status_code, answer["Retry-After"]) == (503, "30")
        assert answer.json()["code"] == "unavailable"


def test_failures_elsewhere_do_not_open_a_closed_door(settings, tmp_path: Path) -> None:
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": str(tmp_path)}}
    request = RequestFactory().get("/signin/")
    for _ in range(FAILURES):
        door, _ = knock(request, "3035384389054956")
    for stranger in range(400):  # more than Django's file cache keeps by default
        knock(request, f"stranger{stranger}")
    assert cache.get(door) == FAILURES


def test_of_many_tries_at_once_no_more_than_five_look_at_the_password(settings, tmp_path: Path) -> None:
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": str(tmp_path)}}
    request = RequestFactory().get("/signin/")
    together = threading.Barrier(16)

    def guess(_: int) -> bool:
        together.wait()
        try:
            knock(request, "3035384389054956")
        except Denied as denied:
            assert denied.code == "signin_wait"
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(guess, range(16))) == FAILURES


class TestLog:
    def line(self, message: str, *args: object) -> str:
        record = logging.LogRecord("django.request", logging.WARNING, __file__, 1, message, args, None)
        return Discreet("%(levelname)s %(message)s").format(record)

    def test_personal_numbers_are_masked(self) -> None:
        assert self.line("Not Found: %s", "/api/accounts/33060219900101123X/plan") == (
            "WARNING Not Found: /api/accounts/[…]/plan"
        )
        assert self.line("Key (account_no)=(3035384389054956) exists") == "WARNING Key (account_no)=([…]) exists"

    def test_public_numbers_and_times_are_not(self) -> None:
        kept = "SQ5091715192583 ZS9852276039131471 1763640000"
        assert self.line(kept) == f"WARNING {kept}"

    def test_an_address_as_long_as_a_book_is_cut(self) -> None:
        assert len(self.line("Not Found: %s", "/" + "A" * 20_000)) < 200
