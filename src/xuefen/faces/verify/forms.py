"""What the public types or uploads."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from xuefen.bank.certificates.types import MAX_FILE_BYTES, VERIFY_TOO_LARGE
from xuefen.faces.shared.i18n import language, t, t_lazy

MOST_MB = MAX_FILE_BYTES // 2**20


class VerifyForm(forms.Form):
    """A certificate's number, or the file itself. One of the two."""

    number = forms.CharField(
        label=t_lazy("证书编号", "Certificate number"),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "ZS 0000 0000 0000 0000"}),
    )
    file = forms.FileField(
        label=t_lazy(
            "证书文件（PDF、JSON）、证书照片或徽章图片（PNG、JPEG、SVG）",
            "Certificate file (PDF, JSON), photo of a certificate or badge picture (PNG, JPEG, SVG)",
        ),
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(
            attrs={"accept": ".pdf,.json,.jwt,.sd-jwt,.png,.svg,application/pdf,application/json,image/*"}
        ),
    )

    def clean_file(self) -> UploadedFile[Any] | None:
        file: UploadedFile[Any] | None = self.cleaned_data["file"]
        if file is not None and (file.size or 0) > MAX_FILE_BYTES:
            raise forms.ValidationError(VERIFY_TOO_LARGE.sentence(language(), {"most_mb": MOST_MB}))
        if file is not None and not file.size:
            raise forms.ValidationError(t("文件是空的，请重新选择。", "The file is empty; choose it again."))
        return file

    def clean(self) -> dict[str, object]:
        values: dict[str, object] = super().clean() or {}
        if not self.errors and not values.get("file") and not values.get("number"):
            self.add_error(
                "number", t("请填写证书编号，或者上传证书文件。", "Type the number or upload the certificate file.")
            )
        return values


class ObjectionForm(forms.Form):
    """An objection to an application on public notice."""

    by_name = forms.CharField(label=t_lazy("您的姓名", "Your name"), max_length=40)
    contact = forms.CharField(
        label=t_lazy("联系方式", "How to reach you"),
        max_length=80,
        help_text=t_lazy("只有处理异议的人能看到。", "Only those who handle the objection see it."),
    )
    text = forms.CharField(
        label=t_lazy("异议的内容和依据", "What you object to, and why"),
        max_length=800,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
