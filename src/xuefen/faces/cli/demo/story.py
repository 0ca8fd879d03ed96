"""The main job from end to end: from a sheet of results to certificates anybody can verify.

Time moves: the story begins sixty days before ``now`` and ends at ``now``, so that deadlines in working days, silence and public
notices run their course and the web, opened afterwards, shows a bank in mid-work.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from xuefen.bank.catalogue import queries as catalogue
from xuefen.bank.catalogue.types import ItemFacts
from xuefen.bank.certificates import actions as certificates
from xuefen.bank.certificates import queries as papers
from xuefen.bank.conversion import rules as planning
from xuefen.bank.conversion.types import Plan, RuleDraft
from xuefen.bank.custody import actions as custody
from xuefen.bank.deposits import actions as deposits
from xuefen.bank.institutions import queries as institutions
from xuefen.bank.institutions.types import OutcomeClass
from xuefen.bank.recognition import actions as recognition
from xuefen.bank.recognition import queries as applications
from xuefen.bank.shell.actor import EVERYTHING, PUBLIC, Actor
from xuefen.bank.shell.clock import today
from xuefen.bank.staff import queries as sign_ins
from xuefen.bank.translog import actions as translog
from xuefen.bank.translog import queries as log
from xuefen.bedrock import canon, workdays
from xuefen.faces.cli.demo import merit, people, portable, regulation, sheets, slips, stage, supervision, witnessing
from xuefen.faces.cli.demo.sheets import Row

DAYS = 60
LEARNERS = 3_000
PUBLIC_AFFAIRS, ELDERLY_CARE = "590206", "590302"  # the college's two programmes

Say = Callable[[str, str], None]
Progress = Callable[[int, int], None]


@dataclass
class Story:
    """What the story needs at hand, and what it counts."""

    now: datetime
    folder: Path
    rows: int
    say: Say
    moved: Progress | None = None
    random: Random = field(default_factory=lambda: Random(20261120))  # noqa: S311 - made-up data, the same every time
    counts: Counter[str] = field(default_factory=Counter)
    regulation: dict[str, Any] = field(default_factory=dict)
    supervision: dict[str, Any] = field(default_factory=dict)
    gathered: dict[str, Any] = field(default_factory=dict)
    slips: dict[str, Any] = field(default_factory=dict)
    applications: dict[str, str] = field(default_factory=dict)  # name → application number
    papers: list[Path] = field(default_factory=list)
    portable: dict[str, Any] = field(default_factory=dict)
    sign_ins: dict[str, str] = field(default_factory=dict)  # name → account number
    witnesses: list[witnessing.Beside] = field(default_factory=list)

    def at(self, working_days: int, *, hour: int = 10) -> datetime:
        """An hour of the day that many working days after the story's beginning, never later than ``now``."""
        begun = self.now - timedelta(days=DAYS)
        day = workdays.add_working_days(today(begun), working_days)
        return min(self.now, begun.astimezone(workdays.BEIJING).replace(
            year=day.year, month=day.month, day=day.day, hour=hour, minute=0, second=0, microsecond=0
        ))  # fmt: skip


def tell(story: Story) -> dict[str, Any]:
    """Run everything; the counts the demo writes as JSON."""
    with witnessing.beside() as story.witnesses:
        return _tell(story)


