"""Pictures somebody brings for a certificate, told by their content: PNG, JPEG, or SVG that only draws."""

from __future__ import annotations

import base64
import re
import struct

from lxml import etree

from xuefen.bank.certificates.types import PICTURE_BYTES, PICTURE_PIXELS, TEMPLATE_PICTURE
from xuefen.bank.shell.problems import Denied

_SVG = "{http://www.w3.org/2000/svg}"
_HREF = "{http://www.w3.org/1999/xlink}href"
_SHAPES = ("svg", "g", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "use", "symbol")
_PAINTS = ("defs", "linearGradient", "radialGradient", "stop", "clipPath", "mask", "title", "desc", "metadata")
_DRAWING = frozenset({*_SHAPES, *_PAINTS})
_ELSEWHERE = re.compile(r"url\(\s*['\"]?(?!#)|@import|expression|javascript:", re.IGNORECASE)
_FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})  # JPEG markers that tell the size


def picture(data: bytes, *, place: str) -> str:
    """The picture as SVG that Typst can place. Raises ``Denied(template_picture)`` with what is wrong with it."""
    if len(data) > PICTURE_BYTES:
        raise _wrong(place, f"超过 {PICTURE_BYTES // 1024} KB", f"larger than {PICTURE_BYTES // 1024} KB")
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return _wrapped(data, "png", _png_size(data, place), place)
    if data.startswith(b"\xff\xd8\xff"):
        return _wrapped(data, "jpeg", _jpeg_size(data, place), place)
    if b"<svg" in data[:2000]:
        return _drawing(data, place)
    raise _wrong(place, "不是 PNG、JPEG 或 SVG", "neither PNG nor JPEG nor SVG")


def _wrong(place: str, zh: str, en: str) -> Denied:
    return Denied(TEMPLATE_PICTURE, place=place, zh=zh, en=en)


def _png_size(data: bytes, place: str) -> tuple[int, int]:
    if len(data) < 33 or data[12:16] != b"IHDR" or not data.rstrip(b"\n").endswith(b"IEND\xaeB`\x82"):
        raise _wrong(place, "PNG 文件不完整", "a PNG that is cut off")
    width, height = struct.unpack(">II", data[16:24])
    return width, height


def _jpeg_size(data: bytes, place: str) -> tuple[int, int]:
    at = 2
    while at + 9 < len(data) and data[at] == 0xFF:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if marker in _FRAMES:
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return width, height
        at += 2 + length
    raise _wrong(place, "JPEG 文件不完整", "a JPEG that is cut off")


def _wrapped(data: bytes, kind: str, size: tuple[int, int], place: str) -> str:
    width, height = size
    if not (0 < width <= PICTURE_PIXELS and 0 < height <= PICTURE_PIXELS):
        raise _wrong(place, f"边长超过 {PICTURE_PIXELS} 像素", f"more than {PICTURE_PIXELS} pixels a side")
    content = base64.b64encode(data).decode()
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
        f'<image width="{width}" height="{height}" href="data:image/{kind};base64,{content}"/></svg>'
    )


def _drawing(data: bytes, place: str) -> str:
    """An SVG with nothing in it but shapes: no script, no text (its font is not ours), nothing from elsewhere."""
    if re.search(rb"<!(DOCTYPE|ENTITY)", data, re.IGNORECASE):
        raise _wrong(place, "SVG 里有 DOCTYPE 或实体", "an SVG with a document type or entities")
    try:
        root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False))
    except etree.XMLSyntaxError:
        raise _wrong(place, "SVG 读不出来", "an SVG that does not read") from None
    if root.tag != f"{_SVG}svg":
        raise _wrong(place, "SVG 读不出来", "an SVG that does not read")
    for element in root.iter():
        if not isinstance(element.tag, str):
            continue  # comments
        name = element.tag.removeprefix(_SVG)
        if element.tag.startswith(_SVG) and name not in _DRAWING:
            raise _wrong(
                place, f"SVG 里有 <{name[:20]}>，只能有图形", f"an SVG with <{name[:20]}>; only shapes may be in it"
            )
        for key, value in element.attrib.items():
            link = key in ("href", _HREF) and not str(value).startswith("#")
            if str(key).lower().startswith("on") or link or _ELSEWHERE.search(str(value)):
                raise _wrong(place, "SVG 里有脚本或外部链接", "an SVG with a script or a link to elsewhere")
    return str(etree.tostring(root, encoding="unicode"))
