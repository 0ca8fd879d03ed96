"""How well likeness finds what belongs together, beside PostgreSQL's trigrams over the names in the same run.

Two labelled sets of real data, through the catalogue as it runs: courses of one school that changed their name between plan
years (old name sought among the newest), and courses two schools have articulated (the sender's sought among the receiver's).
Half of each set was looked at while weights were chosen; the figures are of the other half. Needs the shared data.
"""

from __future__ import annotations

import csv
import json
import os
import random
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stdnum.cn import uscc

if TYPE_CHECKING:
    from benchmarks.__main__ import Context

DATA = Path(os.environ.get("XUEFEN_SHARED_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
PLANS = DATA / "china/hitsz_training_plans_7300_courses.csv"
ARTICULATION = DATA / "articulation/assist_evergreen_to_ucb_2025-26_allprefixes.json"
NOW = datetime(2026, 11, 20, tzinfo=UTC)
SEED = 20261120
NEGATIVES = 20
"""False pairs drawn for each true one, for average precision."""
DEEP = 50
HEADER = ("code", "name", "credit", "theory", "practice")

Row = tuple[str, str, str, str, str]
Pairs = Sequence[tuple[str, frozenset[str]]]
"""Code sought for → the codes that are right."""


def run(context: Context) -> dict[str, Any]:
    if not PLANS.exists():
        return {"left_out": "the shared data is not here"}
    from xuefen.bank.shell.actor import Actor

    by = Actor.system("benchmark")
    place(by)
    results: dict[str, Any] = {}
    for name, (old, new, pairs) in {"altered": altered(), "renamed": renamed(), "articulated": articulated()}.items():
        school(f"{name}OLD", old, context=context, by=by)
        school(f"{name}NEW", new, context=context, by=by)
        results |= {f"{name}_{key}": value for key, value in measured(name, old, new, pairs).items()}
        context.say(f"{name}: {results[f'{name}_held_out_recall_at_5']}")
    return results


# --- labelled sets ---------------------------------------------------------------------------------------------------


def renamed() -> tuple[list[Row], list[Row], Pairs]:
    """Codes whose name differs between their first and their last plan year, beyond the way of writing."""
    from xuefen.bedrock.names import course_name_key

    return changed(lambda first, last: course_name_key(first[1]) != course_name_key(last[1]))


def altered() -> tuple[list[Row], list[Row], Pairs]:
    """Codes that changed at all: name, credits or hours."""
    return changed(lambda first, last: first != last)


def changed(differs: Callable[[Row, Row], bool]) -> tuple[list[Row], list[Row], Pairs]:
    """Of each code the first and the last plan year's reading; the newest readings of all codes are the candidates."""
    from xuefen.bedrock.names import clean

    seen: dict[str, dict[str, Row]] = {}
    with PLANS.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            practice = sum(int(row[hours] or 0) for hours in ("lab", "practice", "computer"))
            code, name = clean(row["course_code"]).upper(), clean(row["course_name"])
            course = (code, name, row["credit"], row["theory"] or "0", str(practice))
            seen.setdefault(code, {}).setdefault(row["year"], course)
    old, new, pairs = [], [], []
    for code, years in sorted(seen.items()):
        first, last = years[min(years)], years[max(years)]
        new.append(last)
        if differs(first, last):
            old.append(first)
            pairs.append((code, frozenset({code})))
    return old, new, pairs


def articulated() -> tuple[list[Row], list[Row], Pairs]:
    """Single courses of one agreement and what they are taken for; a course may be taken for several."""
    result = json.loads(ARTICULATION.read_text(encoding="utf-8"))["result"]
    old: dict[str, Row] = {}
    new: dict[str, Row] = {}
    pairs: dict[str, set[str]] = {}
    for prefix in result["articulations"]:
        for one in prefix["articulations"]:
            course = one.get("course")
            if course is None:
                continue
            target = coded(course)
            new[target[0]] = target
            for group in (one.get("sendingArticulation") or {}).get("items") or []:
                sent = [item for item in group["items"] if item.get("courseTitle")]
                if len(sent) == 1 or group["courseConjunction"] == "Or":
                    for item in sent:
                        source = coded(item)
                        old[source[0]] = source
                        pairs.setdefault(source[0], set()).add(target[0])
    return list(old.values()), list(new.values()), [(code, frozenset(right)) for code, right in sorted(pairs.items())]


def coded(course: Mapping[str, Any]) -> Row:
    code = f"{course['prefix']} {course['courseNumber']}".upper()[:40]
    return code, " ".join(course["courseTitle"].split()), f"{course['minUnits']:.1f}", "0", "0"


# --- the catalogue ---------------------------------------------------------------------------------------------------

MAPPING = {
    "kind": "course",
    "outcome_class": "degree",
    "item": {
        "code": "code",
        "version": {"constant": "1"},
        "name": "name",
        "type_code": {"constant": "D11"},
        "declared_credit": "credit",
        "theory_hours": "theory",
        "practice_hours": "practice",
        "effective_from": {"constant": "2026-09-01"},
    },
}


def place(by: Any) -> None:
    from xuefen.bank.places.actions import open_place
    from xuefen.bank.places.types import PlaceKind

    open_place(code="33", name="示例分中心", kind=PlaceKind.BRANCH, by=by, now=NOW)


def school(code: str, rows: Sequence[Row], *, context: Context, by: Any) -> None:
    """Publish the rows as the catalogue of an institution of their own."""
    from xuefen.bank.catalogue.actions import import_sheet
    from xuefen.bank.institutions.actions import register
    from xuefen.bank.institutions.types import InstitutionKind

    body = f"9111{sum(code.encode()):013d}"
    register(
        code=code, uscc=body + uscc.calc_check_digit(body), name_zh=code, name_en=code, kind=InstitutionKind.UNIVERSITY,
        place_code="33", by=by, now=NOW,
    )  # fmt: skip
    sheet = context.scratch / f"{code}.csv"
    with sheet.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([HEADER, *rows])
    report = import_sheet(path=sheet, mapping=MAPPING, institution_code=code, by=by, now=NOW)
    assert not report.refused, report.refused[:3]


# --- measures --------------------------------------------------------------------------------------------------------


def measured(name: str, old: Sequence[Row], new: Sequence[Row], pairs: Pairs) -> dict[str, Any]:
    """Ours and trigrams over the same queries; the half that was held out, and all of it."""
    shuffled = sorted(pairs)
    random.Random(SEED).shuffle(shuffled)
    held_out = shuffled[len(shuffled) // 2 :]
    titles = {row[0]: row[1] for row in old}
    spent: list[float] = []
    ours = {code: dict(likes(f"{name}OLD", f"{name}NEW", code, spent)) for code, _ in shuffled}
    theirs = {code: dict(trigrams(f"{name}NEW", titles[code])) for code, _ in shuffled}
    rows = {"ours": ours, "trigrams": theirs}
    numbers: dict[str, Any] = {"queries": len(shuffled), "held_out": len(held_out), "candidates": len(new)}
    for label, chosen in (("held_out", held_out), ("all", shuffled)):
        for measure in (recall_at_5, reciprocal_rank):
            values = {who: round(measure(found, chosen), 3) for who, found in rows.items()}
            numbers[f"{label}_{measure.__name__}"] = " / ".join(f"{who} {value}" for who, value in values.items())
        codes = [row[0] for row in new]
        values = {who: round(average_precision(found, chosen, codes), 3) for who, found in rows.items()}
        numbers[f"{label}_average_precision"] = " / ".join(f"{who} {value}" for who, value in values.items())
    numbers["ms_per_query_median"] = round(1000 * statistics.median(spent), 1)
    return numbers


def likes(source: str, target: str, code: str, spent: list[float]) -> Iterator[tuple[str, float]]:
    from xuefen.bank.catalogue import queries

    item = queries.item(source, code)
    started = time.perf_counter()
    found = queries.similar(item, limit=DEEP, institution_code=target)
    spent.append(time.perf_counter() - started)
    for one in found:
        yield one.facts.code, one.score


TRIGRAMS = """
    SELECT i.code, similarity(v.name, %s) AS score FROM item_version v JOIN item i ON i.id = v.item_id
    JOIN institution s ON s.id = i.institution_id WHERE s.code = %s ORDER BY score DESC, i.code LIMIT %s
"""


def trigrams(target: str, title: str) -> list[tuple[str, float]]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        cursor.execute(TRIGRAMS, [title, target, DEEP])
        return [(code, score) for code, score in cursor.fetchall() if score > 0]


Found = Mapping[str, Mapping[str, float]]


def recall_at_5(found: Found, pairs: Pairs) -> float:
    """How many of the right ones stand among the first five."""
    hits = sum(len(right & set(list(found[code])[:5])) / min(5, len(right)) for code, right in pairs)
    return hits / len(pairs)


def reciprocal_rank(found: Found, pairs: Pairs) -> float:
    """One over the place of the first right one, on average."""
    total = 0.0
    for code, right in pairs:
        places = [n for n, one in enumerate(found[code], 1) if one in right]
        total += 1 / places[0] if places else 0.0
    return total / len(pairs)


def average_precision(found: Found, pairs: Pairs, codes: Sequence[str]) -> float:
    """True pairs among drawn false ones, all ranked by score together."""
    draw = random.Random(SEED)
    scored: list[tuple[float, bool]] = []
    for code, right in pairs:
        scored += [(found[code].get(one, 0.0), True) for one in right]
        wrong = [one for one in codes if one not in right]
        scored += [(found[code].get(one, 0.0), False) for one in draw.sample(wrong, min(NEGATIVES, len(wrong)))]
    # Of equal scores the false ones come first: a tie is not a merit.
    scored.sort(key=lambda pair: (-pair[0], pair[1]))
    hits, total = 0, 0.0
    for n, (_, true) in enumerate(scored, 1):
        if true:
            hits += 1
            total += hits / n
    return total / hits
