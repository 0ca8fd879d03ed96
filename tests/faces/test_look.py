"""The look: both languages everywhere, colours people can read, and every part rendered once."""

from __future__ import annotations

import datetime as dt
import re
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django import forms
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.template import Context, Template, TemplateSyntaxError, engines
from django.template.loader import render_to_string
from django.test import Client, RequestFactory, override_settings
from django.urls import include, path
from django.utils import timezone, translation

from tests.bank import foundation_builders as foundation
from xuefen.bank.institutions.models import Institution
from xuefen.faces.shared import figures, words
from xuefen.faces.shared.i18n import say, t, t_lazy
from xuefen.faces.shared.templatetags import charts

FACES = Path(__file__).resolve().parents[2] / "src/xuefen/faces"
CSS = (FACES / "static/xuefen/tokens.css").read_text(encoding="utf-8")
HAN = re.compile(r"[\u3400-\u9fff]")


def blank(request: Any) -> HttpResponse:
    return HttpResponse("here")


def _routes(*names: str) -> list[Any]:
    return [path(f"{name}/", blank, name=name) for name in names]


urlpatterns = [
    path("", include("xuefen.faces.shared.urls")),
    path("hall/", include((_routes("home", "outcomes", "plan", "applications", "certificates"), "hall"))),
    path("desk/", include((_routes("queue", "batches", "notices"), "desk"))),
    path("verify/", include((_routes("home", "catalogue", "rules", "notices"), "verify"))),
    *_routes("signin", "signout"),
]
handler404 = "xuefen.faces.shared.views.page_not_found"

# only what the look itself needs: who is signed in is another test's business, and no table is touched
ours = override_settings(
    ROOT_URLCONF=__name__,
    DEBUG=False,
    CSRF_FAILURE_VIEW="xuefen.faces.shared.views.csrf_failure",
    MIDDLEWARE=[
        "django.middleware.locale.LocaleMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
    ],
)


class PartsForm(forms.Form):
    number = forms.CharField(label=t_lazy("证书编号", "Certificate number"), help_text=t_lazy("12 位", "12 digits"))
    kind = forms.ChoiceField(label=t_lazy("学习类别", "Kind"), choices=[("s", t_lazy("职业技能", "Skill"))])
    hours = forms.IntegerField(label=t_lazy("学时", "Hours"), required=False)
    answer = forms.ChoiceField(
        label=t_lazy("您的决定", "Your decision"),
        widget=forms.RadioSelect,
        choices=[("y", t_lazy("同意", "Agree")), ("n", t_lazy("不同意", "Refuse"))],
    )
    true = forms.BooleanField(label=t_lazy("我确认材料是真实的", "I confirm that the papers are genuine"))

    def clean_number(self) -> str:
        raise forms.ValidationError(t("少了 1 位。", "One digit is missing."))


def parts_context() -> dict[str, Any]:
    """What the page of all parts needs; amounts in hundredths."""
    return {
        "base": "shared/hall_base.html",
        "who": "林秋禾",
        "unread": 1,
        "messages_url": "#",
        "nav": "hall:home",
        "name": "林秋禾",
        "account": "3608271594207153",
        "expires": dt.date(2026, 12, 31),
        "deadline": dt.date(2026, 9, 22),
        "deadline_at": dt.datetime(2026, 9, 16, 17, 30, tzinfo=timezone.get_current_timezone()),
        "saved": ("已存入 3.0 学分", "3.0 credits deposited"),
        "form": PartsForm({"number": "2508 0417 336", "hours": "", "answer": "y", "kind": "s"}),
        "rows": [
            {"number": "SQ441709268035", "name": "林秋禾", "credits": 600},
            {"number": "SQ441711840012", "name": "<b>", "credits": 325},
        ],
        "page": Paginator(range(200), 10).page(2),
        "sources": [
            {"label": ("学历教育", "Degree"), "value": 2400, "colour": "c1"},
            {"label": ("职业技能", "Skill"), "value": 1450, "colour": "c2"},
            {"label": ("社会学习", "Social"), "value": 500, "of": 500, "colour": "warn", "note": ("已用满", "Full")},
        ],
        "years": [("2021", 400), ("2022", 650), ("2023", 800), ("2024", 1200), ("2025", 1000), ("2026", 600)],
    }


