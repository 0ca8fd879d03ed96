"""Problems: everything a person can be told went wrong, each with one code and one sentence in both languages.

A room declares its own problems as constants in its ``types.py``; this module only keeps them together, so that a code
means one thing everywhere and the API, the pages, the command line and the error workbooks say the same sentence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

REGISTRY: dict[str, Problem] = {}


@dataclass(frozen=True, slots=True)
class Problem:
    """One kind of refusal. ``zh`` and ``en`` may hold ``{named}`` parameters; ``status`` is the HTTP status."""

    code: str
    zh: str
    en: str
    status: int = 422

    def __post_init__(self) -> None:
        if self.code in REGISTRY and REGISTRY[self.code] != self:
            raise ValueError(f"problem code declared twice: {self.code}")
        REGISTRY[self.code] = self

    def __reduce__(self) -> tuple[object, ...]:
        return _declared, (self.code,)  # another process finds its own, and there is only one

    def sentence(self, language: str = "zh", params: Mapping[str, object] | None = None) -> str:
        """The sentence in ``zh`` or ``en`` with its parameters filled in."""
        template = self.en if language.startswith("en") else self.zh
        return template.format(**(params or {}))


def _declared(code: str) -> Problem:
    return REGISTRY[code]


@dataclass(slots=True)
class Denied(Exception):
    """An anticipated refusal, for people. Anything else that goes wrong is a defect and crashes loudly.

    ``place`` says where: a field name, a row number, a cell; ``params`` fill the sentence.
    """

    problem: Problem
    params: dict[str, object] = field(default_factory=dict)
    place: str = ""

    def __init__(self, problem: Problem, *, place: str = "", **params: object) -> None:
        self.problem = problem
        self.params = params
        self.place = place
        Exception.__init__(self, problem.code)

    def __reduce__(self) -> tuple[object, ...]:
        return _denied, (self.problem, self.place, self.params)

    @property
    def code(self) -> str:
        return self.problem.code

    def sentence(self, language: str = "zh") -> str:
        return self.problem.sentence(language, self.params)

    def __str__(self) -> str:
        where = f" ({self.place})" if self.place else ""
        return f"{self.code}{where}: {self.sentence('en')}"


def _denied(problem: Problem, place: str, params: Mapping[str, object]) -> Denied:
    return Denied(problem, place=place, **params)


NOT_SIGNED_IN = Problem("not_signed_in", "请先登录。", "Sign in first.", status=401)
NOT_ALLOWED = Problem(
    "not_allowed",
    "您的岗位不能做这件事（{action}）。需要时请找管理员授权。",
    "Your post does not allow this ({action}). Ask an administrator if you need it.",
    status=403,
)
NOT_FOUND = Problem("not_found", "没有找到，或者不在您的范围内。", "Not found, or outside your scope.", status=404)
STALE = Problem(
    "stale",
    "您看到的内容已经变了，请刷新后再定。",
    "What you saw has changed meanwhile. Reload and decide again.",
    status=409,
)
