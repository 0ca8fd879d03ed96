"""Deposit slips as hall and desk show them, and the form that both fill in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse

from xuefen.bank.catalogue import queries as catalogue
from xuefen.bank.catalogue.types import ItemFacts
from xuefen.bank.evidence.types import ACCEPTED, MOST_BYTES, Content
from xuefen.bank.institutions import queries as institutions
from xuefen.bank.intake import actions, queries, states
from xuefen.bank.intake.types import Form, Kind, SlipRow, SlipView, State
from xuefen.bank.shell.actor import EVERYTHING, Actor
from xuefen.bank.shell.clock import today
from xuefen.bank.shell.problems import Denied
from xuefen.faces.shared.i18n import language, say, t_lazy
from xuefen.faces.shared.numbers import whole

MOST_FORM_BYTES = 4 * MOST_BYTES
"""Several files may come with one form."""
CLASSES: Mapping[str, tuple[str, str]] = {
    "degree": ("学历教育", "Degree"),
    "vocational": ("职业技能", "Skills"),
    "social": ("社会学习", "Social"),
}
BADGES: Mapping[State, str] = {
    State.DRAFT: "",
    State.CHECKING: "info",
    State.MORE: "warn",
    State.ACCEPTED: "ok",
    State.REFUSED: "bad",
    State.OFFERED: "warn",
    State.CLAIMED: "ok",
}
NEEDED: Mapping[str, tuple[str, ...]] = {
    "degree": ("awarded_on", "grade"),
    "vocational": ("awarded_on",),
    "social": ("awarded_on", "grade", "hours"),
}
"""What a paper of each class always says."""
ACTORS: Mapping[str, tuple[str, str]] = {"learner": ("本人", "the learner"), "system": ("系统", "the house")}


class SlipForm(forms.Form):
    """What is said of the outcome. The field names are those of the deposit sheet; every check lives in the rooms."""

    awarded_on = forms.CharField(
        label=t_lazy("取得日期", "Awarded on"),
        help_text=t_lazy("证书或成绩单上写的日期，例如 2026-06-30。", "As on the paper, for example 2026-06-30."),
        max_length=40,
        required=False,
    )
    grade = forms.CharField(
        label=t_lazy("成绩", "Grade"),
        help_text=t_lazy("分数，或合格、良好这样的等级。", "A mark, or a word such as 合格."),
        max_length=12,
        required=False,
    )
    hours = forms.CharField(
        label=t_lazy("学时", "Hours"),
        help_text=t_lazy("社会学习要填。", "Needed for social learning."),
        max_length=12,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )
    serial = forms.CharField(label=t_lazy("证书编号", "Certificate number"), max_length=60, required=False)
    note = forms.CharField(
        label=t_lazy("要说明的话", "Anything to explain"),
        max_length=400,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    use_required_attribute = False  # a slip may be kept half filled in

    def __init__(self, data: Any = None, *, outcome_class: str = "", **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        for name in NEEDED.get(outcome_class, ()):
            self.fields[name].required = True  # said by the label; the rooms judge when it is sent
        if outcome_class and outcome_class != "social":
            del self.fields["hours"]

    def form(self) -> Form:
        """As typed, whatever is still missing."""
        return Form(**{name: str(self.data.get(name, "")) for name in self.base_fields})


class AnswerForm(forms.Form):
    """An officer's decision on a submission."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    verdict = forms.ChoiceField(
        label=t_lazy("核对结果", "Verdict"),
        choices=[
            ("accept", t_lazy("与原件一致，存入", "Genuine: deposit it")),
            ("ask_more", t_lazy("请补充材料", "Ask for more")),
            ("refuse", t_lazy("不予存入", "Refuse")),
        ],
        widget=forms.RadioSelect,
    )
    reason_code = forms.ChoiceField(
        label=t_lazy("理由", "Reason"), required=False, help_text=t_lazy("不予存入时要选。", "Needed to refuse.")
    )
    note = forms.CharField(
        label=t_lazy("给学习者的话", "To the learner"),
        help_text=t_lazy("补充或不予存入时要写清楚。", "Needed to refuse or to ask for more."),
        max_length=400,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, view: SlipView, data: Any = None) -> None:
        super().__init__(data, initial={"version": view.row.version})
        codes = [(code, f"{code} {say((zh, en))}") for code, zh, en in view.refusal_codes]
        self.fields["reason_code"].choices = [("", say(("请选择", "Choose"))), *codes]  # type: ignore[attr-defined]


def form_of(view: SlipView) -> SlipForm:
    """The form as it stands."""
    return SlipForm(outcome_class=view.row.outcome_class, initial=view.form.to_json())


def row(found: SlipRow) -> dict[str, Any]:
    """One slip of a list."""
    facts = states.STATES[found.state]
    return {
        "row": found,
        "badge": (BADGES.get(found.state, ""), (facts.zh, facts.en)),
        "kind": states.KIND_WORDS[found.kind],
        "issuer": (found.issuer_name, found.issuer_name_en),
        "class": CLASSES[found.outcome_class],
    }


