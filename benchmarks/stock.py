"""A bank of real size for several benchmarks of one run: 20 colleges, 1.6 million rules, learners with full accounts.

What counts for the measurements is written by the rooms themselves (institutions, catalogue, agreement, accounts); the mass,
rules and outcomes, is made inside PostgreSQL, because 1.6 million publications would only measure publishing. Bodies have
the shape publishing gives them; ``check`` reads a sample of them with the planner's own reader.
"""

from __future__ import annotations

import csv
import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from stdnum.cn import uscc

from benchmarks.deposit import identity
from xuefen.bank.shell import clock
from xuefen.bank.shell.actor import Actor

if TYPE_CHECKING:
    from benchmarks.__main__ import Context

RULES = 1_600_000
COLLEGES, ITEMS = 20, 200
LARGEST = 400
"""Credits of the largest course, hundredths."""
TAUGHT = 160
"""Courses of a college that rules give; the others are only sources."""
NODES = (20, 60, 120)
SIZES = {10: 20, 60: 40, 300: 5}
"""Outcomes an account holds, and how many such accounts are measured."""
MANY = 1_000_000
HOUSE = Actor.system("benchmark")


@dataclass(frozen=True)
class Stock:
    """What is in the bank. ``accounts``: by outcomes held; ``odd``: the same with credits off every grid."""

    accounts: dict[str, list[str]]
    odd: dict[str, list[str]]
    seconds: float
    rules_bytes: int


def college(n: int) -> str:
    return f"bench-{n:02}"


def prepare(context: Context) -> Stock:
    """The stock, made once in a bank's folder."""
    marker = context.scratch / "stock.json"
    if marker.exists():
        return Stock(**json.loads(marker.read_text()))
    began = time.perf_counter()
    _institutions(context.scratch)
    accounts = {str(size): _accounts(size, count) for size, count in SIZES.items()}
    odd = {str(size): _accounts(size, count, odd=True) for size, count in SIZES.items()}
    context.say(f"colleges, catalogue and accounts in {time.perf_counter() - began:.0f} s")
    _outcomes(_deposit_one(context.scratch), [("A", accounts, False), ("B", odd, True)])
    _rules()
    check()
    stock = Stock(accounts, odd, round(time.perf_counter() - began, 1), _one("SELECT pg_total_relation_size('rule')"))
    context.say(f"{RULES:,} rules stored, all in {stock.seconds:.0f} s")
    marker.write_text(json.dumps(asdict(stock)))
    return stock


def fill(context: Context) -> None:
    """More accounts of 60 outcomes each, until the bank holds ``MANY`` outcomes."""
    began = time.perf_counter()
    missing = MANY - int(_one("SELECT count(*) FROM outcome"))
    if missing < 60:
        return
    accounts = _accounts(MANY, missing // 60 + 1)
    _outcomes(int(_one("SELECT min(id) FROM outcome")), [("C", {"60": accounts}, False)])
    context.say(f"{len(accounts):,} more accounts filled in {time.perf_counter() - began:.0f} s")


# --- by the rooms ----------------------------------------------------------------------------------------------------


def _institutions(scratch: Path) -> None:
    from xuefen.bank.conversion import actions as conversion
    from xuefen.bank.institutions import actions
    from xuefen.bank.institutions.types import InstitutionKind, OutcomeClass
    from xuefen.bank.places import actions as places
    from xuefen.bank.places.types import PlaceKind
    from xuefen.bank.standards import actions as standards

    now = clock.now()
    standards.load_shipped_packs(by=HOUSE, now=now)
    places.open_place(code="33", name="示例分中心", kind=PlaceKind.BRANCH, parent_code=None, by=HOUSE, now=now)
    codes = [college(n) for n in range(COLLEGES)]
    for serial, code in enumerate(codes, start=1):
        body = f"91330100{serial:09d}"
        actions.register(
            code=code, uscc=body + uscc.calc_check_digit(body), name_zh=f"第{serial}学院", name_en=code,
            kind=InstitutionKind.UNIVERSITY, place_code="33", by=HOUSE, now=now,
        )  # fmt: skip
        actions.qualify(
            institution_code=code, outcome_class=OutcomeClass.DEGREE, effective_from=date(2000, 1, 1),
            expires_on=date(2099, 12, 31), basis="测速", by=HOUSE, now=now,
        )  # fmt: skip
        _catalogue(scratch, code)
    _programmes()
    conversion.sign_agreement(
        name="测速协议", mode="agreement", party_codes=codes, signatories=dict.fromkeys(codes, "甲"),
        effective_from=date(2020, 1, 1), by=HOUSE, now=now,
    )  # fmt: skip


def _catalogue(scratch: Path, institution: str) -> None:
    """Courses of 1.0 to 4.0 credits through the catalogue's own import."""
    from xuefen.bank.catalogue import actions

    path = scratch / f"{institution}.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("code", "version", "name", "award", "credit", "theory_hours", "practice_hours", "practice_weeks",
                         "online", "subject", "nature", "programme_code", "programme_name", "effective_from"))  # fmt: skip
        for n in range(ITEMS):
            halves = 2 + n * 7 % 7
            writer.writerow((f"S{n:03}", "2024", f"课程{institution}{n}", "专科", f"{halves / 2}", halves * 8, 0, 0,
                             "是" if n % 4 == 0 else "否", "", "必修", "ALL", "全部课程", "2020-01-01"))  # fmt: skip
    report = actions.import_sheet(path=path, mapping="courses", institution_code=institution, by=HOUSE, now=clock.now())
    if report.items != ITEMS:
        raise RuntimeError(f"catalogue not as meant: {report.refused[:3]}")


