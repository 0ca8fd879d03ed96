"""An issuer with a small catalogue, learners, and deposit sheets to order. Also what must hold after every deposit."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from tests.bank import foundation_builders as foundation
from xuefen.bank.audit.models import AuditEntry
from xuefen.bank.catalogue.models import Item, ItemVersion
from xuefen.bank.deposits import actions
from xuefen.bank.deposits import queries as deposits
from xuefen.bank.deposits.models import Batch, Outcome, RefusedRow
from xuefen.bank.deposits.types import BatchFacts
from xuefen.bank.institutions.models import Institution
from xuefen.bank.institutions.types import InstitutionKind, OutcomeClass
from xuefen.bank.learners import actions as learners
from xuefen.bank.learners.types import OpeningMethod, Person
from xuefen.bank.ledger import queries as ledger
from xuefen.bank.ledger.models import Transfer
from xuefen.bank.shell.actor import Actor
from xuefen.bank.staff.types import Role
from xuefen.bank.standards import actions as standards
from xuefen.bank.translog.models import QueuedLeaf
from xuefen.bedrock import canon

NOW, HOUSE = foundation.NOW, foundation.HOUSE
HEADER = ("账号", "姓名", "成果代码", "取得日期", "成绩", "学时", "证书编号")


@dataclass(frozen=True)
class World:
    """One qualified issuer, its officer, its items C1 (course, 3 credits), C2 (theory and practice), Z1, S1, and accounts."""

    issuer: Institution
    officer: Actor
    accounts: tuple[str, ...]
    learner_ids: tuple[int, ...]
    identities: tuple[str, ...]

    def row(self, learner: int = 0, **changes: Any) -> list[str]:
        """A good row of one learner; change any cell by its English field name."""
        cells = {
            "account": self.accounts[learner],
            "name": "林秋禾",
            "item_code": "C1",
            "awarded_on": "2026-06-30",
            "grade": "85",
            "hours": "",
            "serial": "",
        }
        return [str(value) for value in (cells | changes).values()]


def world(people: int = 3, *, classes: Sequence[OutcomeClass] = tuple(OutcomeClass), code: str = "ylu") -> World:
    """Build it all; some 30 ms besides the accounts."""
    foundation.tree()
    issuer = foundation.institution(code, kind=InstitutionKind.UNIVERSITY, classes=tuple(classes))
    standards.load_shipped_packs(by=HOUSE, now=NOW)
    add_item(issuer, "C1", theory_hours=48, declared_credit=300)
    add_item(issuer, "C2", theory_hours=16, practice_hours=32)
    add_item(issuer, "Z1", kind="certificate", outcome_class="vocational", type_code="V14", level=4)
    add_item(issuer, "S1", kind="activity", outcome_class="social", type_code="S01", level=3)
    opened = learners.open_accounts(
        people=[Person(name="林秋禾", id_number=foundation.identity(n)) for n in range(people)],
        place_code="330106001",
        method=OpeningMethod.SERVICE_POINT,
        by=HOUSE,
        now=NOW,
    )
    return World(
        issuer=issuer,
        officer=foundation.at_institution(Role.ISSUER_OFFICER, issuer.pk),
        accounts=tuple(o.account_no for o in opened),
        learner_ids=tuple(o.learner_id for o in opened),
        identities=tuple(foundation.identity(n) for n in range(people)),
    )


def add_item(
    issuer: Institution,
    code: str,
    *,
    version: str = "2026",
    kind: str = "course",
    outcome_class: str = "degree",
    type_code: str = "D12",
    level: int = 6,
    effective_from: date = date(2026, 1, 1),
    **hours: int,
) -> ItemVersion:
    """One version of one item, straight into the tables. The school declares more credit than the hours give, unless told."""
    item, _ = Item.objects.get_or_create(institution=issuer, code=code, defaults={"kind": kind})
    return ItemVersion.objects.create(
        item=item,
        version=version,
        name=f"示例{code}",
        name_key=f"示例{code}",
        outcome_class=outcome_class,
        type_code=type_code,
        level=level,
        effective_from=effective_from,
        **({"declared_credit": 1000} | hours),
    )


def sheet(
    path: Path,
    rows: Iterable[Sequence[str]],
    *,
    header: Sequence[str] = HEADER,
    encoding: str = "utf-8",
    delimiter: str = ",",
) -> Path:
    """Write a csv sheet."""
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerow(header)
        writer.writerows(rows)
    return path


def receive(world: World, path: Path, *, by: Actor | None = None) -> BatchFacts:
    return actions.receive(
        source="file", file_name=path.name, path=path, issuer_code=world.issuer.code, by=by or world.officer, now=NOW
    )


def deposit(world: World, path: Path, *, chunk_rows: int = actions.CHUNK_ROWS) -> BatchFacts:
    """Receive and run, as the command line does."""
    batch = receive(world, path)
    return actions.run(batch_id=batch.id, by=world.officer, now=NOW, chunk_rows=chunk_rows)


def errors_of(batch_id: int) -> dict[int, list[tuple[str, str]]]:
    """Row → its (field, code) pairs."""
    return {r.row: [(e.field, e.problem.code) for e in r.errors] for r in deposits.refused_rows(batch_id)}


def end_state(batch: BatchFacts) -> dict[str, Any]:
    """Everything a batch has left behind, without what is drawn at random: numbers, ids, salts, chunk borders."""
    outcomes = Outcome.objects.filter(batch_id=batch.id).order_by("row")
    columns = ("row", "learner_id", "item_version_id", "outcome_class", "credits", "quality", "mark", "hours", "serial",
               "awarded_on", "natural_key", "state")  # fmt: skip
    transfers = Transfer.objects.filter(lot_id__in=outcomes.values("id")).order_by("id")
    audit = AuditEntry.objects.filter(subject_id=batch.number, action="deposits.deposited")
    leaves = QueuedLeaf.objects.filter(id__in=outcomes.values("leaf_id")).order_by("id")
    bodies = [canon.parse_canonical(bytes(body)) for body in leaves.values_list("body", flat=True)]
    stored = Batch.objects.get(pk=batch.id)
    return {
        "outcomes": [(*row[:10], bytes(row[10]), row[11]) for row in outcomes.values_list(*columns)],
        "transfers": list(transfers.values_list("kind", "from_book__owner_id", "to_book__owner_id", "amount")),
        "leaves": [(b["item"], b["credits"], b["awarded_on"], b["assurance"]) for b in bodies],
        "refused": list(
            RefusedRow.objects.filter(batch_id=batch.id)
            .order_by("row", "id")
            .values_list("row", "field", "code", "params", "duplicate")
        ),
        "audited": {k: sum(e.after[k] for e in audit) for k in ("accepted", "refused", "duplicates", "credits")},
        "batch": (stored.state, stored.read, stored.accepted, stored.refused, stored.duplicates, stored.credits),
    }


def receipt_of(batch: BatchFacts) -> dict[str, Any]:
    assert batch.receipt is not None
    found: dict[str, Any] = json.loads(batch.receipt)
    return found


def broken_promises() -> list[Any]:
    """What ``xuefen prove`` would say of the books and of the deposits."""
    return [*ledger.violations(), *deposits.violations()]
