"""Rules of the look over all faces: no sentence in one language only, colours people can read, no outside server."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from django.template import Template, engines
from django.template.base import Lexer, TokenType

from xuefen.faces.shared.i18n import placeholders

FACES = Path(__file__).resolve().parents[2] / "src/xuefen/faces"
CSS = (FACES / "static/xuefen/tokens.css").read_text(encoding="utf-8")
HAN = re.compile(r"[\u3400-\u9fff]")

# ── lint: templates and texts of all faces ──────────────────────────────────────────────────────────────────────────

TEMPLATES = sorted([*FACES.glob("*/templates/**/*.html"), Path(__file__).parent / "look_parts.html"])
BOTH = re.compile(r'(\w+=)?"[^"|]*[^"|\s][^"|]*\|\|[^"|]*[^"|\s][^"|]*"')
OWN_NAME = re.compile(r'lang="zh-CN">中文<')


def chinese_outside(source: str) -> list[str]:
    """Chinese of a template that an English reader would meet: text outside {% t %}, literals with one language."""
    found = []
    for token in Lexer(OWN_NAME.sub("", re.sub(r"(?s){% comment.*?endcomment %}", "", source))).tokenize():
        text = token.contents
        if token.token_type == TokenType.COMMENT:
            continue
        if token.token_type == TokenType.BLOCK:
            if text.split()[0] in ("t", "seal"):  # t checks itself when the template is read
                continue
            bits = token.split_contents()
            text = " ".join(bit for bit in bits if not BOTH.fullmatch(bit) and not bit.startswith("stamp="))
        if HAN.search(text):
            found.append(text.strip()[:80])
    return found


@pytest.mark.parametrize("file", TEMPLATES, ids=lambda file: file.name)
def test_every_template_reads_and_speaks_both_languages(file: Path) -> None:
    source = file.read_text(encoding="utf-8")
    assert chinese_outside(source) == []
    Template(source, engine=engines["django"].engine)  # {% t %} refuses a missing half here


def test_the_lint_sees_what_it_should() -> None:
    assert chinese_outside('<p>中文</p>{% note "info" "标题" %}') == ["<p>中文</p>", 'note "info" "标题"']
    assert chinese_outside('{# 注 #}{% t "中" "a" %}{% note "" "标题 || Title" %}{% seal "学分" %}') == []
    assert chinese_outside('{% note "" "标题 || " %}') == ['note "" "标题 || "']


def test_every_icon_named_in_a_template_is_in_the_sprite() -> None:
    sprite = set(re.findall(r'id="i-([\w-]+)"', (FACES / "static/xuefen/icons.svg").read_text(encoding="utf-8")))
    named = re.compile(r'{% (?:icon|empty) "([\w-]+)"|icon_name="([\w-]+)"|{% nav_link "[^"]*" "[^"]*" "([\w-]+)"')
    used = {
        name
        for file in TEMPLATES
        for match in named.findall(file.read_text(encoding="utf-8"))
        for name in match
        if name
    }
    assert "bell" in used
    assert used - sprite == set()


def text_calls(tree: ast.AST) -> list[ast.Call]:
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("t", "t_lazy")
    ]


def half_translated(source: str) -> list[int]:
    """Lines of `t(…)` calls without two literal, non-empty texts that share their placeholders."""
    bad = []
    for call in text_calls(ast.parse(source)):
        texts = [a.value for a in call.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
        if len(texts) != 2 or not all(x.strip() for x in texts) or placeholders(texts[0]) != placeholders(texts[1]):
            bad.append(call.lineno)
    return bad


def test_every_t_call_in_python_has_two_texts() -> None:
    bad = {}
    for file in sorted(FACES.rglob("*.py")):
        if lines := half_translated(file.read_text(encoding="utf-8")):
            bad[file.name] = lines
    assert bad == {}
    assert half_translated('t("甲", "")\nt("{a}", "{b}")\nt(x, "A")\nt("甲", "A")') == [1, 2, 3]


# ── colours ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def declarations(block: str) -> dict[str, str]:
    return dict(re.findall(r"(--xf-[\w-]+|color-scheme)\s*:\s*([^;]+);", block))


def block_after(selector: str) -> str:
    start = CSS.index(selector) + len(selector)
    return CSS[start : CSS.index("}", start)]


LIGHT = declarations(block_after(":root{"))
DARK = declarations(block_after("[data-bs-theme=dark]{"))


def luminance(colour: str) -> float:
    """Relative luminance of #RRGGBB, WCAG 2.2."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_the_dark_list_stands_twice_and_equal() -> None:
    device = declarations(block_after("@media (prefers-color-scheme:dark){:root:not([data-bs-theme]){"))
    assert device == DARK
    colours = {k for k, v in LIGHT.items() if v.startswith("#")}
    assert colours <= set(DARK)


# contrast on card and on page, light then dark, as the palette promises them
PALETTE = {
    "ink": (15.7, 14.6, 13.7, 15.1),
    "ink-2": (8.8, 8.2, 9.8, 10.9),
    "ink-3": (6.2, 5.8, 7.3, 8.1),
    "blue": (10.9, 10.1, 9.3, 10.4),
    "seal": (6.0, 5.5, 7.0, 7.8),
    "ok": (7.1, 6.6, 9.1, 10.1),
    "warn": (7.3, 6.8, 9.2, 10.2),
    "bad": (8.0, 7.4, 8.3, 9.2),
    "info": (7.3, 6.8, 9.1, 10.1),
    "line-strong": (4.1, 3.8, 5.1, 5.6),
}


@pytest.mark.parametrize("token", PALETTE)
def test_contrast_is_what_the_palette_promises(token: str) -> None:
    name = f"--xf-{token}"
    measured = [
        contrast(theme[name], theme[f"--xf-{ground}"]) for theme in (LIGHT, DARK) for ground in ("surface", "paper")
    ]
    assert measured == pytest.approx(PALETTE[token], abs=0.06)
    assert min(measured) >= (3 if token == "line-strong" else 4.5)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_filled_and_tinted_grounds_are_readable_too(theme: dict[str, str]) -> None:
    for text, ground in (
        ("on-blue", "blue-fill"),
        ("on-seal", "seal-fill"),
        ("on-cover", "cover"),
        ("on-cover-2", "cover"),
    ):
        assert contrast(theme[f"--xf-{text}"], theme[f"--xf-{ground}"]) >= 4.5, (text, ground)
    for state in ("ok", "warn", "bad", "info", "blue", "seal"):
        for text in ("ink", state):
            assert contrast(theme[f"--xf-{text}"], theme[f"--xf-{state}-soft"]) >= 4.5, (text, state)
    for chart in ("c1", "c2", "c3", "c5"):
        assert contrast(theme[f"--xf-{chart}"], theme["--xf-surface"]) >= 3, chart


def test_static_files_need_nobody_else() -> None:
    for name in ("tokens.css", "xuefen.js", "icons.svg", "seal.svg", "manifest.webmanifest"):
        text = (FACES / "static/xuefen" / name).read_text(encoding="utf-8")
        assert not re.search(r"https?://(?!www\.w3\.org)|@import|url\(['\"]?(data|//)", text), name
    for image in re.findall(r"url\(([\w./-]+)\)", CSS):
        assert (FACES / "static/xuefen" / image).is_file(), image
    vendored = (FACES / "static/xuefen/vendor/tabler.min.css").read_text(encoding="utf-8")
    assert "sourceMappingURL" not in vendored