def _programmes() -> None:
    """At the first college a programme of each number of nodes, at the others one."""
    _programme(college(0), NODES)
    for n in range(1, COLLEGES):
        _programme(college(n), NODES[1:2])


def _programme(institution: str, sizes: Sequence[int]) -> None:
    """Common and core courses, credits of a field, a choice, free electives."""
    from xuefen.bank.catalogue.models import ItemVersion, Programme

    taught = list(
        ItemVersion.objects.filter(item__institution__code=institution, item__code__lt=f"S{TAUGHT:03}").order_by("item__code")
        .values("item_id", "id", "name", "declared_credit", "version", "item__code", "item__institution_id")
    )  # fmt: skip
    for nodes in sizes:
        leaves = [
            {
                "id": f"c{n}", "kind": "course", "name": v["name"], "item_id": v["item_id"], "item": v["item__code"],
                "version": v["version"], "credits": v["declared_credit"],
            }
            for n, v in enumerate(taught[: nodes - 6])
        ]  # fmt: skip
        quarter = len(leaves) // 4
        parts: list[dict[str, Any]] = [
            {"id": "common", "kind": "all", "name": "公共课", "children": leaves[:quarter]},
            {"id": "core", "kind": "all", "name": "专业课", "children": leaves[quarter : 2 * quarter]},
            {"id": "field", "kind": "credits", "name": "方向课", "need": 120 * quarter,
             "children": leaves[2 * quarter : 3 * quarter]},
            {"id": "options", "kind": "choose", "name": "任选", "need": len(leaves[3 * quarter :]) // 2,
             "children": leaves[3 * quarter :]},
            {"id": "free", "kind": "credits", "name": "公共选修", "need": 1200, "elective": True, "children": []},
        ]  # fmt: skip
        total = sum(leaf["credits"] for leaf in leaves) + 1200
        Programme.objects.create(
            institution_id=taught[0]["item__institution_id"], code=f"P{nodes}", version="2026", name=f"{nodes} 节点",
            level=5, total_credits=total, effective_from=date(2026, 1, 1),
            tree={"id": "root", "kind": "all", "name": "培养方案", "children": parts},
        )  # fmt: skip


def _accounts(size: int, count: int, *, odd: bool = False) -> list[str]:
    """So many learners, each of whom will hold ``size`` outcomes."""
    from xuefen.bank.learners import actions
    from xuefen.bank.learners.types import OpeningMethod, Person

    first = min(2_000 * size, 1_000_000) + 1_000 * odd  # nobody is in two groups
    people = [Person(name="林秋禾", id_number=identity(first + n)) for n in range(count)]
    opened = actions.open_accounts(
        people=people, place_code="33", method=OpeningMethod.SERVICE_POINT, by=HOUSE, now=clock.now()
    )
    if len({one.account_no for one in opened}) != count:
        raise RuntimeError("not every learner has an account")
    return [one.account_no for one in opened]


def _deposit_one(scratch: Path) -> int:
    """One outcome on the usual road, the pattern of all others; its id."""
    from xuefen.bank.deposits import actions

    (account,) = _accounts(1, 1)
    path = scratch / "one.csv"
    path.write_text(f"账号,姓名,成果代码,取得日期,成绩\n{account},林秋禾,S001,2024-06-30,85\n", encoding="utf-8")
    now = clock.now()
    batch = actions.receive(source="file", file_name=path.name, path=path, issuer_code=college(1), by=HOUSE, now=now)
    done = actions.run(batch_id=batch.id, by=HOUSE, now=now)
    if done.counts.accepted != 1:
        raise RuntimeError(f"the pattern was not accepted: {done.to_json()}")
    return int(_one("SELECT max(id) FROM outcome"))