def render_parts(language: str, *, base: str = "shared/hall_base.html", **cookies: str) -> str:
    request = RequestFactory().get("/parts/?q=1&page=2")
    request.COOKIES.update(cookies)
    page = engines["django"].from_string((Path(__file__).parent / "look_parts.html").read_text(encoding="utf-8"))
    with ours, translation.override(language):
        return page.render(parts_context() | {"base": base}, request)


def show(source: str, language: str = "zh-hans", **values: Any) -> str:
    with translation.override(language):
        return engines["django"].from_string(source).render(values)


# ── language ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_t_speaks_the_readers_language_and_counts() -> None:
    both = ("还剩 {n} 个工作日", "{n} working {n:day|days} left")
    with translation.override("zh-hans"):
        assert t(*both, n=5) == "还剩 5 个工作日"
    with translation.override("en"):
        assert (t(*both, n=1), t(*both, n=5)) == ("1 working day left", "5 working days left")
    with translation.override(None):
        assert t("甲", "A") == "甲"
    label = t_lazy("甲", "A")
    with translation.override("en"):
        assert str(label) == "A"


def test_values_are_escaped_and_never_split_a_text() -> None:
    source = '{% t "<b>{x}</b>，好" "<b>{x}</b>, fine" x=x %}'
    assert show(source, x="<i>") == "<b>&lt;i&gt;</b>，好"
    assert show(source, "en", x="<i>") == "<b>&lt;i&gt;</b>, fine"
    nested = '{% t "标题 {x}" "Title {x}" x=x as title %}{% note "info" title %}{% endnote %}'
    assert "标题 a &#124;&#124; b" in show(nested, x="a || b")
    assert "<b>a || b</b>" in show('{% note "" x %}{% endnote %}', "en", x="a || b")


@pytest.mark.parametrize(
    "source",
    [
        '{% t "只有中文" %}',
        '{% t "中文" "" %}',
        '{% t "中文" name %}',
        '{% t "{n} 天" "days" n=3 %}',
        '{% t "{n} 天" "{n} days" %}',
        '{% t "天" "days" n=3 %}',
        '{% t "天" "days" 3 %}',
    ],
)
def test_t_refuses_half_a_translation_when_the_template_is_read(source: str) -> None:
    with pytest.raises(TemplateSyntaxError):
        Template(source, engine=engines["django"].engine)


def test_say_picks_from_pairs_and_from_objects_with_both_languages() -> None:
    with translation.override("en"):
        assert (say(("甲", "A")), say(SimpleNamespace(zh="甲", en="A")), say("甲")) == ("A", "A", "甲")
    with translation.override("zh-hans"):
        assert say(("甲", "A")) == "甲"


# ── how things are written ──────────────────────────────────────────────────────────────────────────────────────────


def test_amounts_dates_numbers_and_masks() -> None:
    assert [words.credits_text(v) for v in (300, 325, 305, -50, 0, None)] == [
        "3.0",
        "3.25",
        "3.05",
        "－0.5",
        "0.0",
        "–",
    ]
    assert (words.signed_text(300), words.signed_text(-300)) == ("＋3.0", "－3.0")
    day, hour = dt.date(2026, 9, 22), dt.datetime(2026, 9, 7, 2, 24, tzinfo=dt.UTC)
    with translation.override("zh-hans"), timezone.override("Asia/Shanghai"):
        assert words.date_text(day) == "9 月 22 日（周二）"
        assert words.date_text(day, "year") == "2026 年 9 月 22 日"
        assert words.date_text(hour, "time") == "9 月 7 日（周一）10:24"
        assert words.date_text(hour, "year_time") == "2026 年 9 月 7 日 10:24"
    with translation.override("en"), timezone.override("Asia/Shanghai"):
        assert (words.date_text(day), words.date_text(day, "short")) == ("Tue 22 Sep", "22 Sep")
        assert words.date_text(hour, "year_time") == "7 Sep 2026, 10:24"
    assert words.groups_text("SQ441709268035") == "SQ 4417 0926 8035"
    assert words.groups_text(3608271594207153) == "3608 2715 9420 7153"
    names = {"林秋禾": "林*禾", "陶川": "陶*", "欧阳明月": "欧**月", "李": "李*", "Lin": "L**", "": ""}
    assert {name: words.masked(name) for name in names} == names
    assert words.masked("330102199001012812", "id") == "3301**********2812"
    assert words.masked("13800001234", "phone") == "138****1234"
    assert words.count_text(12540) == "12,540"


