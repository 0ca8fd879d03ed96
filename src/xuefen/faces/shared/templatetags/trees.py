"""Requirement trees in templates: ``tree_picture``, ``tree_list`` and ``tree_both``, each with a tree and, if wanted, states."""

from __future__ import annotations

from collections.abc import Mapping

from django.template import Library
from django.utils.html import format_html
from django.utils.safestring import SafeString

from xuefen.faces.shared import trees
from xuefen.faces.shared.i18n import t


def tree_picture(tree: trees.TreeNode, states: Mapping[str, str] | None = None) -> SafeString:
    """The tree as inline SVG; ``states``: node id → done, part or open."""
    return trees.picture(tree, states=states)


def tree_list(tree: trees.TreeNode, states: Mapping[str, str] | None = None) -> SafeString:
    """The tree as nested lists that open and close."""
    return trees.listing(tree, states=states)


def tree_both(tree: trees.TreeNode, states: Mapping[str, str] | None = None) -> SafeString:
    """The picture on a desk, the lists on a phone and for screen readers; a link brings the lists to the desk too."""
    return format_html(
        '<div class="xf-treewide" aria-hidden="true">{}</div><div class="xf-treetext" id="tree-text">{}</div>'
        '<p class="xf-treelink"><a class="xf-link" href="#tree-text">{}</a></p>',
        trees.picture(tree, states=states),
        trees.listing(tree, states=states),
        t("看文字版", "Show as text"),
    )


def register_in(register: Library) -> None:
    """Put the trees into the one template library of the look."""
    for tag in (tree_picture, tree_list, tree_both):
        register.simple_tag(tag)