def rows(found: Iterable[SlipRow]) -> list[dict[str, Any]]:
    return [row(one) for one in found]


def shown(view: SlipView) -> dict[str, Any]:
    """What every page of a slip shows, whoever looks."""
    said = [
        (label, value)
        for label, value in (
            (("取得日期", "Awarded on"), view.form.awarded_on),
            (("成绩", "Grade"), view.form.grade),
            (("学时", "Hours"), view.form.hours),
            (("证书编号", "Certificate number"), view.form.serial),
            (("说明", "Note"), view.form.note),
        )
        if value
    ]
    reasons = {code: (zh, en) for code, zh, en in view.refusal_codes}
    moves = [
        {
            "words": states.EVENT_WORDS[move.event],
            "who": ACTORS.get(move.actor_kind, move.actor_name),
            "reason": reasons.get(move.reason_code, move.reason_code),
            "note": move.note,
            "at": move.at,
        }
        for move in view.moves
    ]
    return {
        "view": view,
        **row(view.row),
        "said": said,
        "moves": moves,
        "accepted": ACCEPTED,
        "editable": view.row.state in states.EDITABLE,
        "is_award": view.row.kind is Kind.AWARD,
        "last": moves[-1] if moves else None,
    }


def closed(*, now: datetime) -> str:
    """Why nobody may begin a slip today, "" when everybody may."""
    refusal = queries.persons_refused(on=today(now))
    return refusal.sentence(language()) if refusal else ""


def found_items(text: str, *, now: datetime) -> list[dict[str, Any]]:
    """Items of the catalogue that may be deposited today, by name or code."""
    found: list[ItemFacts] = catalogue.search_items(text.strip(), limit=20) if text.strip() else []
    allowed = institutions.qualified(on=today(now))
    names = {i.pk: (i.name_zh, i.name_en or i.name_zh) for i in institutions.institutions(EVERYTHING).filter(
        id__in={item.institution_id for item in found})}  # fmt: skip
    return [
        {"item": item, "issuer": names[item.institution_id], "class": CLASSES[item.outcome_class]}
        for item in found
        if (item.institution_id, item.outcome_class.value) in allowed
    ]


def begun(request: HttpRequest, *, learner_id: int, by: Actor, now: datetime) -> tuple[str, dict[str, Any], int]:
    """POST begins a slip for the item chosen: its number; or "", and what the page to choose shows, with its status."""
    problem, text, status = closed(now=now), request.GET.get("q", ""), 200
    if request.method == "POST":
        item = whole(request.POST.get("item", "")) or 0
        try:
            return actions.start(learner_id=learner_id, item_version_id=item, by=by, now=now), {}, status
        except Denied as denied:
            problem, status = denied.sentence(language()), denied.problem.status
    return "", {"q": text, "found": found_items(text, now=now), "problem": problem}, status


def change(request: HttpRequest, number: str, *, by: Actor, now: datetime) -> str:
    """Do what a button of the filling-in page asks: keep the form and the chosen files, then save, send, drop or withdraw.

    What was done: "saved", "sent", "withdrawn". Raises ``Denied`` as the actions do.
    """
    do = request.POST.get("do", "")
    version = request.POST.get("version", "")
    if do == "withdraw":
        actions.withdraw(number=number, version=whole(version), by=by, now=now)
        return "withdrawn"
    form = SlipForm(request.POST)
    actions.save_form(number=number, form=form.form(), by=by, now=now)
    for name, file in request.FILES.items():
        if name.startswith("file_") and isinstance(file, UploadedFile):
            content, called = file.read(MOST_BYTES + 1), file.name or ""
            try:
                actions.attach(number=number, asked_as=name[5:], name=called, content=content, by=by, now=now)
            except Denied as denied:
                denied.place = f"file:{called}"  # of several files, which one
                raise
    if do.startswith("drop:"):
        _, file_number, asked_as = [*do.split(":"), "", ""][:3]
        actions.detach(number=number, file_number=file_number, asked_as=asked_as, by=by, now=now)
    if do == "send":
        actions.send(number=number, version=whole(version), by=by, now=now)
        return "sent"
    return "saved"


def sentence(denied: Denied) -> str:
    """A refusal with the field or the file it is about, since it stands away from it."""
    label = SlipForm.base_fields[denied.place].label if denied.place in SlipForm.base_fields else ""
    label = label or denied.place.partition("file:")[2]
    words = denied.sentence(language())
    return f"{label}: {words}" if label and language().startswith("en") else f"{label}：{words}" if label else words


def download(content: Content) -> HttpResponse:
    """A file as something to keep, never to run: a name and a type of ours, nothing inside it may act."""
    response = HttpResponse(content.data, content_type=content.media_type)
    response["Content-Disposition"] = f'attachment; filename="{content.file_name}"'
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "no-store, private"
    return response
