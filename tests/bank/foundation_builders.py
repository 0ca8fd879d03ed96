"""Places, institutions, people and actors for tests, each in one line. Every number here is made up but well formed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from stdnum.cn import ric, uscc

from xuefen.bank.institutions import actions as institutions
from xuefen.bank.institutions.models import Institution
from xuefen.bank.institutions.types import InstitutionKind, OutcomeClass
from xuefen.bank.learners import actions as learners
from xuefen.bank.learners.types import Opened, OpeningMethod, Person
from xuefen.bank.places import actions as places
from xuefen.bank.places.models import Place
from xuefen.bank.places.types import Division, PlaceKind
from xuefen.bank.shell.actor import Actor
from xuefen.bank.staff.rules import grants_for
from xuefen.bank.staff.types import PostFacts, Role

NOW = datetime(2026, 11, 20, 2, 3, 4, tzinfo=UTC)
TODAY = date(2026, 11, 20)
HOUSE = Actor.system("test")

ZHEJIANG, HANGZHOU, XIHU, POINT = "hub/33/", "hub/33/3301/", "hub/33/3301/330106/", "hub/33/3301/330106/330106001/"
SHANGHAI, SHANGHAI_POINT = "hub/31/", "hub/31/310101001/"

DIVISIONS = (
    Division("hub", "总平台", PlaceKind.HUB),
    Division("33", "浙江省", PlaceKind.BRANCH, "hub"),
    Division("3301", "杭州市", PlaceKind.SUB_CENTRE, "33"),
    Division("330106", "西湖区", PlaceKind.SUB_CENTRE, "3301"),
    Division("330106001", "北山街道", PlaceKind.SERVICE_POINT, "330106"),
    Division("31", "上海市", PlaceKind.BRANCH, "hub"),
    Division("310101001", "外滩街道", PlaceKind.SERVICE_POINT, "31"),
)


def tree() -> dict[str, Place]:
    """Seven places, hub to service point in two branches, by code."""
    places.import_divisions(divisions=DIVISIONS, by=HOUSE, now=NOW)
    return {place.code: place for place in Place.objects.all()}


def credit_code(number: int) -> str:
    """A well-formed unified social credit code."""
    body = f"91330100{number:09d}"
    return body + uscc.calc_check_digit(body)


def institution(
    code: str = "zju",
    *,
    number: int = 1,
    kind: InstitutionKind = InstitutionKind.UNIVERSITY,
    place_code: str = "33",
    classes: tuple[OutcomeClass, ...] = (),
) -> Institution:
    """An institution in an existing place, qualified for ``classes`` from 2020 to 2030."""
    built = institutions.register(
        code=code,
        uscc=credit_code(number),
        name_zh=f"示例院校{number}",
        name_en=f"Example College {number}",
        kind=kind,
        place_code=place_code,
        by=HOUSE,
        now=NOW,
    )
    for outcome_class in classes:
        institutions.qualify(
            institution_code=code,
            outcome_class=outcome_class,
            effective_from=date(2020, 1, 1),
            expires_on=date(2030, 12, 31),
            basis="年度评审",
            by=HOUSE,
            now=NOW,
        )
    return built


def identity(number: int, *, county: str = "330106") -> str:
    """A well-formed identity number; another one for each ``number`` below ten million."""
    born = date(1990, 1, 1) + timedelta(days=number // 1000)
    body = f"{county}{born:%Y%m%d}{number % 1000:03d}"
    return body + ric.calc_check_digit(body + "0")


def person(number: int = 1, *, name: str = "林秋禾", phone: str = "") -> Person:
    return Person(name=name, id_number=identity(number), phone=phone)


def account(number: int = 1, *, name: str = "林秋禾", phone: str = "", place_code: str = "330106001") -> Opened:
    """An account opened at a service point, without a sign-in."""
    return learners.open_account(
        name=name,
        id_number=identity(number),
        phone=phone,
        place_code=place_code,
        method=OpeningMethod.SERVICE_POINT,
        agreed=True,
        by=HOUSE,
        now=NOW,
    )


def at_place(role: Role, path: str) -> Actor:
    """Somebody at a post of a place; no row is written."""
    grants = grants_for([PostFacts(role=role, place_path=path)])
    return Actor(kind="staff", name=f"{role} {path}", grants=grants, roles=(role.value,))


def at_institution(role: Role, institution_id: int) -> Actor:
    """Somebody at a post of an institution; no row is written."""
    grants = grants_for([PostFacts(role=role, institution_id=institution_id)])
    return Actor(kind="staff", name=f"{role} {institution_id}", grants=grants, roles=(role.value,))


def as_learner(learner_id: int) -> Actor:
    """The learner themselves; no sign-in is written."""
    grants = grants_for([PostFacts(role=Role.LEARNER)], learner_id=learner_id)
    return Actor(kind="learner", name="learner", learner_id=learner_id, grants=grants, roles=("learner",))
