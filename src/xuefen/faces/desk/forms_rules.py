"""What people fill in while rules are proposed, compared and signed, and for agreements and contracts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms

from xuefen.bank.conversion.rules import life
from xuefen.bank.conversion.types import Conditions, RuleDraft, TargetDraft, Text
from xuefen.bank.conversion.types.life import Verdict
from xuefen.faces.shared.i18n import say, t_lazy

VERDICTS = {
    Verdict.AGREE: ("同意", "Agree"),
    Verdict.CHANGE: ("修改后再议", "Change it first"),
    Verdict.REJECT: ("不同意", "Reject"),
}
ALL, ANY = "all", "any"
COURSES, ELECTIVE, WAIVER, DENIAL = "courses", "elective", "waiver", "denial"


def _area(rows: int, **attrs: str) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows, **attrs})


def _day() -> forms.DateInput:
    # The browser's own control takes no other form of a day, whatever the language.
    return forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


class ProposeForm(forms.Form):
    """A simple rule by fields, or any rules as text. Sources and targets are picked beside it (see ``picked``)."""

    agreement = forms.ChoiceField(label=t_lazy("按哪份协议", "Under which agreement"))
    title = forms.CharField(
        label=t_lazy("标题", "Title"),
        max_length=life.TITLE_MOST,
        help_text=t_lazy("例如：护理专业课程互认", "For example: nursing courses recognised"),
    )
    together = forms.ChoiceField(
        label=t_lazy("成果要几项", "How many of the outcomes"),
        choices=[(ALL, t_lazy("全部都要", "All of them")), (ANY, t_lazy("任意一项", "Any one of them"))],
        widget=forms.RadioSelect,
        required=False,
        initial=ALL,
    )
    gives = forms.ChoiceField(
        label=t_lazy("换什么", "What it gives"),
        choices=[
            (COURSES, t_lazy("课程和学分", "Courses with their credit")),
            (ELECTIVE, t_lazy("选修学分", "Elective credit")),
            (WAIVER, t_lazy("免修，不给学分", "Waives the courses, no credit")),
            (DENIAL, t_lazy("写明不予转换", "States that it never counts")),
        ],
        widget=forms.RadioSelect,
        required=False,
        initial=COURSES,
    )
    min_mark = forms.IntegerField(
        label=t_lazy("成绩不低于（百分制）", "Mark at least (of 100)"), min_value=0, max_value=100, required=False
    )
    min_level = forms.IntegerField(
        label=t_lazy("等级不低于", "Level at least"), min_value=1, max_value=10, required=False
    )
    max_age_years = forms.IntegerField(
        label=t_lazy("取得不超过几年", "Awarded at most years ago"), min_value=1, max_value=50, required=False
    )
    min_quality = forms.ChoiceField(
        label=t_lazy("质量等级不低于", "Quality grade at least"),
        choices=[("", t_lazy("不限", "Any")), ("A", "A"), ("B", "B")],
        required=False,
    )
    basis = forms.CharField(
        label=t_lazy("依据", "Basis"),
        max_length=200,
        required=False,
        help_text=t_lazy("例如：两校课程对照表 2026 版", "For example: the schools' comparison table, 2026"),
    )
    effective_from = forms.DateField(label=t_lazy("生效日期", "In force from"), widget=_day(), required=False)
    text = forms.CharField(
        label=t_lazy("规则文本（YAML）", "Rules as text (YAML)"),
        required=False,
        strip=False,
        widget=_area(10, **{"class": "xf-code", "spellcheck": "false"}),
        help_text=t_lazy(
            "填了文本，就以文本为准，上面选的不用。", "When there is text, the choices above are not used."
        ),
    )

    def __init__(self, *args: Any, agreements: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["agreement"].choices = agreements  # type: ignore[attr-defined]

    def draft(self, *, sources: Sequence[str], targets: Sequence[str], today: date) -> RuleDraft:
        """The rule the fields describe; what is wrong with it the room will say."""
        data = self.cleaned_data
        gives, basis = data["gives"] or COURSES, data["basis"] or data["title"]
        one_of = data["together"] == ANY and len(sources) > 1 and gives != DENIAL
        return RuleDraft(
            receiver=next(iter([*targets, *sources]), "").partition("/")[0]
            if gives != ELECTIVE
            else self.data.get("receiver", ""),
            basis=Text(basis, basis),
            effective_from=data["effective_from"] or today,
            sources=() if one_of else tuple(sources),
            either=tuple((source,) for source in sources) if one_of else (),
            targets=() if gives == ELECTIVE else tuple(TargetDraft(target) for target in targets),
            elective="*" if gives == ELECTIVE else "",
            conditions=Conditions(
                min_mark=None if data["min_mark"] is None else data["min_mark"] * 100,
                min_level=data["min_level"],
                max_age_years=data["max_age_years"],
                min_quality=data["min_quality"] or None,
            ),
            waives=gives == WAIVER,
            denies=gives == DENIAL,
        )


class ReviseForm(forms.Form):
    """A new revision, as text."""

    title = forms.CharField(label=t_lazy("标题", "Title"), max_length=life.TITLE_MOST)
    text = forms.CharField(
        label=t_lazy("规则文本（YAML）", "Rules as text (YAML)"),
        strip=False,
        widget=_area(20, **{"class": "xf-code", "spellcheck": "false", "wrap": "off"}),
    )
    revision = forms.IntegerField(widget=forms.HiddenInput, min_value=1)


class OpinionForm(forms.Form):
    """An expert's opinion: one overlap for each rule of the set."""

    verdict = forms.ChoiceField(
        label=t_lazy("您的意见", "Your opinion"),
        choices=lambda: [(code.value, say(words)) for code, words in VERDICTS.items()],
        widget=forms.RadioSelect,
    )
    reasons = forms.CharField(
        label=t_lazy("理由", "Reasons"),
        max_length=life.REASONS_MOST,
        widget=_area(4),
        help_text=t_lazy("写明比了什么、依据什么。", "What you compared, and what you go by."),
    )
    revision = forms.IntegerField(widget=forms.HiddenInput, min_value=1)

    def __init__(self, *args: Any, drafts: Sequence[RuleDraft], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.overlap_names = [f"overlap{i}" for i, draft in enumerate(drafts) if not draft.denies]
        self.count = len(drafts)
        for name in self.overlap_names:
            number = int(name.removeprefix("overlap")) + 1
            label = t_lazy("第 {n} 条：内容重合（%）", "Rule {n}: content in common (%)", n=number)
            self.fields[name] = forms.IntegerField(label=label, min_value=0, max_value=100)

    def overlaps(self) -> list[int | None]:
        return [self.cleaned_data.get(f"overlap{i}") for i in range(self.count)]

    def overlap_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.overlap_names]


