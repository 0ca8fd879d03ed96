"""Public numbers of the bank, and the two national numbers it meets: resident identity number and social credit code.

A public number says its class and nothing else: two letters for the class (none for the account), random digits from
the system's secure source, one check digit. The check digit is ISO 7064 MOD 11,10 over the whole number, each letter
counted as two digits (A = 10 … Z = 35), so it is a digit as well and the number can be typed on a telephone. It catches
every single wrong digit and nearly every swap of neighbours. See docs/decisions/0003-check-digits-from-stdnum.md.
"""

import secrets
from array import array
from dataclasses import dataclass
from datetime import date
from enum import Enum
from functools import cache, lru_cache

from stdnum import numdb
from stdnum.cn import ric, uscc
from stdnum.exceptions import InvalidChecksum, InvalidComponent, InvalidFormat, InvalidLength
from stdnum.iso7064 import mod_11_10

from xuefen.bedrock.names import half_width

_SENTENCES = {
    "number_length": (
        "号码位数不对，请核对后重新输入。",
        "The number has the wrong length; please check and enter it again.",
    ),
    "number_characters": ("号码中有不应出现的字符。", "The number contains characters that do not belong in it."),
    "number_class": (
        "这不是此类号码，请确认填写的位置。",
        "This is a number of another kind; please check where it belongs.",
    ),
    "number_check": (
        "号码校验不通过，可能有一位输错。",
        "The check digit does not match; one digit is probably wrong.",
    ),
    "id_number_length": ("身份证号应为 18 位。", "A resident identity number has 18 characters."),
    "id_number_15": (
        "15 位旧身份证号已停用，请提供 18 位号码。",
        "15-digit numbers are no longer valid; please give 18 digits.",
    ),
    "id_number_digits": (
        "身份证号前 17 位应为数字，末位为数字或 X。",
        "The first 17 characters must be digits, the last a digit or X.",
    ),
    "id_number_date": ("身份证号中的出生日期不存在。", "The birth date in the identity number does not exist."),
    "id_number_check": ("身份证号校验不通过，请核对。", "The check character of the identity number does not match."),
    "uscc_length": ("统一社会信用代码应为 18 位。", "A unified social credit code has 18 characters."),
    "uscc_characters": (
        "统一社会信用代码中有不允许的字符。",
        "The social credit code contains characters it cannot have.",
    ),
    "uscc_check": (
        "统一社会信用代码校验不通过，请核对。",
        "The check character of the social credit code does not match.",
    ),
}


