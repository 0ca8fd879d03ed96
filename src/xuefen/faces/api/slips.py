"""Deposit slips for machines: what waits, an outcome put forward with its evidence, and the answer of who checks it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema, Status
from ninja.decorators import decorate_view
from pydantic import Field

from xuefen.bank.catalogue import queries as catalogue
from xuefen.bank.evidence.types import MOST_BYTES, FileFacts, FileKind
from xuefen.bank.intake import actions, queries
from xuefen.bank.intake.types import NOTE_MOST, Asked, Form, Kind, State
from xuefen.bank.learners import queries as learners
from xuefen.bank.shell import clock
from xuefen.bank.shell.actor import Actor
from xuefen.faces.api.auth import SIGNED_IN, actor_of
from xuefen.faces.api.errors import at_most
from xuefen.faces.api.schemas import BYTES, PRINTABLE, Code, Number, PageOut, Paging, Strict, file_body
from xuefen.faces.shared import slips as shared

router = Router(auth=SIGNED_IN, tags=["slips"])
Text = Annotated[str, Field(max_length=80, pattern=PRINTABLE)]
Line = Annotated[str, Field(max_length=40, pattern=PRINTABLE, description="Line of the checklist; empty: beside it")]
Note = Annotated[str, Field(max_length=NOTE_MOST)]


class SlipOut(Schema):
    """One outcome that waits for somebody's word, or what became of it."""

    number: str
    kind: Kind
    state: State
    account: str
    name: str
    issuer: str
    item: str
    item_name: str
    opened_at: datetime
    due_at: datetime | None
    reminders: int
    outcome: str | None


class SlipsOut(PageOut):
    items: list[SlipOut]


class FormIn(Strict):
    """What the paper says; the fields are those of the deposit sheet."""

    awarded_on: Text = Field("", examples=["2026-06-30"])
    grade: Text = ""
    hours: Text = ""
    serial: Text = ""
    note: Note = Field("", description="A word to who checks it")

    def form(self) -> Form:
        return Form(**self.dict(include={"awarded_on", "grade", "hours", "serial", "note"}))


class SlipIn(FormIn):
    """An outcome to put forward."""

    account: Text = Field("", description="Whose it is; a learner's own when empty", examples=["4417092680352710"])
    issuer: Code = Field(examples=["YLOU"])
    item_code: Code = Field(examples=["KC1001"])
    version: Code = ""


class SendIn(Strict):
    version: int = Field(description="Of the slip as it was read")
    form: FormIn | None = Field(None, description="What the paper says, in place of what was said before")


class MoveIn(Strict):
    version: int = Field(description="Of the slip as it was read")


class Verdict(StrEnum):
    ACCEPT = "accept"
    REFUSE = "refuse"
    ASK_MORE = "ask_more"


class CheckIn(MoveIn):
    verdict: Verdict
    reason_code: Code = Field("", description="A refusal code of the standard; needed to refuse", examples=["R-09"])
    note: Note = Field("", description="To the learner; needed to refuse and to ask for more")


class FileOut(Schema):
    number: str
    kind: FileKind
    size: int
    already: bool = Field(description="The same content was kept for this learner before")


class AskedOut(Schema):
    """One line of the checklist, and the numbers of the files brought for it."""

    code: str = Field(examples=["transcript"])
    zh: str
    en: str
    required: bool
    reference: str = Field(examples=["cn-2026/1 evidence.degree.transcript · CN-2026 checklist"])
    files: list[str]


class SlipDetailOut(SlipOut):
    """A slip with the checklist of its standard. Its form is for people, on the page."""

    version: int
    standard: str = Field(examples=["cn-2026/1"])
    checklist: list[AskedOut]
    files_beside: list[str] = Field(description="Files that lie with it for no line of the checklist")
    missing: list[str] = Field(description="Lines that are required and have no file")
    shared_files: list[str] = Field(description="Files somebody else brought too; told to officers only")


def _asked(line: Asked) -> dict[str, Any]:
    files = [file.number for file in line.files]
    return {"code": line.code, "zh": line.zh, "en": line.en, "required": line.required, "reference": line.reference,
            "files": files}  # fmt: skip


def _file(file: FileFacts) -> dict[str, Any]:
    return {"number": file.number, "kind": file.kind, "size": file.size, "already": file.already}


def _told(number: str, by: Actor) -> dict[str, Any]:
    """A slip as its reader may see it."""
    view = queries.view(queries.one(by, number), now=clock.now(), officer=by.may("submissions.check"))
    files = [*view.others, *(file for line in view.checklist for file in line.files)]
    return view.row.to_json() | {
        "version": view.row.version,
        "standard": view.standard,
        "checklist": [_asked(line) for line in view.checklist],
        "files_beside": [file.number for file in view.others],
        "missing": [line.code for line in view.missing],
        "shared_files": sorted({file.number for file in files if file.id in view.shared}),
    }


