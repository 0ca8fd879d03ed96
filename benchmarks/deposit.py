"""Rows deposited a second through the whole road, beside two peers in the same run, everything durable.

Ours: a csv file of 200,000 rows received (copied, digested), read, judged and committed in chunks of 5,000: outcomes, transfers
and balances, log queue, audit, batch counters. Peer one is the physical limit: bare COPY of the very rows that came out (outcome,
transfer, queued leaf) into empty tables of the same shape with all their indexes and checks, in the same chunks. Peer two is
django-import-export with ``use_bulk`` writing the same outcomes, alone, into the same table, learner and item found by their
public codes; and once more at its best, ids given and nothing looked up. Needs the ``bench`` extra.
"""

from __future__ import annotations

import csv
import secrets
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from stdnum.cn import ric

from benchmarks.__main__ import Context
from xuefen.bank.catalogue import actions as catalogue
from xuefen.bank.deposits import actions, queries
from xuefen.bank.deposits.types import BatchFacts
from xuefen.bank.institutions import actions as institutions
from xuefen.bank.institutions.types import InstitutionKind, OutcomeClass
from xuefen.bank.learners import actions as learners
from xuefen.bank.learners.types import OpeningMethod, Person
from xuefen.bank.ledger import queries as ledger
from xuefen.bank.places import actions as places
from xuefen.bank.places.types import PlaceKind
from xuefen.bank.shell import clock
from xuefen.bank.shell.actor import Actor
from xuefen.bank.standards import actions as standards
from xuefen.bank.translog import queries as translog

ROWS = 200_000
LEARNERS = 20_000
ITEMS = 200
WARM_UP_ROWS = 10_000
PEER_ROWS = 5_000
PEER_ROWS_WITH_IDS = 20_000
REPEATS = 3
ISSUER, USCC = "bench-college", "12330000470095016J"
HOUSE = Actor.system("benchmark")
TABLES = {"outcome": "batch_id = %s", "transfer": "lot_id IN (SELECT id FROM outcome WHERE batch_id = %s)",
          "queued_leaf": "id IN (SELECT leaf_id FROM outcome WHERE batch_id = %s)"}  # fmt: skip


def run(context: Context) -> dict[str, Any]:
    accounts = prepare(context)
    deposit(sheet(context.scratch / "warm.csv", accounts, rows=WARM_UP_ROWS, awarded_on=date(2019, 6, 30)))
    ours, copies, peers, best = [], [], [], []
    for round_ in range(REPEATS):
        path = sheet(context.scratch / "rows.csv", accounts, rows=ROWS, awarded_on=date(2020 + round_, 6, 30))
        began = time.perf_counter()
        batch = deposit(path)
        ours.append(ROWS / (time.perf_counter() - began))
        if (batch.counts.accepted, batch.counts.read) != (ROWS, ROWS):
            raise RuntimeError(f"the measured batch is not what was meant: {batch.to_json()}")
        copies.append(ROWS / bare_copy(batch))
        context.say(f"round {round_ + 1}: {ours[-1]:,.0f} rows/s; bare COPY {copies[-1]:,.0f}")
    if broken := [*queries.violations(), *ledger.violations(), *translog.violations()]:
        raise RuntimeError(f"promises broken after the measurement: {broken[:3]}")
    for _ in range(REPEATS):  # last, because these rows have neither transfer nor leaf
        peers.append(PEER_ROWS / import_export(batch, PEER_ROWS))
        best.append(PEER_ROWS_WITH_IDS / import_export(batch, PEER_ROWS_WITH_IDS, ids_given=True))
        context.say(f"django-import-export: {peers[-1]:,.0f} rows/s; with ids given {best[-1]:,.0f}")
    return {
        "rows": ROWS * REPEATS,
        "rows_per_s_min_median_max": spread(ours),
        "bare_copy_rows_per_s_min_median_max": spread(copies),
        "import_export_rows_per_s_min_median_max": spread(peers),
        "import_export_with_ids_rows_per_s_min_median_max": spread(best),
        "percent_of_bare_copy_min_median_max": spread(
            [100 * mine / theirs for mine, theirs in zip(ours, copies, strict=True)]
        ),
        "ratio_to_import_export_min_median_max": spread(
            [mine / theirs for mine, theirs in zip(ours, peers, strict=True)], digits=1
        ),
        "ratio_to_import_export_with_ids_min_median_max": spread(
            [mine / theirs for mine, theirs in zip(ours, best, strict=True)], digits=1
        ),
    }


