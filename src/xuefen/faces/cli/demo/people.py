"""Made-up people. Names are drawn from common characters, identity numbers carry a right check digit and nobody's life."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from stdnum.cn import ric

COUNTY = "330604"  # 上虞区; only the first six digits of a made-up number
SURNAMES = "林陶谷苏何钟陆沈顾程叶杜汪方石姚谭廖邹熊金陈王李张刘杨黄周吴徐孙胡朱高郭马罗梁宋郑谢韩唐冯于董萧"
FIRST = "秋映明晓雨思嘉文子若安景清向德春家永玉志海立国建丽淑凤"
SECOND = "禾川眉遥野舟宁然轩琪彤瑶峰磊婷慧静娟芳兰梅英华强军勇平辉"


@dataclass(frozen=True, slots=True)
class MadeUp:
    """One made-up person."""

    name: str
    id_number: str
    phone: str


def identity_number(*, born_on: date, serial: int) -> str:
    """An identity number with a right check digit (GB 11643) for a day of birth and a serial of three digits."""
    body = f"{COUNTY}{born_on:%Y%m%d}{serial:03d}"
    return body + ric.calc_check_digit(f"{body}0")  # it looks at the first seventeen


def crowd(count: int, *, random: Random) -> list[MadeUp]:
    """``count`` different people, the same ones for the same ``random``."""
    people: list[MadeUp] = []
    numbers: set[str] = set()
    while len(people) < count:
        born_on = date(1950, 1, 1) + timedelta(days=random.randrange(20_000))
        number = identity_number(born_on=born_on, serial=random.randrange(1, 1000))
        if number in numbers:
            continue
        numbers.add(number)
        name = random.choice(SURNAMES) + random.choice(FIRST) + random.choice([random.choice(SECOND), ""])
        people.append(MadeUp(name, number, f"139{random.randrange(10**8):08d}"))
    return people


LIN = MadeUp("林秋禾", identity_number(born_on=date(1968, 4, 12), serial=122), "13900000001")
TAO = MadeUp("陶川", identity_number(born_on=date(1990, 9, 3), serial=317), "13900000002")
GU = MadeUp("谷眉", identity_number(born_on=date(1996, 1, 25), serial=204), "13900000003")
SU = MadeUp("苏遥", identity_number(born_on=date(1988, 6, 18), serial=446), "13900000004")
ZHONG = MadeUp("钟野", identity_number(born_on=date(1979, 11, 30), serial=511), "13900000005")
HE = MadeUp("何映舟", identity_number(born_on=date(1985, 2, 8), serial=633), "13900000006")
"""The people the story is about: Lin is approved, Tao refused, Gu decided by silence, Su stopped by an objection; Zhong and He
still wait when the story ends, so that the desk has work."""
