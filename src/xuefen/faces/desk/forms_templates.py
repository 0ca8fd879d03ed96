"""What goes on an institution's certificates."""

from __future__ import annotations

from typing import Any

from django import forms

from xuefen.bank.certificates.types import PICTURE_BYTES, TEXT_FIELDS, Template
from xuefen.faces.shared.i18n import t_lazy

_LABELS = {
    "header_zh": t_lazy("抬头下面一行（中文）", "Line under the head (Chinese)"),
    "header_en": t_lazy("抬头下面一行（英文）", "Line under the head (English)"),
    "signatory_zh": t_lazy("署名（中文）", "Who signs (Chinese)"),
    "signatory_en": t_lazy("署名（英文）", "Who signs (English)"),
    "footer_zh": t_lazy("页脚（中文）", "Footer (Chinese)"),
    "footer_en": t_lazy("页脚（英文）", "Footer (English)"),
}


def _picture(label: Any) -> forms.FileField:
    return forms.FileField(
        label=label,
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".png,.jpg,.jpeg,.svg"}),
        help_text=t_lazy(
            "PNG、JPEG，或只有图形的 SVG，最大 300 KB", "PNG, JPEG, or an SVG of shapes only; at most 300 KB"
        ),
    )


class TemplateForm(forms.Form):
    """A new version; a picture that is left out stays."""

    logo = _picture(t_lazy("标志，放在左上角", "Logo, at the top left"))
    no_logo = forms.BooleanField(label=t_lazy("不用标志，用学分银行的", "No logo; the bank's"), required=False)
    seal = _picture(t_lazy("印章，放在右下角", "Seal, at the bottom right"))
    no_seal = forms.BooleanField(label=t_lazy("不用印章，用学分银行的", "No seal; the bank's"), required=False)

    def __init__(self, *args: Any, house: Template | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, most in TEXT_FIELDS.items():
            self.fields[name] = forms.CharField(
                label=_LABELS[name],
                max_length=most,
                required=False,
                initial=house.texts.get(name, "") if house is not None else "",
            )
        self.order_fields([*TEXT_FIELDS, "logo", "no_logo", "seal", "no_seal"])

    def given(self) -> dict[str, Any]:
        """What ``design`` takes."""
        return {
            "texts": {name: self.cleaned_data[name] for name in TEXT_FIELDS},
            "logo": self._brought("logo"),
            "seal": self._brought("seal"),
        }

    def _brought(self, name: str) -> bytes | None:
        if self.cleaned_data[f"no_{name}"]:
            return b""
        file = self.cleaned_data[name]
        return file.read(PICTURE_BYTES + 1) if file else None
