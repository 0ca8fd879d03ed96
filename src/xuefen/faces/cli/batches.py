"""``xuefen batch show|pause|resume|cancel|revoke|columns``: batches under way, one taken back, what an issuer's headings mean."""

from __future__ import annotations

from argparse import Namespace

from xuefen.bank.deposits import actions, queries
from xuefen.bank.deposits.rules import FIELDS
from xuefen.bank.deposits.states import WORDS
from xuefen.bank.deposits.types import BatchFacts, BatchState
from xuefen.bank.shell import clock
from xuefen.bank.supervision import actions as revoking
from xuefen.bank.supervision import queries as supervision
from xuefen.bank.supervision.types import BatchPreview
from xuefen.bedrock.quantity import Credits, format_credits
from xuefen.faces.cli.deposit import OPERATOR
from xuefen.faces.cli.output import plain_refusals, progress, result, write_json


@plain_refusals
def show(arguments: Namespace) -> int:
    """How far a batch is."""
    return _told(queries.batch(OPERATOR.scope("deposits.read_batches"), arguments.number), arguments)


@plain_refusals
def pause(arguments: Namespace) -> int:
    """Stop it before its next chunk."""
    return _told(actions.pause(number=arguments.number, by=OPERATOR, now=clock.now()), arguments)


@plain_refusals
def resume(arguments: Namespace) -> int:
    """Go on, here, to its end; one that was interrupted goes on as well."""
    facts = queries.batch(OPERATOR.scope("deposits.deposit"), arguments.number)
    if facts.state is BatchState.PAUSED:
        actions.resume(number=facts.number, by=OPERATOR, now=clock.now())
    with progress() as bar:
        task = bar.add_task(facts.file_name, total=None)
        done = actions.run(
            batch_id=facts.id,
            by=OPERATOR,
            now=clock.now(),
            progress=lambda n, of: bar.update(task, completed=n, total=of),
        )
    return _told(done, arguments)


@plain_refusals
def cancel(arguments: Namespace) -> int:
    """End it before its end."""
    return _told(actions.cancel(number=arguments.number, by=OPERATOR, now=clock.now()), arguments)


@plain_refusals
def revoke(arguments: Namespace) -> int:
    """Take a whole batch back, here, to its end, or go on with it. ``--preview`` only says what it would touch."""
    scope = OPERATOR.scope("outcomes.correct")
    if arguments.preview:
        facts, left = queries.batch(scope, arguments.number), supervision.batch_preview(scope, arguments.number)
        if arguments.json != "-":
            _preview(facts, left)
        write_json({"batch": facts.number, "state": facts.state.value, **left.to_json()}, arguments.json)
        return 0
    with progress() as bar:
        task = bar.add_task(arguments.number, total=None)
        done = revoking.revoke_batch(
            number=arguments.number,
            reason=arguments.reason,
            by=OPERATOR,
            now=clock.now(),
            progress=lambda n, of: bar.update(task, completed=n, total=of),
        )
    return _told(done, arguments)


def _preview(facts: BatchFacts, left: BatchPreview) -> None:
    result.print(f"{facts.number}  {' '.join(WORDS[facts.state])}  {facts.file_name}", markup=False)
    result.print(
        f"有效成果 outcomes {left.outcomes}；学习者 learners {left.learners}；学分 credits {_credits(left.credits)}",
        markup=False,
    )
    result.print(
        f"办理中的申请会终止 applications that would end {left.applications} ({_credits(left.held)})；"
        f"已归档的转换会暂停 conversions that would be suspended {left.conversions}"
        f" (成果 outcomes {left.converted}, {_credits(left.used)})",
        markup=False,
    )
    result.print(
        f"逐项更正过、不动 corrected, stay {left.corrected}；逐项撤销过 revoked before {left.revoked}", markup=False
    )


def _credits(hundredths: int) -> str:
    return format_credits(Credits(hundredths))


@plain_refusals
def columns(arguments: Namespace) -> int:
    """What an issuer's own headings mean, as somebody said; ``--forget`` one of them."""
    if arguments.forget:
        actions.forget_column(issuer_code=arguments.issuer, heading=arguments.forget, by=OPERATOR, now=clock.now())
    names = actions.column_names(issuer_code=arguments.issuer, by=OPERATOR)
    if arguments.json != "-":
        for name in names:
            field = f"{FIELDS[name.field].zh[0]} {name.field}" if name.field else "（不用 left out）"
            result.print(f"{name.heading} = {field}  {name.chosen_by} {name.chosen_at:%Y-%m-%d}", markup=False)
        if not names:
            result.print("没有记住任何列名 nothing is remembered", markup=False)
    write_json({"issuer": arguments.issuer, "columns": [name.to_json() for name in names]}, arguments.json)
    return 0


def _told(facts: BatchFacts, arguments: Namespace) -> int:
    gone = queries.revocation(facts.id)
    if arguments.json != "-":
        counts, of = facts.counts, f" / {facts.total_rows}" if facts.total_rows is not None else ""
        withdrawn = f"；撤回 withdrawn {facts.withdrawn}" if facts.withdrawn else ""
        told = queries.told(facts)
        result.print(f"{facts.number}  {' '.join(told.words)}  {facts.file_name}", markup=False)
        result.print(
            f"已读 read {counts.read}{of} ＝ 存入 accepted {counts.accepted} ＋ 没通过 refused {counts.refused}"
            f" ＋ 重复 duplicates {counts.duplicates}{withdrawn}；学分 credits {format_credits(Credits(counts.credits))}",
            markup=False,
        )
        for words in filter(any, (told.why, told.mend)):
            result.print(" ".join(words), markup=False)
        if gone:
            result.print(
                f"整批撤销 revoked as a whole: {gone.by_name} {gone.begun_at:%Y-%m-%d}  {gone.reason}；撤回 withdrawn"
                f" {gone.withdrawn}，等仲裁 with an arbiter {gone.revoked}，终止的申请 applications ended {gone.ended}",
                markup=False,
            )
        if facts.problem:
            result.print(f"{facts.problem['zh']} {facts.problem['en']}", markup=False)
        for heading in facts.header or ():
            result.print(f"  {heading}", markup=False)
    write_json(facts.to_json() | ({"revocation": gone.to_json()} if gone else {}), arguments.json)
    return 0