# --- by the database -------------------------------------------------------------------------------------------------

ITEMS_TABLE = """
CREATE TEMP TABLE bench_item AS
SELECT row_number() OVER (ORDER BY i.institution_id, i.code) - 1 AS n, i.id AS item_id, v.id AS version_id, i.institution_id,
       o.code AS institution, i.code, v.declared_credit AS credits
FROM item i JOIN item_version v ON v.item_id = i.id JOIN institution o ON o.id = i.institution_id;
CREATE UNIQUE INDEX ON bench_item (n);
ANALYZE bench_item;
"""

# Learner ``l`` holds every seventh item from a place of its own on: some 420 neighbours, so two or three colleges.
OUTCOMES = """
INSERT INTO outcome (
    number, batch_id, row, learner_id, issuer_id, item_version_id, standard_version_id, outcome_class, level,
    credits, quality, grade, mark, hours, serial, awarded_on, assurance, state, natural_key, leaf_id, deposited_at
)
SELECT %(series)s || lpad((l.k * 1000 + s)::text, 12, '0'), p.batch_id, p.row, l.id, i.institution_id, i.version_id,
       p.standard_version_id, p.outcome_class, p.level,
       CASE WHEN %(odd)s THEN
            greatest(1, round(i.credits * (ARRAY[0.85, 0.7, 1.2, 1 / 3.0, 1.13])[1 + i.institution_id %% 5]))::int
       ELSE i.credits END,
       p.quality, '', 6000 + (hashint8extended(l.id * 1000 + s, 1) & 4095) %% 4000, NULL, '',
       date '2020-01-01' + (hashint8extended(l.id * 1000 + s, 2) & 2047)::int, p.assurance, p.state,
       uuid_send(md5(%(series)s || l.id || '/' || s)::uuid), p.leaf_id, p.deposited_at
FROM (SELECT id, row_number() OVER (ORDER BY id) AS k FROM learner WHERE account_no = ANY(%(accounts)s)) l
CROSS JOIN generate_series(0, %(size)s - 1) s
JOIN bench_item i ON i.n = %(own)s + ((hashint8extended(l.id, 0) & 65535) * 11 + s * 7) %% (%(items)s - %(own)s)
CROSS JOIN (SELECT * FROM outcome WHERE id = %(pattern)s) p
"""

# 84 % one source, 10 % two, 4 % either/or, 2 % a pool; 88 % one course, 6 % two, 6 % elective credit; one in 997 states credits.
RULES_TABLE = """
CREATE TEMP TABLE bench_rule AS
SELECT r.id, r.n, r.kind, r.goal, r.mark, a.institution_id AS receiver_id, a.institution AS receiver,
       s.item_id AS s1, s.institution || '/' || s.code AS f1, s2.item_id AS s2, s2.institution || '/' || s2.code AS f2,
       t.item_id AS t1, t.institution || '/' || t.code AS g1, t2.item_id AS t2, t2.institution || '/' || t2.code AS g2
FROM (
    SELECT n, nextval(pg_get_serial_sequence('rule', 'id')) AS id, n %% %(colleges)s AS c,
           (hashint8extended(n, 1) & 1048575) %% ((%(colleges)s - 1) * %(items)s) AS source,
           (hashint8extended(n, 2) & 1048575) %% %(taught)s AS target,
           (hashint8extended(n, 3) & 1048575) %% 100 AS kind, (hashint8extended(n, 4) & 1048575) %% 100 AS goal,
           (ARRAY[NULL, 6000, 7000])[1 + (hashint8extended(n, 5) & 1048575) %% 3] AS mark
    FROM generate_series(1, %(rules)s) n
) r
JOIN bench_item a ON a.n = r.c * %(items)s
JOIN bench_item s ON s.n = (r.c * %(items)s + %(items)s + r.source) %% (%(colleges)s * %(items)s)
JOIN bench_item s2 ON s2.n = s.n / %(items)s * %(items)s + (s.n + 7) %% %(items)s
JOIN bench_item t ON t.n = r.c * %(items)s + r.target
JOIN bench_item t2 ON t2.n = r.c * %(items)s + (r.target + 3) %% %(taught)s
"""