@router.get("/slips", response=SlipsOut, operation_id="listSlips", summary="Deposit slips in your scope")
def list_slips(
    request: HttpRequest, paging: Query[Paging], kind: Kind | None = None, state: State | None = None
) -> dict[str, Any]:
    """Submissions and awards, newest first; a learner's own."""
    rows = queries.slips(actor_of(request))
    if kind is not None:
        rows = rows.filter(kind=kind)
    if state is not None:
        rows = rows.filter(state=state)
    items = [row.to_json() for row in queries.rows(paging.cut(rows), now=clock.now())]
    return {"page": paging.page, "size": paging.size, "total": rows.count(), "items": items}


@router.post(
    "/slips", response={201: SlipDetailOut}, operation_id="startSlip", summary="Put an outcome forward with evidence"
)
def start_slip(request: HttpRequest, given: SlipIn) -> Status[dict[str, Any]]:
    """Begins a draft: attach what its checklist asks for, then send it. A learner's own, or of an account in the clerk's area."""
    by, now = actor_of(request), clock.now()
    learner_id = by.learner_id
    if given.account or learner_id is None:
        learner_id = learners.by_account(by.scope("submissions.make"), given.account).pk
    item = catalogue.item(given.issuer, given.item_code, version=given.version)
    number = actions.start(learner_id=learner_id, item_version_id=item.version_id, form=given.form(), by=by, now=now)
    return Status(201, _told(number, by))


@router.get("/slips/{number}", response=SlipDetailOut, operation_id="getSlip", summary="One deposit slip")
def get_slip(request: HttpRequest, number: Number) -> dict[str, Any]:
    """Its state, the checklist with what was brought and, once there is one, its outcome."""
    return _told(number, actor_of(request))


@router.post(
    "/slips/{number}/files",
    response={201: FileOut},
    operation_id="attachFile",
    summary="Attach a file to a slip",
    openapi_extra=file_body({"application/octet-stream": BYTES}),
)
@decorate_view(at_most(MOST_BYTES))
def attach_file(request: HttpRequest, number: Number, asked_as: Line = "", name: Text = "") -> Status[dict[str, Any]]:
    """The file itself is the body: PDF, JPEG, PNG or OFD, told by its content, whole; 10 MB at most."""
    content = request.read(MOST_BYTES + 1)
    file = actions.attach(
        number=number, asked_as=asked_as, name=name, content=content, by=actor_of(request), now=clock.now()
    )
    return Status(201, _file(file))


@router.get("/slips/{number}/files/{file}", operation_id="getFile", summary="A file that lies with a slip")
def get_file(request: HttpRequest, number: Number, file: Number) -> HttpResponse:
    """As a download. Everybody's look but the holder's own is recorded."""
    found = actions.open_file(number=number, file_number=file, by=actor_of(request), now=clock.now())
    return shared.download(found)


@router.delete(
    "/slips/{number}/files/{file}", response=SlipDetailOut, operation_id="detachFile", summary="Take a file away again"
)
def detach_file(request: HttpRequest, number: Number, file: Number, asked_as: Line = "") -> dict[str, Any]:
    """From that line of the checklist; from a slip that is still being filled in."""
    by = actor_of(request)
    actions.detach(number=number, file_number=file, asked_as=asked_as, by=by, now=clock.now())
    return _told(number, by)


@router.post("/slips/{number}/send", response=SlipDetailOut, operation_id="sendSlip", summary="Hand a slip in")
def send_slip(request: HttpRequest, number: Number, given: SendIn) -> dict[str, Any]:
    """Complete by its checklist, and what a sheet would take today; somebody else checks it."""
    by, now = actor_of(request), clock.now()
    if given.form is not None:
        actions.save_form(number=number, form=given.form.form(), by=by, now=now)
    actions.send(number=number, version=given.version, by=by, now=now)
    return _told(number, by)


@router.post(
    "/slips/{number}/withdraw", response=SlipDetailOut, operation_id="withdrawSlip", summary="Take a slip back"
)
def withdraw_slip(request: HttpRequest, number: Number, given: MoveIn) -> dict[str, Any]:
    """Before it is answered."""
    by = actor_of(request)
    actions.withdraw(number=number, version=given.version, by=by, now=clock.now())
    return _told(number, by)


@router.post("/slips/{number}/check", response=SlipDetailOut, operation_id="checkSlip", summary="Answer a submission")
def check_slip(request: HttpRequest, number: Number, given: CheckIn) -> dict[str, Any]:
    """By an officer in whose area it lies, who did not fill it in. Accepted, it is deposited in the same moment."""
    by = actor_of(request)
    about: dict[str, Any] = {"number": number, "version": given.version, "note": given.note, "by": by,
                             "now": clock.now()}  # fmt: skip
    if given.verdict is Verdict.ACCEPT:
        actions.accept(**about)
    elif given.verdict is Verdict.REFUSE:
        actions.refuse(**about, reason_code=given.reason_code)
    else:
        actions.ask_more(**about)
    return _told(number, by)