class BadNumber(ValueError):
    """A number that cannot be right. `code` is stable; `zh` and `en` are for people and never repeat the number."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.zh, self.en = _SENTENCES[code]
        super().__init__(self.en)


class NumberClass(Enum):
    """A class of public numbers: prefix, count of digits (check digit included), English and Chinese name.

    Sixteen digits where hundreds of millions are issued: with a billion in use one guess in a million hits, and so does
    one new number in a million. Thirteen elsewhere. Columns are unique all the same, and who inserts draws again.
    """

    ACCOUNT = ("", 16, "account", "学习账户")
    OUTCOME = ("CG", 16, "outcome", "学习成果")
    CERTIFICATE = ("ZS", 16, "certificate", "学习成果证明")
    APPLICATION = ("SQ", 13, "application", "申请")
    ACTIVITY = ("HD", 13, "activity", "活动")
    PARTICIPATION = ("CY", 16, "participation", "参加记录")
    DEED = ("SX", 16, "good deed", "善行")
    GATHERING = ("GJ", 13, "gathering", "归集")
    BATCH = ("PC", 13, "batch", "批次")
    RECEIPT = ("HZ", 13, "receipt", "回执")
    PLAN = ("FA", 13, "plan", "转换方案")
    RULE = ("GZ", 13, "rule", "转换规则")
    STANDARD = ("BZ", 13, "standard", "标准")
    AGREEMENT = ("XY", 13, "agreement", "协议")
    PROPOSAL = ("TA", 13, "proposal", "规则提案")
    CONTRACT = ("HT", 13, "contract", "保证转换合同")
    TYPE = ("LX", 13, "outcome type", "成果类型")
    ITEM = ("ML", 13, "item", "成果目录项")
    PROGRAMME = ("ZY", 13, "programme", "专业/项目")
    INSTITUTION = ("JG", 13, "institution", "机构")
    SLIP = ("CR", 13, "deposit slip", "存入单")
    EVIDENCE = ("CL", 13, "evidence", "佐证材料")
    OBJECTION = ("YY", 13, "objection", "异议")
    ARBITRATION = ("ZC", 13, "arbitration", "仲裁")
    ALARM = ("YJ", 13, "alarm", "预警案件")

    def __init__(self, prefix: str, digits: int, en: str, zh: str) -> None:
        self.prefix = prefix
        self.digits = digits
        self.en = en
        self.zh = zh


_BY_PREFIX = {cls.prefix: cls for cls in NumberClass}
_NO_SPACES = str.maketrans(
    "", "", " \t\r\n-\u00a0\u2002\u2003\u2009\u200b\u200c\u200d\u2060\ufeff\u2010\u2011\u2013\u2014"
)


def normalise(text: str) -> str:
    """Return the stored form: half-width, upper case, without spaces, hyphens and invisible characters."""
    return half_width(text).translate(_NO_SPACES).upper()


def _as_digits(prefix: str) -> str:
    return "".join(str(ord(letter) - 55) for letter in prefix)


def check_digit(code: str) -> str:
    """Return the check digit of a short code of letters and digits (an outcome type, D11), as numbers have it."""
    return str(mod_11_10.calc_check_digit("".join(str(int(letter, 36)) for letter in code)))


@cache
def _steps() -> list[list[int]]:
    """Return `steps[state][chunk]`: the MOD 11,10 checksum after three more digits.

    All values come from stdnum: a single digit d has checksum d, so it stands for the state. Bulk deposit needs a
    number in about two microseconds, and digit by digit takes several times that.
    """
    return [[int(mod_11_10.checksum(f"{state}{chunk:03d}")) for chunk in range(1000)] for state in range(10)]


def new_number(cls: NumberClass) -> str:
    """Return one random public number of the class, in stored form. Uniqueness is the database's business."""
    return new_numbers(cls, 1)[0]


def new_numbers(cls: NumberClass, count: int) -> list[str]:
    """Return `count` random public numbers, distinct among themselves, in stored form; half a million a second."""
    numbers: dict[str, None] = {}
    while len(numbers) < count:
        numbers.update(dict.fromkeys(_draw(cls, count - len(numbers))))
    return list(numbers)