def _tell(story: Story) -> dict[str, Any]:
    began = time.monotonic()
    data = stage.real_data()
    story.folder.mkdir(parents=True, exist_ok=True)
    start = story.at(0)
    story.say("一、机构、标准、目录、规则", "1 Institutions, standard, catalogue, rules")
    story.counts["institutions"] = stage.places_and_people(data=data, now=start)
    reports = stage.catalogues(data=data, now=start)
    story.counts["items"] = sum(report.versions for report in reports.values())
    story.counts["programmes"] = sum(report.programmes for report in reports.values())
    story.counts["catalogue_rows_refused"] = sum(report.read - report.accepted for report in reports.values())
    drafts, numbers = stage.rules(data=data, now=start)
    story.counts["rules"] = len(drafts)
    story.say("二、开户", "2 Accounts")
    accounts = stage.accounts(count=LEARNERS, random=story.random, now=start)
    story.counts["learners"] = len(accounts.crowd) + len(accounts.cast)
    story.sign_ins = {name: holder[0] for name, (_, holder) in accounts.cast.items()}
    (story.folder / "people.json").write_text(
        json.dumps(story.sign_ins, ensure_ascii=False, indent=2), encoding="utf-8"
    )
    story.say("三、成批存入", "3 Batch deposits")
    _deposit_all(story, accounts, drafts)
    story.say("四、封存日志", "4 Sealing the log")
    translog.seal_all(now=story.at(2))
    story.say("五、方案、申请、五个步骤", "5 Plans, applications, the five steps")
    _five_steps(story, accounts)
    story.say("六、证书与核验", "6 Certificates and verification")
    _issue(story, accounts)
    story.say(
        "七、规章的一生：联盟、规则、合同、标准", "7 How regulation is made: alliance, rules, contracts, a standard"
    )
    story.regulation = regulation.make(accounts=accounts, rule=numbers[0], now=story.now)
    story.say("八、活动和善行", "8 Activities and good deeds")
    story.gathered = merit.make(accounts=accounts, now=story.now).to_json()
    story.say("九、更正、撤销、仲裁、预警", "9 Corrections, revocations, arbitration, alarms")
    story.supervision = supervision.make(accounts=accounts, now=story.now)
    story.say("十、带材料来存、颁发与领取", "10 Single deposits with evidence, awards")
    story.slips = slips.make(accounts=accounts, now=story.now)
    story.say("十一、密钥泄露演练", "11 A stolen key, rehearsed")
    _rehearse(story)
    story.counts["witnessed"] = witnessing.cosigned(now=story.now)
    return _counted(story, seconds=time.monotonic() - began)


def _rehearse(story: Story) -> None:
    report = custody.drill(purpose="certificates", by=stage.HOUSE, now=story.now)
    if not report.ok:
        raise RuntimeError(f"a step of the drill failed: {[step.en for step in report.steps if not step.ok]}")


# --- deposits --------------------------------------------------------------------------------------------------------


def _deposit_all(story: Story, accounts: stage.Accounts, drafts: Sequence[RuleDraft]) -> None:
    for name, issuer, officer, rows in _batches(story, accounts, drafts):
        path = story.folder / name
        if path.suffix == ".xlsx":
            sheets.write_xlsx(path, rows)
        else:
            sheets.write_csv(path, rows, encoding="gb18030" if "gbk" in name else "utf-8-sig")
        _deposit(story, path, issuer=issuer, by=stage.actor(officer, now=story.at(1)))
    again = story.folder / "university.xlsx"
    repeated = _deposit(story, again, issuer="YLU", by=stage.actor("yldx", now=story.at(1)), count=False)
    if not repeated.already:
        raise RuntimeError("the same sheet was taken for a new one")


def _batches(
    story: Story, accounts: stage.Accounts, drafts: Sequence[RuleDraft]
) -> Iterator[tuple[str, str, str, list[Row]]]:
    """(file name, issuer, who uploads, rows): most of the rows from the university, some from the others."""
    until = today(story.at(0))
    shares = {"YLU": 0.85, "YLZS": 0.1, "YLSQ": 0.05}
    names = {
        "YLU": ("university.xlsx", "yldx"),
        "YLZS": ("certificates.csv", "ylzs"),
        "YLSQ": ("community-gbk.csv", "ylsq"),
    }
    told = _told_rows(accounts, drafts, until=until, random=story.random)
    for code, share in shares.items():
        items = [
            item for item in catalogue.items_for(institutions.by_code(code).pk).latest.values() if _gives_credit(item)
        ]  # fmt: skip
        good = sheets.good_rows(
            accounts.crowd, items, count=int(story.rows * share), until=until, random=story.random
        )  # fmt: skip
        name, officer = names[code]
        yield name, code, officer, told[code] + good + sheets.bad_rows(good)


