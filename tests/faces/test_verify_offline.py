"""The page that verifies in the browser says what Python says, field by field, with the network cut after it loaded."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pypdf
import pytest
import segno

from tests.bank import test_certificates_pdf as pdfs
from tests.bank import test_credentials_binding as binding
from tests.bank import test_credentials_disclosing as disclosing
from tests.bank.certificate_builders import ISSUER, NOW, NUMBER, Bank, conversion, statement
from tests.bank.credential_builders import OURS, PLACE, THEIRS, ed25519_token
from tests.bank.credential_builders import trust as sd_trust
from tests.bank.test_credentials_disclosing import states
from xuefen.bank.certificates import rules
from xuefen.bank.certificates.pdf import files as published
from xuefen.bank.certificates.pdf import opening
from xuefen.bank.certificates.pdf.rendering import render
from xuefen.bank.certificates.rules import qr
from xuefen.bank.certificates.types import (
    CertificateState,
    Choice,
    Holder,
    Report,
    ShownField,
    StatusEntry,
    StatusList,
    StatusReason,
    Trust,
)
from xuefen.bedrock import canon, ids, notes, vc
from xuefen.bedrock.cosignatures import CosignatureVerifier, Cosigner, vkey_of
from xuefen.bedrock.gm import generate
from xuefen.bedrock.policy import Policy
from xuefen.bedrock.vc import disclosure
from xuefen.faces.shared import verifier

CHROMIUM = Path("/usr/bin/chromium")
sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="no /usr/bin/chromium on this machine"),
]
WAIT = 120_000  # milliseconds; a busy machine takes its time


@dataclass
class World:
    """A bank, its witnesses, its files as published, and the page that carries them."""

    bank: Bank
    witnesses: list[Cosigner]
    trust: Trust
    status: StatusList
    files: tuple[bytes, bytes]

    def document(self, body: Any, *, cosigned: int = 2, **more: Any) -> dict[str, Any]:
        document = self.bank.document(body, **more)
        note = document["log"]["checkpoint"].encode()
        for witness in self.witnesses[:cosigned]:
            note = notes.cosign(note, witness)
        document["log"]["checkpoint"] = note.decode()
        return document


def make_world(algorithm: str, *, revoked: dict[str, CertificateState]) -> World:
    bank = Bank(certificates=generate(algorithm), log=generate(algorithm), neighbours=300)
    witnesses = [Cosigner(f"w{n}.example/w", generate(("sm2sm3", "ed25519")[n % 2]), 1_790_000_000) for n in range(3)]
    vkeys = tuple(vkey_of(CosignatureVerifier(w.name, w.key.public)) for w in witnesses)
    trust = bank.trust(witnesses=Policy(2, vkeys))
    entries = [
        (rules.number_digest(number), StatusEntry(state, StatusReason.UNDER_INVESTIGATION, NOW - timedelta(days=1)))
        for number, state in revoked.items()
    ]
    status = canon.canonical(
        rules.status_json(
            node=ISSUER.node, entries=entries, generated_at=NOW - timedelta(minutes=1), signer=bank.certificates
        )
    )
    files = (canon.canonical(rules.trust_json(trust)), status)
    return World(bank, witnesses, rules.read_trust(files[0]), rules.read_status(status, trust=trust), files)


REVOKED, SUSPENDED = (ids.new_number(ids.NumberClass.CERTIFICATE) for _ in range(2))


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as play:
        chromium = play.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--use-fake-ui-for-media-stream"]
        )
        yield chromium
        chromium.close()


def opened(browser: Any, tmp_path: Path, world: World, *, fragment: str = "") -> Any:
    """The single file in a tab whose every request but the file itself is refused."""
    file = tmp_path / "verify.html"
    file.write_text(verifier.single_file(trust=world.files[0], status=world.files[1]), encoding="utf-8")
    page = browser.new_page()
    page.troubles = []
    page.on("pageerror", lambda error: page.troubles.append(str(error)))
    page.on("console", lambda message: page.troubles.append(message.text) if message.type == "error" else None)
    page.add_init_script(f"globalThis.verifyAt = {int(NOW.timestamp() * 1000)};")
    page.goto(f"{file.as_uri()}{fragment}")
    page.wait_for_selector("html[data-ready]", timeout=WAIT)
    page.route("**/*", lambda route: route.abort())
    page.context.set_offline(True)
    return page


def told(page: Any) -> int:
    """How often the page has answered."""
    return int(page.get_attribute("#result", "data-told") or 0)


def ask(page: Any, content: bytes, name: str = "a.json", kind: str = "application/json") -> dict[str, Any]:
    """What the page says about a file that is chosen."""
    before = told(page)
    page.set_input_files("#file", files=[{"name": name, "mimeType": kind, "buffer": content}])
    page.wait_for_selector(f'#result[data-told="{before + 1}"]', state="attached", timeout=WAIT)
    return page.evaluate("globalThis.lastReport")


def agree(answer: dict[str, Any], report: Report) -> None:
    """Field by field: codes, states, both sentences, the headline, the number, what anybody may see."""
    expected = report.to_json()
    assert [v["code"] for v in answer["verdicts"]] == [v["code"] for v in expected["verdicts"]]
    for field in ("ok", "number", "headline", "verdicts"):
        assert answer[field] == expected[field], field
    facts = report.facts
    assert (answer["facts"] is None) == (facts is None)
    if facts is not None:
        assert answer["facts"]["holder"] == facts.holder
        assert answer["facts"]["content"] == {"zh": facts.content_zh, "en": facts.content_en}
        assert answer["facts"]["title"] == {"zh": facts.title_zh, "en": facts.title_en}
        assert answer["facts"]["issuer"] == {"zh": facts.issuer_zh, "en": facts.issuer_en}
        assert answer["facts"]["issued_at"] == rules.write_time(facts.issued_at)
        assert answer["facts"]["expires_on"] == (facts.expires_on.isoformat() if facts.expires_on else None)


def spoilt(document: dict[str, Any], *path: Any, value: Any) -> dict[str, Any]:
    document = json.loads(json.dumps(document))
    inner = document
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value(inner[path[-1]]) if callable(value) else value
    return document


def cases(world: World) -> dict[str, bytes]:
    good = world.document(statement())
    whole = canon.canonical(good)
    documents = {
        "good": good,
        "conversion": world.document(conversion(holder=Holder("迪丽热巴·迪力木拉提", "3608551594207153"))),
        "in English": world.document(statement(holder=Holder("John Smith", "3608551594207153"))),
        "last day": world.document(statement(expires_on=date(2026, 11, 20))),
        "expired": world.document(statement(expires_on=date(2026, 11, 19))),
        "of the future": world.document(statement(issued_at=NOW + timedelta(hours=1))),
        "younger than the list": world.document(statement(issued_at=NOW)),
        "revoked": world.document(statement(number=REVOKED)),
        "suspended": world.document(statement(number=SUSPENDED)),
        "changed": spoilt(good, "body", "holder", "name", value="林大禾"),
        "changed and revoked": spoilt(world.document(statement(number=REVOKED)), "body", "salt", value="0" * 32),
        "unknown key": world.document(statement(), signer=generate("sm2sm3")),
        "unknown key of another kind": world.document(statement(), signer=generate("ed25519")),
        "signed by the log": world.document(statement(), signer=world.bank.log),
        "borrowed key id": spoilt(good, "signature", "key_id", value="0" * 16),
        "no key": spoilt(good, "signature", "public_key", value="AAAA"),
        "no base64": spoilt(good, "signature", "value", value="AAB="),
        "cut proof": spoilt(good, "log", "path", value=lambda path: path[:-1]),
        "turned proof": spoilt(good, "log", "path", value=lambda path: path[::-1]),
        "longer proof": spoilt(good, "log", "path", value=lambda path: [*path, path[0]]),
        "other index": spoilt(good, "log", "index", value=10**9),
        "other size": spoilt(good, "log", "size", value=lambda size: size + 1),
        "other log": spoilt(good, "log", "origin", value="other.example/log"),
        "other leaf": spoilt(good, "log", "leaf_hash", value="ab" * 32),
        "no note": spoilt(good, "log", "checkpoint", value="nonsense"),
        "one witness": world.document(statement(), cosigned=1),
        "no witness": world.document(statement(), cosigned=0),
        "wrong witness": world.document(statement(), cosigned=2),
        "a word too many": spoilt(good, "body", "v", value=2),
        "sum": spoilt(good, "body", "credits", value=1),
        "kind": spoilt(good, "body", "kind", value="toString"),
        "fraction": spoilt(good, "body", "credits", value=10.5),
        "no body": spoilt(good, "body", value=None),
        "something else": {"a": 1},
    }
    line = notes.signature_by("elsewhere\n1\n" + "A" * 43 + "=\n", world.witnesses[2]).line
    documents["wrong witness"]["log"]["checkpoint"] += line
    found = {name: canon.canonical(document) for name, document in documents.items()}
    return found | {
        "with a last newline": whole + b"\n",
        "written again": json.dumps(good, ensure_ascii=False, indent=1).encode(),
        "cut off": whole[:-40],
        "a key twice": whole[:-1] + b',"format":"xuefen-certificate/1"}',
        "not UTF-8": whole.replace("林".encode(), b"\xe6\x9e"),
        "an empty list": b"[]",
    }


@pytest.mark.parametrize("algorithm", ["sm2sm3", "ed25519"])
def test_every_document_gets_the_verdicts_python_gives(browser: Any, tmp_path: Path, algorithm: str) -> None:
    taken = {REVOKED: CertificateState.REVOKED, SUSPENDED: CertificateState.SUSPENDED}
    world = make_world(algorithm, revoked=taken)
    page = opened(browser, tmp_path, world)
    wanted = cases(world) if algorithm == "sm2sm3" else {"good": canon.canonical(world.document(statement()))}
    seen = set()
    for name, content in wanted.items():
        expected = opening.verify_file(content, trust=world.trust, status=world.status, now=NOW)
        answer = ask(page, content)
        assert answer is not None, name
        try:
            agree(answer, expected)
        except AssertionError as error:
            raise AssertionError(f"{name}: {error}") from error
        seen |= {verdict.code for verdict in expected.verdicts}
    assert page.troubles == []
    if algorithm == "sm2sm3":
        assert {"witnesses_good", "witnesses_too_few", "witnesses_wrong", "suspension_suspended", "revocation_revoked",
                "expiry_expired", "issuer_foreign_key", "log_not_found", "format_reflowed", "format_damaged"} <= seen  # fmt: skip
    page.close()


def blank_pdf() -> bytes:
    writer, out = pypdf.PdfWriter(), io.BytesIO()
    writer.add_blank_page(200, 200)
    writer.write(out)
    return out.getvalue()


@pytest.mark.skipif(not pdfs._fonts_found(), reason="Noto CJK fonts are missing: run scripts/fonts.py")
def test_a_pdf_is_opened_where_it_is(browser: Any, tmp_path: Path) -> None:
    world = make_world("sm2sm3", revoked={REVOKED: CertificateState.REVOKED})
    page = opened(browser, tmp_path, world)

    def printed(document: dict[str, Any], signer: Any = None) -> bytes:
        pdf = render(document, verify_url=pdfs.URL, code=pdfs.CODE, fonts=pdfs.NOWHERE)
        with ThreadPoolExecutor(1) as aside:  # the signer has an event loop of its own, and so has the browser
            return aside.submit(pdfs.seal, pdf, signer or world.bank.certificates).result()

    good = printed(world.document(statement()))
    text = good.index(b"%%EOF")
    files = {
        "good": good,
        "revoked": printed(world.document(statement(number=REVOKED))),
        "expired": printed(world.document(conversion(expires_on=date(2026, 11, 19)))),
        "unknown key": printed(world.document(statement(), signer=generate("sm2sm3"))),
        "sealed by a stranger": printed(world.document(statement()), generate("sm2sm3")),
        "a byte of the page changed": good[: text - 1] + b" " + good[text:],
        "a line more": good + b"% more\n",
        "no seal": render(world.document(statement()), verify_url=pdfs.URL, code=pdfs.CODE, fonts=pdfs.NOWHERE),
        "no certificate": blank_pdf(),
    }
    for name, content in files.items():
        report = opening.verify_file(content, trust=world.trust, status=world.status, now=NOW)
        answer = ask(page, content, "a.pdf", "application/pdf")
        assert answer is not None, name
        try:
            agree(answer, report)
        except AssertionError as error:
            raise AssertionError(f"{name}: {error}") from error
    assert page.troubles == []
    page.close()


def test_what_a_code_says_is_read_from_the_address_and_from_a_picture(browser: Any, tmp_path: Path) -> None:
    vectors = json.loads((Path(__file__).parents[1] / "bank/qr_vectors.json").read_text(encoding="utf-8"))
    world = make_world("sm2sm3", revoked={})
    trust_file = canon.canonical(vectors["trust"])
    trust = rules.read_trust(trust_file)
    first = vectors["cases"][0]
    page = opened(
        browser,
        tmp_path,
        replace(world, files=(trust_file, world.files[1])),
        fragment="#" + first["text"].partition("#")[2],
    )
    page.wait_for_selector("#result article", timeout=WAIT)
    assert page.evaluate("globalThis.lastReport.facts.holder") == first["holder"]
    page.click("summary")
    for case in vectors["cases"]:
        before = told(page)
        page.fill("#pasted", case["text"])
        page.click("#check")
        page.wait_for_selector(f'#result[data-told="{before + 1}"]', state="attached", timeout=WAIT)
        report = qr.verify(qr.read_text(case["text"]), trust=trust, status=None, now=NOW, status_problem="list_invalid")
        agree(page.evaluate("globalThis.lastReport"), report)
    segno.make(vectors["cases"][0]["text"], micro=False, error="l").save(str(tmp_path / "code.png"), scale=5, border=4)
    answer = ask(page, (tmp_path / "code.png").read_bytes(), "photo.png", "image/png")
    assert (answer["verdicts"][0]["code"], answer["facts"]["holder"]) == ("format_code", vectors["cases"][0]["holder"])
    assert ask(page, b"\x89PNG\r\n", "empty.png", "image/png") is None
    assert "图片里没有找到二维码" in page.inner_text("#result")
    assert page.troubles == []
    page.close()


def test_what_is_no_certificate_gets_a_plain_sentence(browser: Any, tmp_path: Path) -> None:
    world = make_world("sm2sm3", revoked={})
    page = opened(browser, tmp_path, world)
    for content, sentence in (
        (b"PK\x03\x04 something", "文件读不出来"),
        (b"", "文件读不出来"),
        (b"[" * 100_000, "文件读不出来"),
        (b'{"@context": []}', "浏览器里核验不了"),
        (b"eyJhbGciOiJFZERTQSJ9.e30.AA", "浏览器里核验不了"),
        (b"eyJhbGciOiJFZERTQSJ9.W10.AA~", "文件读不出来"),
        (world.files[1].replace(b"yunling", b"zunling"), "状态表不是该机构签名的"),
        (world.files[0], "已换成您给的信任文件"),
    ):
        assert ask(page, content) is None
        assert sentence in page.inner_text("#result")
    assert page.troubles == []
    answer = ask(page, canon.canonical(world.document(statement())))
    assert {v["code"] for v in answer["verdicts"]} >= {"revocation_not_checked", "suspension_not_checked"}
    ask(page, world.files[1])
    assert "已换成您给的状态表" in page.inner_text("#result")
    assert ask(page, canon.canonical(world.document(statement())))["ok"]
    page.click("#switch")
    assert "This certificate is genuine and valid now" in page.inner_text("#result")
    page.close()


def tokens() -> dict[str, str]:
    """SD-JWTs of ours and of others, whole and touched."""
    body, name = statement(4), Choice(frozenset({ShownField.NAME, ShownField.CREDITS}))
    lines = Choice(frozenset({ShownField.OUTCOMES, ShownField.GRADES}), (1, 2))
    good = disclosing.made(body, name)
    token, told, _ = disclosure.split(good)
    bound, (_, jwk, sign) = binding.bound(binding.WALLET), binding.p256()
    phone = binding.bound(json.dumps(jwk))
    late = {"until": NOW - timedelta(minutes=1)}
    strange = {"iss": "https://a.example/x", "iat": 1781000000, "vct": "x", "name": "李四", "z": [1, 2.5, {"a": "b"}]}
    mine = {"iss": vc.did_key(THEIRS.public.raw), "iat": 1781000000, "vct": "x", "status": 7}
    return {
        "good": good,
        "every line": disclosing.made(body),
        "two lines": disclosing.made(body, lines),
        "conversion": disclosing.made(conversion()),
        "ended": disclosing.made(body, name, **late),
        "one left out": disclosure.combined(token, told[:1]),
        "twice": disclosure.combined(token, [*told, told[0]]),
        "added": disclosure.combined(token, [*told, "WyJzYWx0IiwibmFtZSIsIumSn-mHjiJd"]),
        "no disclosure": disclosure.combined(token, ["x"]),
        "changed": disclosure.combined(token[:-3] + ("AAA" if not token.endswith("AAA") else "BBB"), told),
        "other kind": f"{ed25519_token(OURS, strange, typ='JWT')}~",
        "alg none": f"{ed25519_token(OURS, strange, typ='dc+sd-jwt', alg='none')}~",
        "alg HS256": f"{ed25519_token(OURS, strange, typ='dc+sd-jwt', alg='HS256')}~",
        "not its issuer": f"{ed25519_token(OURS, strange, typ='dc+sd-jwt')}~",
        "a stranger": f"{ed25519_token(THEIRS, mine, typ='dc+sd-jwt')}~",
        "a stranger of the future": f"{ed25519_token(THEIRS, {**mine, 'iat': 1999999999}, typ='dc+sd-jwt')}~",
        "no issuer": f"{ed25519_token(OURS, {'vct': 'x'}, typ='dc+sd-jwt')}~",
        "no place": f"{ed25519_token(OURS, {**mine, 'status': {'status_list': {'idx': 'x'}}}, typ='dc+sd-jwt')}~",
        "presented": binding.presented(bound, THEIRS.sign),
        "presented by a phone": binding.presented(phone, sign, alg="ES256"),
        "a copy": bound,
        "by another": binding.presented(bound, OURS.sign),
        "of other disclosures": binding.presented(bound, THEIRS.sign, over="x~"),
        "a binding without a key": binding.presented(good, THEIRS.sign),
        "a binding of no kind": binding.presented(bound, THEIRS.sign, typ="JWT"),
        "a binding of the future": binding.presented(bound, THEIRS.sign, iat=1999999999),
    }


def test_chosen_fields_are_read_as_everywhere(browser: Any, tmp_path: Path) -> None:
    believed = sd_trust()
    brought = (canon.canonical(rules.trust_json(believed)), b"")
    page = opened(browser, tmp_path, replace(make_world("sm2sm3", revoked={}), files=brought))
    folder = tmp_path / published.LISTS_FOLDER
    folder.mkdir()

    def same(names: dict[str, str]) -> list[str]:
        beside = published.read_beside(tmp_path, trust=believed, now=NOW)
        found = []
        for name, text in names.items():
            report = opening.verify_file(text.encode(), trust=believed, status=None, now=NOW, beside=beside)
            answer = ask(page, text.encode(), "a.sd-jwt", "")
            assert answer is not None, name
            try:
                if "unsupported" not in report["signature"].code:
                    agree(answer, report)
                assert [v["code"] for v in answer["verdicts"]] == [v.code for v in report.verdicts]
                shown = [(row.zh, row.en, row.value) for row in report.facts.shown] if report.facts else []
                assert [
                    (row["zh"], row["en"], row["value"]) for row in (answer["facts"] or {}).get("shown", [])
                ] == shown
            except AssertionError as error:
                raise AssertionError(f"{name}: {error}") from error
            found += [v.code for v in report.verdicts]
        return found

    everything = tokens()
    said = same(everything)
    assert {"holder_bound", "holder_not_shown", "holder_wrong", "issuer_stranger", "issuer_not_signer", "expiry_expired",
            "signature_wrong", "signature_unsupported", "format_wrong", "revocation_list_elsewhere"} <= set(said)  # fmt: skip
    some = {name: everything[name] for name in ("good", "conversion", "presented", "a stranger")}
    for content, code in (
        (states(), "revocation_good_as_of"),
        (states(revoked=(PLACE.index,)), "revocation_bit_revoked"),
        (states(suspended=(PLACE.index,)), "suspension_bit_suspended"),
    ):
        (folder / "status-0.jwt").write_bytes(content)
        assert ask(page, content, "status-0.jwt", "") is None and "已换成您给的状态表" in page.inner_text("#result")
        assert code in same(some)
    spoilt_list = states()[:-4] + (b"AAAA" if not states().endswith(b"AAAA") else b"BBBB")
    assert ask(page, spoilt_list, "status-0.jwt", "") is None and "不是该机构签名的" in page.inner_text("#result")
    page.click("#switch")
    ask(page, everything["good"].encode(), "a.sd-jwt", "")
    assert "Credits in all" in page.inner_text("#result")
    assert page.troubles == []
    page.close()


def test_the_one_file_can_reach_nobody(browser: Any, tmp_path: Path) -> None:
    page = opened(browser, tmp_path, make_world("sm2sm3", revoked={}))
    page.unroute("**/*")
    page.context.set_offline(False)
    assert page.evaluate("fetch('https://xuefen.example/').then(() => 'sent', () => 'refused')") == "refused"
    assert any("Content Security Policy" in trouble for trouble in page.troubles)
    page.close()


def test_a_page_without_a_trust_file_says_where_to_get_one(browser: Any, tmp_path: Path) -> None:
    file = tmp_path / "bare.html"
    file.write_text(verifier.single_file(trust=None, status=None), encoding="utf-8")
    page = browser.new_page()
    page.goto(file.as_uri())
    page.wait_for_selector("html[data-ready]", timeout=WAIT)
    assert "还没有信任文件" in page.inner_text("#believe")
    assert ask(page, b'{"a":1}') is None
    page.close()


def test_the_words_of_the_page_are_in_both_languages() -> None:
    assert all(zh and en and zh != en for zh, en in verifier.PAGE.values())
    used = set(re.findall(r'data-w="(\w+)"', (verifier.STATIC / "verify/offline.html").read_text("utf-8")))
    assert used <= verifier.PAGE.keys()
    assert NUMBER not in verifier.single_file(trust=None, status=None)
