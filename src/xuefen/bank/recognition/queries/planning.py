"""The planning problem of a learner, with what was converted into the programme before."""

from __future__ import annotations

from datetime import date

from xuefen.bank.catalogue.types import ProgrammeFacts
from xuefen.bank.conversion import queries as conversion
from xuefen.bank.conversion.types import Problem
from xuefen.bank.learners import queries as learners
from xuefen.bank.recognition.queries.reading import archived_plans
from xuefen.bank.shell.actor import Scope


def problem_for(
    scope: Scope,
    *,
    programme: ProgrammeFacts,
    on: date,
    learner_id: int | None = None,
    account_no: str = "",
    standard: str = "cn-2026",
) -> Problem:
    """What ``conversion.queries.problem_for`` gathers, with the learner's archived conversions into the programme settled.

    Raises ``Denied``: account_unknown (also outside the scope), standard_unknown, problem_too_large.
    """
    if learner_id is None:
        learner_id = learners.by_account(scope, account_no).pk
    return conversion.problem_for(
        scope,
        programme=programme,
        on=on,
        learner_id=learner_id,
        standard=standard,
        earlier=archived_plans(learner_id, programme.institution_code, programme.code),
    )