def test_terms_are_told_in_the_language_of_the_page() -> None:
    codes = ("2026-spring", "2025-autumn", "gongde/2026-spring", "XS-2026-0001", "2026-spring-2", "", None)
    in_chinese = ["2026 年春季", "2025 年秋季", "gongde · 2026 年春季", "XS-2026-0001", "2026-spring-2", "", ""]
    assert [words.term_text(code) for code in codes] == in_chinese
    with translation.override("en"):
        assert [words.term_text(c) for c in codes[:3]] == ["Spring 2026", "Autumn 2025", "gongde · Spring 2026"]


def test_charts_start_at_zero_and_fill_their_canvas() -> None:
    assert figures.ring_arc(800, 1600) == pytest.approx(138.2, abs=0.1)
    assert (figures.ring_arc(0, 1600), figures.ring_arc(5, 0)) == (0, 0)
    assert figures.ring_arc(2000, 1600) == figures.RING_LENGTH
    assert [figures.bar_length(v, 2400) for v in (2400, 1450, 0)] == [1000, 604, 0]
    pieces = figures.balance_pieces([2550, 300, 600, 1200])
    assert sum(width for _, width in pieces) == pytest.approx(465 - 3 * 2, abs=2)
    assert all(x + width + 2 == after for (x, width), (after, _) in pairwise(pieces))
    assert figures.balance_pieces([0, 100, 0]) == [(0, 0), (0, 465), (0, 0)]
    assert figures.balance_pieces([0, 0]) == [(0, 0), (0, 0)]
    width, placed = figures.columns([400, 1200])
    assert (width, placed[1].height, placed[0].y + placed[0].height) == (330, 104, 140)
    assert figures.columns([]) == (330, [])
    _, under = figures.columns([400, 1200], least=2400)  # room for a line above all of them
    assert under[1].height == 52
    assert (figures.level(2400, [400, 1200]), figures.level(400, [400, 1200])) == (140 - 104, 140 - 35)


def test_columns_mark_what_is_meant_and_name_the_line_they_are_looked_at_against() -> None:
    shown = charts.columns([("60", 40), ("61", 3)], "成绩", unit="count", mark=0, line=100, line_label="预警线")
    assert [mark["colour"] for mark in shown["marks"]] == ["c1", "c5"]
    assert shown["line"] == {"y": 36, "words": "预警线 100"}
    assert shown["words"] == "成绩：60 40，61 3；预警线 100"
    assert charts.columns([("2026", 5)])["line"] is None


# ── every part, in both languages ───────────────────────────────────────────────────────────────────────────────────


def test_all_parts_in_chinese() -> None:
    page = render_parts("zh-hans")
    for piece in (
        '<html lang="zh-CN" data-text="normal">',
        '<a href="/hall/home/" aria-current="page">首页</a>',
        '<span class="xf-num xf-nowrap">3608 2715 9420 7153</span>',
        "＝ 可用 28.5",
        "一共认定过 46.5",
        "3.0 到 12 月 31 日过期。",
        "还剩 5 个工作日",
        "到 9 月 22 日（周二）",
        "今天 17:30 到期",
        "超期 1 个工作日",
        'aria-label="公共基础课：已抵 8.0，共需 16.0"',
        "2021 4.0，2022 6.5",
        '<span class="xf-grade g-c" title="质量等级">C 级</span>',
        "林*禾",
        '<a class="page-link" href="?q=1&amp;page=3">3</a>',
    ):
        assert piece in page, piece


def test_all_parts_in_english_have_no_chinese_left() -> None:
    page = render_parts("en")
    assert '<html lang="en"' in page
    assert "5 working days left" in page and "until Tue 22 Sep" in page
    body = re.sub(r'<text[^>]*>[^<]*</text>|lang="zh-CN">[^<]*<|<span class="mark"[^>]*>[^<]*<', "", page)
    left = {body[match.start() :][:30] for match in HAN.finditer(body) if match[0] not in "林秋禾"}
    assert left == set()  # but for a person's name, which stays as it is written


