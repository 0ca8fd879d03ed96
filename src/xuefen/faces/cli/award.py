"""``xuefen award``."""

from __future__ import annotations

from argparse import Namespace

from xuefen.bank.intake import actions, queries
from xuefen.bank.intake.states import STATES
from xuefen.bank.intake.types import Award, Kind
from xuefen.bank.shell import clock
from xuefen.bedrock import ids
from xuefen.bedrock.quantity import format_credits
from xuefen.faces.cli.node import HOUSE
from xuefen.faces.cli.output import plain_refusals, result, write_json
from xuefen.faces.cli.slips import form_of


@plain_refusals
def push(arguments: Namespace) -> int:
    """Award one outcome to a learner, who claims or declines it."""
    award = Award(
        account=arguments.account, item_code=arguments.item, version=arguments.version, form=form_of(arguments),
        days=arguments.days,
    )  # fmt: skip
    found = actions.push(issuer_code=arguments.issuer, award=award, by=HOUSE, now=clock.now())
    if arguments.json != "-":
        again = "  (颁发过，正等着领取 awarded before, it waits)" if found.already else ""
        worth = f"{format_credits(found.credits)} 学分 credits"
        result.print(f"{ids.display(found.number)}  {worth}{again}", markup=False)
    write_json(found.to_json(), arguments.json)
    return 0


@plain_refusals
def show(arguments: Namespace) -> int:
    """The awards, newest first."""
    rows = queries.slips(HOUSE).filter(kind=Kind.AWARD)
    if arguments.issuer:
        rows = rows.filter(issuer__code=arguments.issuer)
    if arguments.state:
        rows = rows.filter(state=arguments.state)
    found = queries.rows(rows[: arguments.limit], now=clock.now())
    if arguments.json != "-":
        for row in found:
            words = STATES[row.state]
            until = f", {row.clock.due_on}" if row.clock else ""
            result.print(
                f"{ids.display(row.number)}  {words.zh} {words.en}{until}  {row.issuer_code} {row.item_code}"
                f" {row.item_name}  {ids.display(row.account_no)} {row.masked_name}",
                markup=False,
            )
        if not found:
            result.print("没有 none", markup=False)
    write_json([row.to_json() for row in found], arguments.json)
    return 0
