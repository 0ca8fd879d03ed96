"""What organisers and those who sign fill in."""

from __future__ import annotations

from typing import Any

from django import forms

from xuefen.bank.activities import queries
from xuefen.bank.activities.actions.confirming import REASON_MOST
from xuefen.bank.activities.actions.opening import PEOPLE_MOST, PLACE_MOST, TITLE_MOST
from xuefen.bank.activities.types import How
from xuefen.bank.institutions import queries as institutions
from xuefen.bank.shell import clock
from xuefen.bank.shell.actor import Actor
from xuefen.faces.shared.i18n import say, t, t_lazy

_MOMENT = "%Y-%m-%dT%H:%M"
_WHEN = {"invalid": t_lazy("日期时间写法如 2026-06-30T09:00。", "Write it like 2026-06-30T09:00.")}


def _moment() -> forms.DateTimeInput:
    return forms.DateTimeInput(format=_MOMENT, attrs={"type": "datetime-local"})


class OpenForm(forms.Form):
    """An activity to announce. ``kind`` names institution, scheme and kind."""

    kind = forms.ChoiceField(label=t_lazy("种类", "Kind"))
    title = forms.CharField(label=t_lazy("名称", "Title"), max_length=TITLE_MOST)
    place = forms.CharField(label=t_lazy("地点", "Where"), max_length=PLACE_MOST)
    starts_at = forms.DateTimeField(
        label=t_lazy("开始", "Begins"), input_formats=[_MOMENT], widget=_moment(), error_messages=_WHEN
    )
    ends_at = forms.DateTimeField(
        label=t_lazy("结束", "Ends"), input_formats=[_MOMENT], widget=_moment(), error_messages=_WHEN
    )
    most = forms.IntegerField(label=t_lazy("最多多少人", "At most"), min_value=1, max_value=PEOPLE_MOST, initial=30)

    def __init__(self, actor: Actor, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = _kinds(actor)  # type: ignore[attr-defined]

    @property
    def may_open(self) -> bool:
        return bool(self.fields["kind"].choices)  # type: ignore[attr-defined]


def _kinds(actor: Actor) -> list[tuple[str, str]]:
    mine = list(institutions.institutions(actor.scope("activities.organise")).values_list("id", flat=True))
    rows = [row for row in queries.schemes_in_force(clock.today()) if row.institution_id in mine]
    return [
        (
            f"{row.institution_code}|{row.scheme.code}|{kind.code}",
            t("{k}，每次 {n} 分", "{k}, {n} points each", k=say(kind.words), n=kind.points)
            + (f" · {say((row.scheme.zh, row.scheme.en))}" if len(rows) > 1 else ""),
        )
        for row in rows
        for kind in row.scheme.kinds.values()
        if How.SECOND not in kind.confirm
    ]


class ListForm(forms.Form):
    """Who came."""

    accounts = forms.CharField(
        label=t_lazy("参加者的学习账号，一行一个", "Account numbers of those who came, one a line"),
        required=False,
        strip=False,
        max_length=200_000,
        widget=forms.Textarea(attrs={"rows": 6, "inputmode": "numeric", "spellcheck": "false"}),
        help_text=t_lazy(
            "可以直接粘贴表格里的几列，每行认其中的账号。",
            "Whole rows of a sheet may be pasted: the account number of each line is taken.",
        ),
    )
    file = forms.FileField(
        label=t_lazy("或者上传名单（csv、txt）", "Or upload a list (csv, txt)"),
        required=False,
        widget=forms.FileInput(attrs={"accept": ".csv,.txt"}),
    )


class WhyForm(forms.Form):
    """A reason, for what is taken back."""

    reason = forms.CharField(
        label=t_lazy("理由", "Reason"), max_length=REASON_MOST, widget=forms.Textarea(attrs={"rows": 2})
    )


class SchemeForm(forms.Form):
    """A scheme's text."""

    institution = forms.ChoiceField(label=t_lazy("机构", "Institution"))
    text = forms.CharField(
        label=t_lazy("方案全文（YAML）", "The whole scheme (YAML)"),
        strip=False,
        max_length=100_000,
        widget=forms.Textarea(attrs={"rows": 22, "class": "xf-code", "spellcheck": "false", "wrap": "off"}),
    )

    def __init__(self, actor: Actor, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        mine = institutions.institutions(actor.scope("activities.propose"))
        choices = [(found.code, say((found.name_zh, found.name_en))) for found in mine]
        self.fields["institution"].choices = choices  # type: ignore[attr-defined]
        if len(choices) == 1:  # nothing to choose
            self.fields["institution"].widget = forms.HiddenInput()
            self.initial.setdefault("institution", choices[0][0])
