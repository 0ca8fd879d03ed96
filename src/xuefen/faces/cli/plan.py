"""``xuefen plan``."""

from __future__ import annotations

from argparse import Namespace

from xuefen.bank.catalogue import queries as catalogue
from xuefen.bank.catalogue.types import PROGRAMME_UNKNOWN, ProgrammeFacts
from xuefen.bank.conversion import rules
from xuefen.bank.recognition import queries as applications
from xuefen.bank.shell import clock
from xuefen.bank.shell.actor import EVERYTHING
from xuefen.bank.shell.problems import Denied, Problem
from xuefen.faces.cli.output import plain_refusals, write_json
from xuefen.faces.cli.replay import show

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
        show(found, programme.name, programme.total_credits)
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