def _gives_credit(item: ItemFacts) -> bool:
    """A course of no credit cannot be deposited as credit; the other classes are judged by level or assessment."""
    return item.outcome_class != OutcomeClass.DEGREE or bool(item.declared_credit and item.theory_hours)


def _told_rows(
    accounts: stage.Accounts, drafts: Sequence[RuleDraft], *, until: date, random: Random
) -> dict[str, list[Row]]:
    """What the people of the story have learnt: outcomes that rules know, so that their plans have something to choose."""
    told: dict[str, list[Row]] = {"YLU": [], "YLZS": [], "YLSQ": []}
    sources = list(dict.fromkeys(source for draft in drafts for source in draft.sources))
    strict = {s for draft in drafts if draft.conditions.min_mark for s in draft.sources}
    for number, (_, holder) in enumerate(accounts.cast.values()):
        for position, source in enumerate(sources):
            issuer, code = source.split("/", 1)
            item = catalogue.item(issuer, code)
            # Lin has nearly everything, the others a third each; whoever meets a strict rule just fails it.
            if number and (position + number) % 3:
                continue
            row = sheets.good_row(holder, item, on=until - timedelta(days=100 + 7 * position), random=random)
            if source in strict and number % 2 == 0:
                row = (*row[:6], "65", *row[7:])
            told[issuer].append(row)
    return told


def _deposit(story: Story, path: Path, *, issuer: str, by: Actor, count: bool = True) -> Any:
    now = story.at(1)
    batch = deposits.receive(source="file", file_name=path.name, path=path, issuer_code=issuer, by=by, now=now)
    done = deposits.run(batch_id=batch.id, by=by, now=now, progress=story.moved)
    if count:
        story.counts["rows_read"] += done.counts.read
        story.counts["accepted"] += done.counts.accepted
        story.counts["refused"] += done.counts.refused
        story.counts["duplicates"] += done.counts.duplicates
        deposits.write_error_workbook(number=done.number, path=path.with_name(f"{path.stem}-errors.xlsx"), by=by)
    return batch if batch.already else done


# --- the five steps --------------------------------------------------------------------------------------------------


def best_plan(*, learner_id: int, programme: str, on: date) -> tuple[int, Plan]:
    """The programme's id and the best legal plan of a learner for it."""
    target = catalogue.programme("YLVC", programme)
    problem = applications.problem_for(EVERYTHING, programme=target, on=on, learner_id=learner_id)
    return target.id, planning.plan(problem)


def _apply(story: Story, accounts: stage.Accounts, name: str, programme: str, *, now: datetime) -> None:
    learner_id, (account_no, _, _) = accounts.cast[name]
    programme_id, plan = best_plan(learner_id=learner_id, programme=programme, on=today(now))
    by = sign_ins.actor_for(sign_ins.user(account_no), now=now)
    made = recognition.apply(
        learner_id=learner_id, programme_id=programme_id, plan=plan, key=f"demo:{learner_id}:{programme_id}", by=by, now=now
    )  # fmt: skip
    story.applications[name] = made.number


def _version(number: str, *, now: datetime) -> int:
    return applications.application(EVERYTHING, number, now=now).row.version