def spread(values: list[float], digits: int = 0) -> list[float]:
    """Smallest, middle and largest: the machine's noise beside the figure."""
    ordered = sorted(values)
    return [round(v, digits) if digits else round(v) for v in (ordered[0], ordered[len(ordered) // 2], ordered[-1])]


def prepare(context: Context) -> list[str]:
    """A place, a qualified issuer, its catalogue and the learners; the account numbers."""
    now = clock.now()
    standards.load_shipped_packs(by=HOUSE, now=now)
    places.open_place(code="33", name="示例分中心", kind=PlaceKind.BRANCH, parent_code=None, by=HOUSE, now=now)
    institutions.register(
        code=ISSUER, uscc=USCC, name_zh="测速学院", name_en="Bench College", kind=InstitutionKind.UNIVERSITY,
        place_code="33", by=HOUSE, now=now,
    )  # fmt: skip
    institutions.qualify(
        institution_code=ISSUER, outcome_class=OutcomeClass.DEGREE, effective_from=date(2000, 1, 1),
        expires_on=date(2099, 12, 31), basis="测速", by=HOUSE, now=now,
    )  # fmt: skip
    header = ("code", "version", "name", "award", "credit", "theory_hours", "practice_hours", "practice_weeks", "online",
              "subject", "nature", "programme_code", "programme_name", "effective_from")  # fmt: skip
    path = context.scratch / "courses.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        for n in range(ITEMS):
            hours = ("3.0", "48", "0", "0", "否")
            writer.writerow((f"C{n}", "2019", f"课程{n}", "专科", *hours, "", "必修", "P1", "测速", "2019-01-01"))
    report = catalogue.import_sheet(path=path, mapping="courses", institution_code=ISSUER, by=HOUSE, now=now)
    if report.items != ITEMS:
        raise RuntimeError(f"catalogue not as meant: {report.refused[:3]}")
    opened = learners.open_accounts(
        people=[Person(name="林秋禾", id_number=identity(n)) for n in range(LEARNERS)],
        place_code="33", method=OpeningMethod.SERVICE_POINT, by=HOUSE, now=now,
    )  # fmt: skip
    return [one.account_no for one in opened]


def identity(number: int) -> str:
    """A well-formed identity number that belongs to nobody in particular."""
    body = f"330106{date(1960, 1, 1) + timedelta(days=number // 500):%Y%m%d}{number % 500:03d}"
    return body + ric.calc_check_digit(body + "0")


def sheet(path: Path, accounts: list[str], *, rows: int, awarded_on: date) -> Path:
    """Ten courses for each learner, in no order of learners, as a registry would print it course by course."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("账号", "姓名", "成果代码", "取得日期", "成绩"))
        for n in range(rows):
            course = (n // len(accounts) * 17 + n // 100) % ITEMS
            day = awarded_on - timedelta(days=n // len(accounts))
            writer.writerow((accounts[n * 7919 % len(accounts)], "林秋禾", f"C{course}", day, 60 + n % 40))
    return path


def deposit(path: Path) -> BatchFacts:
    """As the command line does it."""
    now = clock.now()
    batch = actions.receive(source="file", file_name=path.name, path=path, issuer_code=ISSUER, by=HOUSE, now=now)
    return actions.run(batch_id=batch.id, by=HOUSE, now=now)


# --- the physical limit ----------------------------------------------------------------------------------------------


def bare_copy(batch: BatchFacts) -> float:
    """Seconds to COPY the batch's finished rows into empty tables of the same shape, chunk by chunk, each durable."""
    chunks = {table: list(finished_rows(table, condition, batch.id)) for table, condition in TABLES.items()}
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"CREATE TABLE bench_{table} (LIKE {table} INCLUDING ALL)")
    began = time.perf_counter()
    for parts in zip(*chunks.values(), strict=True):
        with transaction.atomic(durable=True), connection.cursor() as cursor:
            for table, part in zip(TABLES, parts, strict=True):
                with cursor.cursor.copy(f"COPY bench_{table} FROM STDIN") as copy:
                    copy.write(part)
    seconds = time.perf_counter() - began
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"DROP TABLE bench_{table}")
    return seconds


def finished_rows(table: str, condition: str, batch_id: int) -> Iterator[bytes]:
    """A table's rows of the batch in COPY's own text, in blocks of a chunk."""
    with connection.cursor() as cursor:
        # COPY takes no parameters; the id is ours and an integer.
        text = f"COPY (SELECT * FROM {table} WHERE {condition % int(batch_id)} ORDER BY id) TO STDOUT"
        with cursor.cursor.copy(text) as copy:
            lines = b"".join(bytes(block) for block in copy).splitlines(keepends=True)
    for start in range(0, len(lines), actions.CHUNK_ROWS):
        yield b"".join(lines[start : start + actions.CHUNK_ROWS])


# --- the usual way ---------------------------------------------------------------------------------------------------


def import_export(batch: BatchFacts, rows: int, *, ids_given: bool = False) -> float:
    """Seconds django-import-export takes for so many outcomes, with every switch its manual names for bulk set."""
    from import_export import fields, resources, widgets
    from tablib import Dataset

    from xuefen.bank.models import ItemVersion, Learner, Outcome

    class HexWidget(widgets.Widget):
        def clean(self, value: str, row: Any = None, **kwargs: Any) -> bytes:
            return bytes.fromhex(value)

    class Common(resources.ModelResource):
        natural_key = fields.Field("natural_key", "natural_key", HexWidget())

        def before_save_instance(self, instance: Any, row: Any, **kwargs: Any) -> None:
            instance.batch_id, instance.issuer_id, instance.standard_version_id = shared

        class Meta:
            model = Outcome
            exclude = ("id", "batch", "issuer", "standard_version")  # the same for all rows: no query for them
            import_id_fields = ("number",)
            force_init_instance = True
            use_bulk = True
            batch_size = actions.CHUNK_ROWS
            skip_diff = True
            skip_html_diff = True
            report_skipped = False
            use_transactions = True
            clean_model_instances = False

    class ByCodes(Common):
        learner = fields.Field("learner", "learner", widgets.ForeignKeyWidget(Learner, "account_no"))
        item_version = fields.Field("item_version", "item_version", widgets.ForeignKeyWidget(ItemVersion, "item__code"))

    class ByIds(Common):
        learner = fields.Field("learner_id", "learner", widgets.IntegerWidget())
        item_version = fields.Field("item_version_id", "item_version", widgets.IntegerWidget())

    stored = Outcome.objects.filter(batch_id=batch.id).order_by("id")
    shared = stored.values_list("batch_id", "issuer_id", "standard_version_id")[0]
    columns = ("row", "outcome_class", "level", "credits", "quality", "grade", "mark",
               "awarded_on", "assurance", "state", "leaf_id", "deposited_at")  # fmt: skip
    who = ("learner_id", "item_version_id") if ids_given else ("learner__account_no", "item_version__item__code")
    data = Dataset(headers=[*columns, "serial", "learner", "item_version", "number", "natural_key"])
    for values in stored.values_list(*columns, *who)[:rows]:
        data.append((*values[:-2], "", *values[-2:], f"X{secrets.randbelow(10**16):016d}", secrets.token_hex(16)))
    began = time.perf_counter()
    result = (ByIds if ids_given else ByCodes)().import_data(data, raise_errors=True)
    seconds = time.perf_counter() - began
    if result.totals["new"] != rows:
        raise RuntimeError(f"the peer did not write its rows: {result.totals}")
    return seconds
