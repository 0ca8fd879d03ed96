"""The tags for two languages: what is said twice, Chinese, then English, and an institution's name in the reader's."""

from __future__ import annotations

from typing import Any

from django.template import Context, Library, Node, TemplateSyntaxError
from django.template.base import FilterExpression, Parser, Token, token_kwargs

from xuefen.bank.institutions.queries import english_names
from xuefen.faces.shared.i18n import language, placeholders, say, t_html


class TNode(Node):
    def __init__(self, zh: str, en: str, values: dict[str, FilterExpression], target: str | None) -> None:
        self.zh, self.en, self.values, self.target = zh, en, values, target

    def render(self, context: Context) -> str:
        text = t_html(self.zh, self.en, **{name: say(expr.resolve(context)) for name, expr in self.values.items()})
        if self.target is None:
            return text
        context[self.target] = text
        return ""


def _literal(expression: FilterExpression) -> str:
    if not isinstance(expression.var, str) or expression.filters or not expression.var.strip():
        raise TemplateSyntaxError("{% t %} takes two literal, non-empty texts: Chinese, then English")
    return str(expression.var)


def do_t(parser: Parser, token: Token) -> TNode:
    """{% t "还剩 {n} 个工作日" "{n} {n:working day|working days} left" n=days %}, optionally `as name`.

    The texts may hold markup, the values are escaped. Raises TemplateSyntaxError for an empty or computed text and for
    placeholders that differ between the languages or from the values given.
    """
    bits = token.split_contents()[1:]
    target = None
    if len(bits) >= 2 and bits[-2] == "as":
        target, bits = bits[-1], bits[:-2]
    if len(bits) < 2:
        raise TemplateSyntaxError("{% t %} takes two texts: Chinese, then English")
    zh, en = (_literal(parser.compile_filter(bit)) for bit in bits[:2])
    rest = bits[2:]
    values = token_kwargs(rest, parser)
    if rest:
        raise TemplateSyntaxError(f"{{% t %}} does not understand {rest[0]!r}")
    if not placeholders(zh) == placeholders(en) == set(values):
        raise TemplateSyntaxError(
            f"{{% t {zh!r} %}}: placeholders {placeholders(zh)} / {placeholders(en)}, values {set(values)}"
        )
    return TNode(zh, en, values, target)


_NAMES = "_english_names"


def institution(context: Context, name: str) -> str:
    """An institution as the reader calls it, from the Chinese name that facts and plans carry; one query an English page."""
    if language() != "en" or not name:
        return name
    page: dict[Any, Any] = context.render_context.dicts[0]  # what all parts of one page share
    if _NAMES not in page:
        page[_NAMES] = english_names()
    return str(page[_NAMES].get(name, name))


def register_in(register: Library) -> None:
    """Put the tags into the one template library of the look."""
    register.tag("t", do_t)
    register.simple_tag(institution, takes_context=True)
