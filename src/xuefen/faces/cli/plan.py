"""``xuefen plan``."""

from __future__ import annotations

from argparse import Namespace

from xuefen.bank.catalogue import queries as catalogue
from xuefen.bank.catalogue.types import PROGRAMME_UNKNOWN, ProgrammeFacts
from xuefen.bank.conversion import rules
from xuefen.bank.conversion.types import Plan
from xuefen.bank.recognition import queries as applications
from xuefen.bank.shell import clock
from xuefen.bank.shell.actor import EVERYTHING
from xuefen.bank.shell.problems import Denied, Problem
from xuefen.bedrock.quantity import Credits, format_credits
from xuefen.faces.cli.output import plain_refusals, result, write_json

TARGET_AMBIGUOUS = Problem(
    "target_ambiguous",
    "有不止一家机构的专业代码是“{code}”，请写成 机构代码/{code}。",
    "More than one institution has a programme “{code}”; write INSTITUTION/{code}.",
)


@plain_refusals
def plan(arguments: Namespace) -> int:
    """The best legal plan of one account for one programme; nothing is written."""
    programme = target(arguments.target)
    problem = applications.problem_for(EVERYTHING, programme=programme, on=clock.today(), account_no=arguments.account)
    found = rules.plan(problem)
    if arguments.json != "-":
        _print(found, programme)
    write_json({"account": arguments.account, "target": arguments.target, **found.to_json()}, arguments.json)
    return 0


def target(text: str) -> ProgrammeFacts:
    """``INSTITUTION/CODE``, or ``CODE`` when only one institution has it."""
    institution, _, code = text.rpartition("/")
    if institution:
        return catalogue.programme(institution, code)
    found = [p for p in catalogue.search_programmes(code) if p.code == code]
    if len({p.institution_id for p in found}) == 1:
        return found[0]
    if found:
        raise Denied(TARGET_AMBIGUOUS, place="target", code=text)
    raise Denied(PROGRAMME_UNKNOWN, place="target", code=text)


def _print(found: Plan, programme: ProgrammeFacts) -> None:
    totals = found.totals
    result.print(
        f"{programme.name}: {format_credits(Credits(totals.requirement))} 抵必修 required,"
        f" {format_credits(Credits(totals.elective))} 抵选修 elective"
        f" / {format_credits(Credits(programme.total_credits))}"
        f"  {'已证明最优 proven optimal' if found.proof.proven else '时间到，未证明 not proven'}",
        style="bold", markup=False,
    )  # fmt: skip
    for line in found.lines:
        used = "、".join(source.item_name for source in line.uses)
        given = "、".join(f"{give.name} {format_credits(Credits(give.credits))}" for give in line.gives)
        result.print(f"  ✓ {used} → {given}  {line.rule.number} {line.basis.zh}", markup=False)
    for left in found.unused:
        result.print(f"  ✗ {left.item_name}: {left.sentence.zh} {left.sentence.en}", markup=False)
