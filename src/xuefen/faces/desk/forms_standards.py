"""What people fill in while a standard is made."""

from __future__ import annotations

from typing import Any

from django import forms

from xuefen.bank.standards.rules import life
from xuefen.faces.desk.pages_standards import CLASSES, VERDICTS
from xuefen.faces.shared.i18n import say, t_lazy


def _area(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


class EditForm(forms.Form):
    """A standard's text, and why it is proposed. Both are judged by the room; only what cannot be read at all is not."""

    use_required_attribute = False

    text = forms.CharField(
        label=t_lazy("标准全文（YAML）", "The whole standard (YAML)"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 28, "class": "xf-code", "spellcheck": "false", "wrap": "off"}),
    )
    note = forms.CharField(
        label=t_lazy("为什么提出这一版", "Why this version is proposed"),
        required=False,
        max_length=life.NOTE_MOST,
        widget=_area(3),
    )
    file = forms.FileField(
        label=t_lazy("或者上传 YAML 文件", "Or upload a YAML file"),
        required=False,
        widget=forms.FileInput(attrs={"accept": ".yaml,.yml,.json"}),
    )


class CompareForm(forms.Form):
    """An expert's comparison."""

    verdict = forms.ChoiceField(label=t_lazy("您的意见", "Your verdict"), widget=forms.RadioSelect)
    reasons = forms.CharField(
        label=t_lazy("理由", "Reasons"),
        max_length=life.TEXT_MOST,
        widget=_area(4),
        help_text=t_lazy(
            "提交以后不能改；提交之前看不到别人的意见。",
            "It cannot be changed; others' are shown after you gave yours.",
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["verdict"].choices = [(code, say(words)) for code, words in VERDICTS.items()]  # type: ignore[attr-defined]


class ConsultForm(forms.Form):
    """How long the public is asked."""

    working_days = forms.IntegerField(
        label=t_lazy("征求意见多少个工作日", "Working days of the consultation"),
        initial=life.CONSULTATION_USUAL,
        widget=forms.NumberInput(attrs={"min": life.CONSULTATION_LEAST, "max": life.CONSULTATION_MOST}),
    )


class AnswerForm(forms.Form):
    """The answer to one comment."""

    reply = forms.CharField(label=t_lazy("答复", "Answer"), max_length=life.TEXT_MOST, widget=_area(2))
    withhold = forms.BooleanField(
        label=t_lazy("原话含个人信息或辱骂，不公开", "Its words hold personal data or abuse: do not show them"),
        required=False,
    )


class ReasonForm(forms.Form):
    """Why something ends."""

    reason = forms.CharField(label=t_lazy("理由", "Reason"), max_length=400, widget=_area(2))


class RetireForm(ReasonForm):
    """When a version ends, and why."""

    on = forms.DateField(
        label=t_lazy("从哪一天起不再适用", "First day it no longer applies"),
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    field_order = ("on", "reason")


class ReviewForm(forms.Form):
    """What the yearly revision found."""

    note = forms.CharField(label=t_lazy("核对的结论", "What was found"), max_length=life.NOTE_MOST, widget=_area(2))


class KindForm(forms.Form):
    """A new kind of outcome."""

    name = forms.CharField(label=t_lazy("这一类成果叫什么", "What this kind is called"), max_length=60)
    outcome_class = forms.ChoiceField(label=t_lazy("类别", "Class"))
    institution_code = forms.ChoiceField(label=t_lazy("提出的机构", "Asked for by"), required=False)
    description = forms.CharField(
        label=t_lazy("怎么学、怎么考、多长时间", "How it is learnt and assessed, and how long it takes"),
        max_length=life.TEXT_MOST,
        widget=_area(4),
    )

    def __init__(self, *args: Any, institutions: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["outcome_class"].choices = [(code, say(words)) for code, words in CLASSES]  # type: ignore[attr-defined]
        self.fields["institution_code"].choices = institutions  # type: ignore[attr-defined]