def test_forms_say_how_to_mend_and_link_to_it() -> None:
    page = render_parts("zh-hans")
    assert "还有 2 处要改" in page
    assert '<a href="#id_number">证书编号</a>、<a href="#id_true">我确认材料是真实的</a>' in page
    control = re.search(r'<input[^>]*name="number"[^>]*>', page)
    assert control
    for piece in ("is-invalid", 'aria-invalid="true"', 'aria-describedby="id_number_help id_number_error"', "2508"):
        assert piece in control[0]
    assert 'id="id_number_error"' in page and "少了 1 位。" in page
    assert "（可以不填）" in page
    assert re.search(r'<label for="id_answer_0"><input class="form-check-input" type="radio"[^>]* checked', page)


def test_large_text_is_remembered_by_the_server() -> None:
    page = render_parts("zh-hans", xf_text="large")
    assert 'data-text="large"' in page and 'aria-pressed="true"' in page


@pytest.mark.parametrize(
    ("base", "links"),
    [
        ("shared/hall_base.html", ["/hall/home/", "/hall/outcomes/", "/hall/plan/", "/hall/applications/"]),
        ("shared/hall_action_base.html", ["/hall/home/", "/hall/plan/"]),
        ("shared/desk_base.html", ["/desk/queue/", "/desk/batches/", "/desk/notices/", "/signout/"]),
        ("shared/public_base.html", ["/verify/home/", "/verify/catalogue/", "/verify/rules/", "/verify/notices/"]),
    ],
)
def test_bases_carry_their_navigation_and_no_inline_script(base: str, links: list[str]) -> None:
    page = render_parts("en", base=base)
    for link in links:
        assert f'"{link}"' in page
    assert not re.search(r"\son[a-z]+=|<script(?![^>]*\ssrc=)|javascript:|https?://(?!www\.w3\.org)", page)
    assert page.count("<h1") == 2  # the page's title and the passbook's name: the header adds none
    assert 'href="#main"' in page and 'id="main"' in page


def test_signin_skeleton_and_error_pages() -> None:
    request = RequestFactory().get("/signin/")
    with ours, translation.override("en"):
        page = render_to_string("shared/signin.html", {"form": PartsForm(), "next": "/hall/"}, request)
        assert 'name="next" value="/hall/"' in page and "Sign in" in page and 'name="number"' in page
        answer = Client(headers={"accept-language": "zh-hans"}).get("/nowhere/")
    assert answer.status_code == 404
    assert "没有找到这一页" in answer.text and "not_found" in answer.text


# ── the switches ────────────────────────────────────────────────────────────────────────────────────────────────────


@ours
def test_switches_remember_and_lead_back_only_to_this_site() -> None:
    client = Client()
    answer = client.post("/lang/en/", {"next": "/hall/home/?a=1"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/hall/home/?a=1")
    assert client.cookies["django_language"].value == "en"
    assert client.cookies["django_language"]["samesite"] == "Lax"
    for outside in ("https://evil.example/", "//evil.example", "javascript:alert(1)", ""):
        assert client.post("/text-size/", {"next": outside, "size": "large"}).headers["Location"] == "/"
    assert client.cookies["xf_text"].value == "large"
    client.post("/text-size/", {"size": "huge"})
    assert client.cookies["xf_text"].value == "normal"
    assert client.get("/lang/en/").status_code == 405
    assert "django_language" not in Client().post("/lang/xx/").cookies
    refused = Client(enforce_csrf_checks=True).post("/lang/en/")
    assert (refused.status_code, "csrf_failed" in refused.text) == (403, True)


@pytest.mark.django_db
def test_an_institution_is_called_as_its_reader_calls_it(django_assert_num_queries: Any) -> None:
    foundation.tree()
    for number, code in enumerate(("a", "b", "c"), start=1):
        foundation.institution(code, number=number)
    Institution.objects.filter(code__in="bc").update(
        name_zh="同名学院"
    )  # translated in two ways: nobody knows which is meant
    page = Template("{% for name in names %}{% institution name %};{% endfor %}")
    names = ["示例院校1", "同名学院", "<b>", "", "示例院校1"]
    with translation.override("en"), django_assert_num_queries(1):
        assert page.render(Context({"names": names})) == "Example College 1;同名学院;&lt;b&gt;;;Example College 1;"
    with translation.override("zh-hans"), django_assert_num_queries(0):
        assert page.render(Context({"names": names})) == "示例院校1;同名学院;&lt;b&gt;;;示例院校1;"