class ReasonForm(forms.Form):
    reason = forms.CharField(label=t_lazy("理由", "Reason"), max_length=400, widget=_area(2))


class RetireForm(ReasonForm):
    on = forms.DateField(label=t_lazy("从哪天起停用", "Ends on"), widget=_day())


class RegisterForm(forms.Form):
    """Registering an agreement or alliance; one line for each party: code, who signed."""

    name = forms.CharField(label=t_lazy("名称", "Name"), max_length=160)
    kind = forms.ChoiceField(
        label=t_lazy("种类", "Kind"),
        choices=[
            ("agreement", t_lazy("协议：成员固定", "Agreement: fixed parties")),
            ("alliance", t_lazy("联盟公约：成员可以加入、退出", "Alliance: members join and leave")),
        ],
        widget=forms.RadioSelect,
        initial="agreement",
    )
    mode = forms.ChoiceField(
        label=t_lazy("方式", "Mode"),
        choices=[
            ("agreement", t_lazy("协议制", "By agreement")),
            ("framework", t_lazy("资历框架", "Through a framework")),
        ],
        widget=forms.RadioSelect,
        initial="agreement",
    )
    parties = forms.CharField(
        label=t_lazy("各方（一行一个：机构代码，空格，签署人）", "Parties (one a line: code, space, who signed)"),
        widget=_area(4),
    )
    reference = forms.CharField(
        label=t_lazy("参照标准的机构代码", "Code of the reference institution"),
        max_length=32,
        required=False,
        help_text=t_lazy("只用于资历框架。", "For a framework only."),
    )
    effective_from = forms.DateField(label=t_lazy("生效日期", "In force from"), widget=_day())

    def signatories(self) -> dict[str, str]:
        lines = (line.split(None, 1) for line in self.cleaned_data["parties"].splitlines() if line.strip())
        return {parts[0]: parts[1] if len(parts) > 1 else "" for parts in lines}


class JoinForm(forms.Form):
    institution_code = forms.CharField(label=t_lazy("机构代码", "Institution code"), max_length=32)
    signatory = forms.CharField(label=t_lazy("签署人", "Signed by"), max_length=120)
    on = forms.DateField(label=t_lazy("加入日期", "Joins on"), widget=_day())


class LeaveForm(ReasonForm):
    institution_code = forms.CharField(label=t_lazy("机构代码", "Institution code"), max_length=32)
    on = forms.DateField(label=t_lazy("退出日期", "Leaves on"), widget=_day())


class EndForm(ReasonForm):
    on = forms.DateField(label=t_lazy("终止日期", "Ends on"), widget=_day())


class TermsForm(forms.Form):
    """The terms of an alliance, one line each."""

    shares = forms.CharField(
        label=t_lazy(
            "利益分配（一行一个：机构代码 百分数，合计 100）", "Benefit split (one a line: code percent; 100 in all)"
        ),
        required=False,
        widget=_area(3),
    )
    quotas = forms.CharField(
        label=t_lazy(
            "每年配额（一行一个：机构代码 整学分 人数，没有写 -）",
            "Quotas a year (one a line: code, whole credits, persons; - for none)",
        ),
        required=False,
        widget=_area(3),
    )
    resources = forms.CharField(
        label=t_lazy(
            "共享资源（一行一个：item 或 programme，机构/代码，说明）",
            "Shared resources (one a line: item or programme, INSTITUTION/CODE, note)",
        ),
        required=False,
        widget=_area(3),
    )
    joint = forms.CharField(
        label=t_lazy(
            "双证项目（一行一个：专业的机构/代码，证书的机构/代码，名称）",
            "Joint programmes (one a line: programme, certificate, name)",
        ),
        required=False,
        widget=_area(3),
    )
    basis = forms.CharField(label=t_lazy("依据", "Basis"), max_length=400)
    effective_from = forms.DateField(label=t_lazy("生效日期", "In force from"), widget=_day())


class ContractForm(forms.Form):
    """Offering a learner a guaranteed-conversion contract."""

    account_no = forms.CharField(label=t_lazy("学习账号", "Account number"), max_length=40)
    rule_number = forms.CharField(label=t_lazy("规则编号", "Rule number"), max_length=40)
    until = forms.DateField(
        label=t_lazy("保证到哪天", "Guaranteed until"),
        widget=_day(),
        help_text=t_lazy("这一天也算在内，最长十年。", "That day included; ten years at most."),
    )