RULES_ROWS = """
INSERT INTO rule (id, number, version, agreement_id, receiver_id, state, body, statement, denies, effective_from, retired_on)
SELECT id, 'BZ' || lpad(n::text, 8, '0'), 1, (SELECT min(id) FROM agreement), receiver_id, 'published', jsonb_build_object(
         'rule', jsonb_strip_nulls(jsonb_build_object(
            'basis', jsonb_build_object('zh', '课程对照表', 'en', 'Course comparison table'),
            'sources', CASE WHEN kind < 84 THEN jsonb_build_array(s1) WHEN kind < 94 THEN jsonb_build_array(s1, s2) END,
            'either', CASE WHEN kind BETWEEN 94 AND 97 THEN jsonb_build_array(jsonb_build_array(s1), jsonb_build_array(s2)) END,
            'pool', CASE WHEN kind >= 98 THEN jsonb_build_object('items', jsonb_build_array(s1, s2), 'credits', 200) END,
            'elective', CASE WHEN goal >= 94 THEN '*' END,
            'targets', CASE
                WHEN n % 997 = 0 AND goal < 88 THEN jsonb_build_array(jsonb_build_object('item_id', t1, 'credits', 400))
                WHEN goal < 88 THEN jsonb_build_array(jsonb_build_object('item_id', t1)) WHEN goal < 94 THEN
                jsonb_build_array(jsonb_build_object('item_id', t1), jsonb_build_object('item_id', t2)) END,
            'conditions', CASE WHEN mark IS NOT NULL THEN jsonb_build_object('min_mark', mark) END)),
         'from', CASE WHEN kind < 84 THEN jsonb_build_array(f1) ELSE jsonb_build_array(f1, f2) END,
         'to', CASE WHEN goal < 88 THEN jsonb_build_array(g1) WHEN goal < 94 THEN jsonb_build_array(g1, g2) ELSE '[]' END),
       md5(n::text), false, date '2020-01-01', NULL
FROM bench_rule ORDER BY n
"""

INDEX_ROWS = """
INSERT INTO rule_source (rule_id, item_id, receiver_id)
SELECT id, s1, receiver_id FROM bench_rule UNION ALL SELECT id, s2, receiver_id FROM bench_rule WHERE kind >= 84;
INSERT INTO rule_target (rule_id, item_id, denied_issuer)
SELECT id, t1, '' FROM bench_rule WHERE goal < 94 UNION ALL SELECT id, t2, '' FROM bench_rule WHERE goal BETWEEN 88 AND 93;
"""


def _outcomes(pattern: int, series: Sequence[tuple[str, dict[str, list[str]], bool]]) -> None:
    with _bulk("outcome") as cursor:
        cursor.execute(ITEMS_TABLE)
        for letter, by_size, odd in series:
            for size, accounts in by_size.items():
                cursor.execute(
                    OUTCOMES,
                    {"series": f"{letter}{size}", "size": int(size), "accounts": accounts, "odd": odd, "pattern": pattern,
                     "own": ITEMS, "items": COLLEGES * ITEMS},
                )  # fmt: skip
        cursor.execute("ANALYZE outcome")


def _rules() -> None:
    shape = {"rules": RULES, "colleges": COLLEGES, "items": ITEMS, "taught": TAUGHT}
    with _bulk("rule", "rule_source", "rule_target") as cursor:
        cursor.execute(ITEMS_TABLE)
        cursor.execute(RULES_TABLE, shape)
        cursor.execute(RULES_ROWS)
        cursor.execute(INDEX_ROWS)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")  # what autovacuum does within minutes of a bulk load


@contextmanager
def _bulk(*tables: str) -> Iterator[Any]:
    """One transaction without triggers, the tables' own indexes made after their rows."""
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica; SET LOCAL maintenance_work_mem = '256MB'")
        cursor.execute("SET LOCAL work_mem = '256MB'; DROP TABLE IF EXISTS bench_item, bench_rule")
        cursor.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema() AND tablename = ANY(%s)"
            " AND indexname NOT IN (SELECT conname FROM pg_constraint)",
            [list(tables)],
        )
        indexes = cursor.fetchall()
        for name, _ in indexes:
            cursor.execute(f'DROP INDEX "{name}"')
        yield cursor
        for _, definition in indexes:
            cursor.execute(definition)


def check() -> None:
    """The stored rules are what the planner reads: a sample of them, and their index rows."""
    from django.db.models.functions import Mod

    from xuefen.bank.conversion.models import Rule
    from xuefen.bank.conversion.queries.versions import planned

    found = Rule.objects.annotate(place=Mod("id", RULES // 400)).filter(place=0)
    for row in found.prefetch_related("sources", "targets"):
        rule = planned(row.number, row.version, row.body)
        if {s.item_id for s in row.sources.all()} != rule.items() or {t.item_id for t in row.targets.all()} != {
            t.item_id for t in rule.targets
        }:
            raise RuntimeError(f"rule {row.number} is not indexed as it says")


def _one(statement: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()[0]