def _five_steps(story: Story, accounts: stage.Accounts) -> None:
    """Lin approved by a person, Tao refused with a coded reason, Gu decided by silence, Su stopped by an objection."""
    applied = story.at(2)
    for name, programme in [
        (people.LIN.name, PUBLIC_AFFAIRS),
        (people.TAO.name, PUBLIC_AFFAIRS),
        (people.GU.name, ELDERLY_CARE),
        (people.SU.name, PUBLIC_AFFAIRS),
    ]:
        _apply(story, accounts, name, programme, now=applied)
    lin, tao, su = (story.applications[person.name] for person in (people.LIN, people.TAO, people.SU))
    for number in (lin, su):
        now = story.at(5)
        reviewer = stage.actor("reviewer", now=now)
        recognition.approve(
            number=number, version=_version(number, now=now), note="内容对照符合。", by=reviewer, now=now
        )
        now = story.at(6)
        recognition.convert(number=number, version=_version(number, now=now), by=reviewer, now=now)
    now = story.at(6, hour=15)
    recognition.refuse(
        number=tao, version=_version(tao, now=now), reason_code="R-08", note="佐证材料缺第二页，请补齐后再申请。",
        by=stage.actor("reviewer", now=now), now=now,
    )  # fmt: skip
    now = story.at(8)
    recognition.object_(number=su, by_name="邹先生", text="这张成绩单的学期和本人在职时间对不上，请核实。", contact="13900000099",
                        by=PUBLIC, now=now)  # fmt: skip
    now = story.at(10)
    recognition.answer_objection(number=su, version=_version(su, now=now), uphold=True, reply="经向发证学校核实，异议成立。",
                                 by=stage.actor("sheng", now=now), now=now)  # fmt: skip
    _let_time_pass(story)
    waiting = max(applied, story.now - timedelta(days=3))
    for name, programme in [(people.ZHONG.name, PUBLIC_AFFAIRS), (people.HE.name, ELDERLY_CARE)]:
        _apply(story, accounts, name, programme, now=waiting)


def _let_time_pass(story: Story) -> None:
    """One sweep a day until today: reminders, silence, automatic conversion, the end of public notice."""
    moment = story.at(3)
    while moment < story.now:
        recognition.sweep(now=moment)
        moment += timedelta(days=1)
    recognition.sweep(now=story.now)


# --- certificates ----------------------------------------------------------------------------------------------------


def _issue(story: Story, accounts: stage.Accounts) -> None:
    """A statement for Lin and one, revoked, for Tao; conversion certificates for everybody whose application is archived."""
    issuer = stage.actor("sheng", now=story.now)
    story.counts["look"] = portable.look(now=story.now)
    issued = {}
    for person in (people.LIN, people.TAO):
        issued[f"statement-{person.name}"] = certificates.issue_statement(
            learner_id=accounts.cast[person.name][0], by=issuer, now=story.now
        ).number  # fmt: skip
    for name, number in story.applications.items():
        if applications.application(EVERYTHING, number, now=story.now).row.state == "archived":
            made = certificates.issue_conversion(application_number=number, by=issuer, now=story.now)
            issued[f"conversion-{name}"] = made.number
    witnessing.ask_from_now_on(story.witnesses, now=story.now)
    certificates.publish_trust(now=story.now)
    certificates.publish_status(now=story.now)
    witnessing.cosigned(now=story.now)
    for name, number in issued.items():
        _save(story, name, number)
    story.portable = portable.travel(
        learner_id=accounts.cast[people.LIN.name][0],
        by=stage.actor(story.sign_ins[people.LIN.name], now=story.now),
        issued=issued,
        folder=story.folder / "certificates",
        now=story.now,
    )
    certificates.revoke(
        number=issued[f"statement-{people.TAO.name}"], reason="issued_in_error", by=issuer, now=story.now
    )
    story.portable["page"] = portable.page(story.folder / "certificates" / "verify.html")
    translog.seal_all(now=story.now)


def _save(story: Story, name: str, number: str) -> None:
    folder = story.folder / "certificates"
    folder.mkdir(exist_ok=True)
    document = folder / f"{name}.json"
    document.write_bytes(canon.canonical(papers.document(EVERYTHING, number)))
    paper = folder / f"{name}.pdf"
    paper.write_bytes(papers.pdf(EVERYTHING, number, now=story.now))
    story.papers += [document, paper]


def _counted(story: Story, *, seconds: float) -> dict[str, Any]:
    ends: Counter[str] = Counter()
    for number in story.applications.values():
        row = applications.application(EVERYTHING, number, now=story.now).row
        ends[row.state.value] += 1
        if row.decided_by == "silence":
            ends["decided_by_silence"] += 1
    return {
        **story.counts,
        "regulation": story.regulation,
        "supervision": story.supervision,
        "slips": story.slips,
        "gathered": story.gathered,
        "applications": dict(ends),
        "portable": story.portable,
        "certificates": [str(path) for path in story.papers],
        "log_size": log.log_size(),
        "seconds": round(seconds, 1),
    }
