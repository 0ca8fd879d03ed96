"""Setting the stage: places from the real division codes, institutions, posts, the catalogue, rules, accounts."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from random import Random

from django.conf import settings
from stdnum.cn import uscc

from xuefen.bank.catalogue import actions as catalogue
from xuefen.bank.catalogue.types import ImportReport
from xuefen.bank.conversion import actions as conversion
from xuefen.bank.conversion.types import AgreementMode, RuleDraft
from xuefen.bank.institutions import actions as institutions
from xuefen.bank.institutions.types import InstitutionKind, OutcomeClass
from xuefen.bank.learners import actions as learners
from xuefen.bank.learners.types import Person
from xuefen.bank.places import actions as places
from xuefen.bank.places.types import PlaceKind
from xuefen.bank.shell.actor import PUBLIC, Actor
from xuefen.bank.shell.clock import today
from xuefen.bank.staff import actions as staff
from xuefen.bank.staff import queries as sign_ins
from xuefen.bank.staff.types import Role
from xuefen.faces.cli.demo import people
from xuefen.faces.cli.demo.people import MadeUp
from xuefen.faces.cli.demo.sheets import Person as AccountHolder

HOUSE = Actor.system("demo")
PASSWORD = "xuefen-demo-2026"  # noqa: S105 - printed by the demo, for made-up people only
OWN = Path(str(files("xuefen"))) / "demo_data"

# Real codes and names (national division codes, 2023), for a machine without the real tables.
PLACES = {"33": "浙江省", "3306": "绍兴市", "330602001": "塔山街道", "330602002": "府山街道"}
POINTS = ("330602001", "330602002")


@dataclass(frozen=True, slots=True)
class House:
    """One made-up institution: what it is, where it stands, what it may deposit."""

    code: str
    zh: str
    en: str
    kind: InstitutionKind
    place: str
    classes: tuple[OutcomeClass, ...]
    social_code: str  # the first seventeen characters; the check character is computed


HOUSES = (
    House("YLU", "云岭大学", "Yunling University", InstitutionKind.UNIVERSITY, "3306", (OutcomeClass.DEGREE,),
          "12330600470000101"),
    House("YLVC", "云岭职业技术学院", "Yunling Vocational College", InstitutionKind.VOCATIONAL_COLLEGE, "3306",
          (OutcomeClass.DEGREE, OutcomeClass.VOCATIONAL), "12330600470000202"),
    House("YLZS", "云岭职业技能评价中心", "Yunling Skill Assessment Centre", InstitutionKind.CERTIFICATE_BODY, "3306",
          (OutcomeClass.VOCATIONAL,), "52330600500000303"),
    House("YLSQ", "石桥社区学校", "Shiqiao Community School", InstitutionKind.COMMUNITY_SCHOOL, "330602001",
          (OutcomeClass.SOCIAL,), "12330602470000404"),
)  # fmt: skip

# sign-in name → (display name, role, place, institution)
STAFF = {
    "hub": ("周总管", Role.HUB_OFFICER, "hub", None),
    "sheng": ("沈主任", Role.BRANCH_OFFICER, "33", None),
    "sheng2": ("韩科长", Role.BRANCH_OFFICER, "33", None),
    "shi": ("顾科长", Role.SUB_CENTRE_OFFICER, "3306", None),
    "tashan": ("程干事", Role.POINT_CLERK, "330602001", None),
    "fushan": ("叶干事", Role.POINT_CLERK, "330602002", None),
    "yldx": ("杜教务", Role.ISSUER_OFFICER, None, "YLU"),
    "ylzs": ("汪考评", Role.ISSUER_OFFICER, None, "YLZS"),
    "ylsq": ("方老师", Role.ISSUER_OFFICER, None, "YLSQ"),
    "ylzy": ("石学籍", Role.ISSUER_OFFICER, None, "YLVC"),
    "reviewer": ("陆认定", Role.REVIEWER, None, "YLVC"),
    "jianguan": ("姚监督", Role.SUPERVISOR, "hub", None),
    "zhuanjia": ("严教授", Role.EXPERT, "hub", None),
    "zhuanjia2": ("沈老师", Role.EXPERT, "hub", None),
    "hub2": ("高明远", Role.HUB_OFFICER, "hub", None),
}


def real_data() -> Path | None:
    """The folder with real data beside the checkout, when it is there."""
    folder = Path(settings.XUEFEN_REAL_DATA)
    return folder if (folder / "china/hitsz_training_plans_7300_courses.csv").exists() else None


def actor(username: str, *, now: datetime) -> Actor:
    """A member of staff, as if signed in."""
    return sign_ins.actor_for(sign_ins.user(username), now=now)


def places_and_people(*, data: Path | None, now: datetime) -> int:
    """The tree of places, the institutions with their reviewed qualifications, the posts. Returns institutions."""
    names = {**PLACES, **(_division_names(data / "china/divisions") if data else {})}
    places.open_place(code="hub", name="总平台", kind=PlaceKind.HUB, parent_code=None, by=HOUSE, now=now)
    tree = [("33", PlaceKind.BRANCH, "hub"), ("3306", PlaceKind.SUB_CENTRE, "33")]
    tree += [(code, PlaceKind.SERVICE_POINT, "3306") for code in POINTS]
    for code, kind, parent in tree:
        places.open_place(code=code, name=names[code], kind=kind, parent_code=parent, by=HOUSE, now=now)
    for house in HOUSES:
        institutions.register(
            code=house.code, uscc=house.social_code + uscc.calc_check_digit(house.social_code), name_zh=house.zh,
            name_en=house.en, kind=house.kind, place_code=house.place, by=HOUSE, now=now,
        )  # fmt: skip
        for outcome_class in house.classes:
            institutions.qualify(
                institution_code=house.code, outcome_class=outcome_class, effective_from=date(2020, 1, 1),
                expires_on=today(now) + timedelta(days=3 * 365), basis="办学资质审核表第 1 号（演示）", by=HOUSE, now=now,
            )  # fmt: skip
    for username, (name, role, place, institution) in STAFF.items():
        staff.create_user(username=username, display_name=name, password=PASSWORD, by=HOUSE, now=now)
        staff.appoint(username=username, role=role, place_code=place, institution_code=institution, by=HOUSE, now=now)
    return len(HOUSES)


def _division_names(folder: Path) -> dict[str, str]:
    names: dict[str, str] = {}
    for table in ("provinces", "cities", "streets"):
        with (folder / f"{table}.csv").open(encoding="utf-8") as file:
            names |= {row["code"]: row["name"] for row in csv.DictReader(file) if row["code"] in PLACES}
    return names


def catalogues(*, data: Path | None, now: datetime) -> dict[str, ImportReport]:
    """Each institution publishes its sheet; the university and the certificate body real ones where they are there."""
    china = data / "china" if data else None
    sheets = {
        "YLU": (
            china / "hitsz_training_plans_7300_courses.csv" if china else OWN / "university_courses.csv",
            "hitsz-plans",
        ),
        "YLZS": (china / "national_skill_standards_717.csv" if china else OWN / "certificates.csv", "skill-standards"),
        "YLSQ": (OWN / "activities.csv", "activities"),
        "YLVC": (OWN / "college_courses.csv", "courses"),
    }
    officers = {"YLU": "yldx", "YLZS": "ylzs", "YLSQ": "ylsq", "YLVC": "ylzy"}
    return {
        code: catalogue.import_sheet(
            path=path, mapping=mapping, institution_code=code, by=actor(officers[code], now=now), now=now
        )
        for code, (path, mapping) in sheets.items()
    }  # fmt: skip


def rules(*, data: Path | None, now: datetime) -> tuple[tuple[RuleDraft, ...], list[str]]:
    """One agreement signed by all four, and the rules under it with their numbers, in force from the day of signing."""
    signed = conversion.sign_agreement(
        name="云岭学分互认协议", mode=AgreementMode.AGREEMENT, party_codes=[house.code for house in HOUSES],
        signatories={house.code: f"{house.zh}（章）" for house in HOUSES}, effective_from=today(now), by=HOUSE, now=now,
    )  # fmt: skip
    written = conversion.read_rules(OWN / ("rules-real.yaml" if data else "rules-own.yaml"))
    drafts = tuple(replace(draft, effective_from=today(now)) for draft in written)
    return drafts, conversion.publish_rules(agreement_number=signed.number, rules=drafts, by=HOUSE, now=now)


@dataclass(frozen=True, slots=True)
class Accounts:
    """Who has an account now: the crowd, and the people of the story by name."""

    crowd: Sequence[AccountHolder]
    cast: dict[str, tuple[int, AccountHolder]]  # name → learner id, holder


def accounts(*, count: int, random: Random, now: datetime) -> Accounts:
    """The people of the story open accounts online or at a counter; a crowd opens theirs at the two service points."""
    cast = {}
    for number, person in enumerate((people.LIN, people.TAO, people.GU, people.SU, people.ZHONG, people.HE)):
        cast[person.name] = _open_one(person, online=number % 2 == 0, now=now)
    crowd: list[AccountHolder] = []
    for point, username in zip(POINTS, ("tashan", "fushan"), strict=True):
        made_up = people.crowd(count // 2, random=random)
        opened = learners.open_accounts(
            people=[Person(p.name, p.id_number, p.phone) for p in made_up], place_code=point, method="service_point",
            by=actor(username, now=now), now=now,
        )  # fmt: skip
        crowd += [
            (answer.account_no, person.id_number, person.name)
            for answer, person in zip(opened, made_up, strict=True)
            if answer.account_no
        ]
    return Accounts(crowd, cast)


def _open_one(person: MadeUp, *, online: bool, now: datetime) -> tuple[int, AccountHolder]:
    """Online by themselves and then seen at the counter, or at the counter at once."""
    opened = learners.open_account(
        name=person.name, id_number=person.id_number, phone=person.phone, place_code=POINTS[0],
        method="online" if online else "service_point", agreed=True, password=PASSWORD,
        by=PUBLIC if online else actor("tashan", now=now), now=now,
    )  # fmt: skip
    if online:
        from xuefen.bank.learners.types import Assurance

        learners.prove_identity(
            account_no=opened.account_no, assurance=Assurance.SEEN, method="居民身份证原件", by=actor("tashan", now=now), now=now
        )  # fmt: skip
    return opened.learner_id, (opened.account_no, person.id_number, person.name)
