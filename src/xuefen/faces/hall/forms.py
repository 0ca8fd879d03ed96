"""Forms of the hall. They only collect; every check lives in the rooms, whose sentences are put under the fields."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from xuefen.bank.certificates.types import BADGE_BYTES, VERIFY_TOO_LARGE
from xuefen.bank.shell.problems import Denied
from xuefen.faces.shared.i18n import language, t_lazy


class OpenForm(forms.Form):
    """Opening an account online. ``places`` are the (code, name) pairs to choose from."""

    name = forms.CharField(
        label=t_lazy("姓名", "Name"),
        help_text=t_lazy("与身份证上的一样。", "As on the identity card."),
        max_length=200,
        error_messages={"required": t_lazy("请填写姓名。", "Enter your name.")},
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    id_number = forms.CharField(
        label=t_lazy("身份证号", "Identity number"),
        help_text=t_lazy("18 位，最后一位可能是 X。", "18 characters; the last may be X."),
        max_length=40,
        error_messages={"required": t_lazy("请填写身份证号。", "Enter your identity number.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    phone = forms.CharField(
        label=t_lazy("手机号", "Mobile number"),
        required=False,
        max_length=30,
        widget=forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel"}),
    )
    place = forms.ChoiceField(
        label=t_lazy("离您最近的受理点或分中心", "The service point or centre nearest to you"),
        help_text=t_lazy("以后要当面核验、重设密码，就去这里。", "Where you go to be verified or to reset a password."),
        error_messages={"required": t_lazy("请选择一个。", "Choose one.")},
    )
    password = forms.CharField(
        label=t_lazy("设一个密码", "Choose a password"),
        help_text=t_lazy(
            "至少 10 位。可以用一句只有您记得的话。", "At least 10 characters; a sentence only you know is good."
        ),
        max_length=256,
        strip=False,
        error_messages={"required": t_lazy("请设一个密码。", "Choose a password.")},
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    agreed = forms.BooleanField(
        label=t_lazy("我读过并同意服务协议", "I have read the service agreement and agree"),
        error_messages={
            "required": t_lazy("请先阅读并同意服务协议。", "Please read and agree to the service agreement first.")
        },
    )

    def __init__(self, *args: Any, places: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        nothing = [("", t_lazy("请选择", "Choose"))] if len(places) > 1 else []
        self.fields["place"].choices = [*nothing, *places]  # type: ignore[attr-defined]


class PasswordForm(forms.Form):
    """Changing one's own password."""

    old = forms.CharField(
        label=t_lazy("现在的密码", "Present password"),
        max_length=256,
        strip=False,
        error_messages={"required": t_lazy("请填写现在的密码。", "Enter the present password.")},
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    new = forms.CharField(
        label=t_lazy("新密码", "New password"),
        help_text=t_lazy(
            "至少 10 位。可以用一句只有您记得的话。", "At least 10 characters; a sentence only you know is good."
        ),
        max_length=256,
        strip=False,
        error_messages={"required": t_lazy("请填写新密码。", "Enter the new password.")},
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label=t_lazy("新密码再填一次", "New password again"),
        max_length=256,
        strip=False,
        error_messages={"required": t_lazy("请再填一次新密码。", "Enter the new password again.")},
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if "new" in given and "again" in given and given["new"] != given["again"]:
            self.add_error("again", t_lazy("两次填的新密码不一样。", "The two new passwords differ."))
        return given


def put_refusal(form: forms.Form, denied: Denied) -> None:
    """Show a room's refusal under the field it names, or on top when it names none of this form."""
    field = {"place_code": "place"}.get(denied.place, denied.place)
    form.add_error(field if field in form.fields else None, denied.sentence(language()))


class BadgeForm(forms.Form):
    """Somebody else's badge."""

    file = forms.FileField(
        label=t_lazy("徽章文件", "Badge file"),
        error_messages={
            "required": t_lazy("请选择文件。", "Choose a file."),
            "empty": t_lazy("文件是空的，请重新选择。", "The file is empty; choose it again."),
        },
        widget=forms.FileInput(
            attrs={"accept": ".json,.jwt,.sd-jwt,.png,.svg,application/json,image/png,image/svg+xml"}
        ),
    )

    def clean_file(self) -> UploadedFile[Any]:
        file: UploadedFile[Any] = self.cleaned_data["file"]
        if (file.size or 0) > BADGE_BYTES:
            raise forms.ValidationError(VERIFY_TOO_LARGE.sentence(language(), {"most_mb": BADGE_BYTES // 2**20}))
        return file
