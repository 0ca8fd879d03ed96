"""The shape of the tree: codes, names, who stands under whom."""

from __future__ import annotations

import re

from xuefen.bank.places.types import MAY_STAND_UNDER, PLACE_CODE, PLACE_NAME, PLACE_PARENT, Division, PlaceKind
from xuefen.bank.shell.problems import Denied
from xuefen.bedrock.names import BadText, clean, reject_controls

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,15}")


def checked(division: Division) -> Division:
    """The division with its name in stored form. Raises ``Denied``: place_code, place_name."""
    if not _CODE.fullmatch(division.code):
        raise Denied(PLACE_CODE, place="code")
    try:
        reject_controls(division.name)
    except BadText:
        raise Denied(PLACE_NAME, place="name") from None
    name = clean(division.name)
    if not 1 <= len(name) <= 80:
        raise Denied(PLACE_NAME, place="name")
    return Division(code=division.code, name=name, kind=PlaceKind(division.kind), parent_code=division.parent_code)


def check_parent(division: Division, parent_kind: PlaceKind | None) -> None:
    """Raise ``Denied(place_parent)`` when this kind of place may not stand there."""
    if parent_kind not in MAY_STAND_UNDER[division.kind]:
        raise Denied(PLACE_PARENT, place="parent_code", code=division.code)


def path_of(code: str, parent_path: str) -> str:
    """Codes from the root, each followed by ``/``: then no code is ever a prefix of its neighbour's path."""
    return f"{parent_path}{code}/"


def codes_of(path: str) -> list[str]:
    """The codes in a path, root first."""
    return path.rstrip("/").split("/")
