"""What an institution may put on its certificates: its logo, its seal, and a few lines of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

TEXT_FIELDS: Mapping[str, int] = MappingProxyType(
    {"header_zh": 40, "header_en": 80, "signatory_zh": 40, "signatory_en": 60, "footer_zh": 60, "footer_en": 100}
)
"""Lines a template may carry, and how many characters each may have."""
PICTURE_BYTES = 300 * 1024
PICTURE_PIXELS = 3000


@dataclass(frozen=True, slots=True)
class Template:
    """One version. ``logo`` and ``seal`` are SVG, "" for the bank's own; pixels are wrapped in SVG."""

    id: int
    institution_code: str  # "" for the bank's own
    institution_name: str
    version: int
    texts: Mapping[str, str]
    logo: str = field(repr=False)
    seal: str = field(repr=False)
    made_at: datetime
    made_by: str
