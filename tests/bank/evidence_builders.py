"""Files as people bring them, made here: small, whole, and of every kind that is taken."""

from __future__ import annotations

import io
import zipfile


def pdf(text: str = "成绩单") -> bytes:
    return f"%PDF-1.7\n% {text}\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n".encode()


def png(text: str = "photo") -> bytes:
    return b"\x89PNG\r\n\x1a\n" + text.encode() + b"\x00\x00\x00\x00IEND\xaeB`\x82"


def jpeg(text: str = "photo") -> bytes:
    return b"\xff\xd8\xff\xe0\x00\x10JFIF" + text.encode() + b"\xff\xd9"


def archive(*names: str) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as made:
        for name in names:
            made.writestr(name, "<ofd:OFD/>")
    return held.getvalue()