def _draw(cls: NumberClass, count: int) -> list[str]:
    span = 10 ** (cls.digits - 1)
    # An account never begins with 0, so that a spreadsheet which takes it for a figure does not shorten it.
    lowest = 0 if cls.prefix else span // 10
    choices = span - lowest
    limit = 2**64 // choices * choices  # beyond it some numbers would be likelier than others: draw again
    steps = _steps()
    start = int(mod_11_10.checksum(_as_digits(cls.prefix)))
    check_digit = [str(mod_11_10.calc_check_digit(str(state))) for state in range(10)]
    prefix, digits, chunks = cls.prefix, cls.digits - 1, range((cls.digits - 1) // 3)
    drawn: list[str] = []
    for value in array("Q", secrets.token_bytes(8 * count)):
        if value < limit:
            body = f"{lowest + value % choices:0{digits}d}"
            state = start
            for i in chunks:
                state = steps[state][int(body[3 * i : 3 * i + 3])]
            drawn.append(prefix + body + check_digit[state])
    return drawn


def check(cls: NumberClass, text: str) -> str:
    """Return the stored form of a number as a person typed it, or raise `BadNumber`.

    Codes, in the order they are looked for: `number_characters`, `number_class`, `number_length`, `number_check`.
    """
    number = normalise(text)
    if not number:
        raise BadNumber("number_length")
    body = number.removeprefix(cls.prefix)
    if not (number.isascii() and number.isalnum()):
        raise BadNumber("number_characters")
    if cls.prefix and not number.startswith(cls.prefix):
        raise BadNumber("number_class")
    if not body.isdigit():
        raise BadNumber("number_class" if number[:2] in _BY_PREFIX and number[2:].isdigit() else "number_characters")
    if len(body) != cls.digits:
        raise BadNumber("number_length")
    if not cls.prefix and body[0] == "0":
        raise BadNumber("number_class")
    if not mod_11_10.is_valid(_as_digits(cls.prefix) + body):
        raise BadNumber("number_check")
    return number


def display(text: str) -> str:
    """Write a number for people, digits in fours: "SQ 4417 0926 8035 1", "3608 5515 9420 7153"."""
    number = normalise(text)
    cut = 2 if number[:2].isalpha() else 0
    groups = [number[i : i + 4] for i in range(cut, len(number), 4)]
    return " ".join([number[:2], *groups] if cut else groups)


# --- national numbers ------------------------------------------------------------------------------------------------


@lru_cache(maxsize=8192)
def _is_known_county(code: str) -> bool:
    # Any code the table has ever held counts: the birth year does not say when the number was given out.
    return any("county" in found for _, found in numdb.get("cn/loc").info(code))


@dataclass(frozen=True, kw_only=True)
class ResidentId:
    """A resident identity number (GB 11643-1999) that passed its checks; `sex` is "F" or "M".

    `known_county` False is a warning for the clerk, never a reason to refuse: codes change, are abolished, and differ
    for residents from Hong Kong, Macao and Taiwan (81, 82, 83) and for foreigners with permanent residence (9).
    """

    number: str
    birth_on: date
    sex: str
    county_code: str
    known_county: bool

    @classmethod
    def parse(cls, text: str, *, today: date | None = None) -> "ResidentId":
        """Read a number as typed (spaces, full-width digits and a small x are fine). `today` refuses later birth dates.

        Raises `BadNumber`: `id_number_length`, `id_number_15`, `id_number_digits`, `id_number_date`, `id_number_check`.
        """
        number = normalise(text)
        if len(number) == 15 and number.isascii() and number.isdigit():
            raise BadNumber("id_number_15")
        if len(number) != 18:
            raise BadNumber("id_number_length")
        head, last = number[:17], number[17]
        if not (number.isascii() and head.isdigit() and (last.isdigit() or last == "X")):
            raise BadNumber("id_number_digits")
        try:
            birth_on = ric.get_birth_date(number)
        except InvalidComponent:
            raise BadNumber("id_number_date") from None
        if birth_on.year < 1850 or (today is not None and birth_on > today):
            raise BadNumber("id_number_date")
        if last != ric.calc_check_digit(number):
            raise BadNumber("id_number_check")
        sex = "M" if int(number[16]) % 2 else "F"
        county = number[:6]
        return cls(number=number, birth_on=birth_on, sex=sex, county_code=county, known_county=_is_known_county(county))


def mask_id(number: str) -> str:
    """Mask an identity number, keeping four characters at each end; a number of eight or fewer is masked whole."""
    return number[:4] + "*" * (len(number) - 8) + number[-4:] if len(number) > 8 else "*" * len(number)


def check_uscc(text: str) -> str:
    """Return the stored form of a unified social credit code (GB 32100-2015), or raise `BadNumber`.

    Codes: `uscc_length`, `uscc_characters`, `uscc_check`. As in stdnum the first eight places must be digits, which
    leaves out the codes that begin with a letter (the army's A, rural collectives' N).
    """
    code = normalise(text)
    if not code.isascii():
        raise BadNumber("uscc_characters" if len(code) == 18 else "uscc_length")
    try:
        return str(uscc.validate(code))
    except InvalidLength:
        raise BadNumber("uscc_length") from None
    except InvalidFormat:
        raise BadNumber("uscc_characters") from None
    except InvalidChecksum:
        raise BadNumber("uscc_check") from None
