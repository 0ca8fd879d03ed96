from __future__ import annotations

import re
import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from xuefen.bank.ledger import actions, queries
from xuefen.bank.ledger.models import Book, Lot, Transfer
from xuefen.bank.ledger.types import (
    CREDIT_NOT_FREE,
    IDEMPOTENCY_CONFLICT,
    RESERVATION_ENDED,
    RESERVATION_EXPIRED,
    Balance,
    BookKind,
    LotFacts,
    Posting,
    TransferKind,
)
from xuefen.bank.shell.problems import Denied

NOW = datetime(2026, 9, 16, 8, 0, tzinfo=UTC)
ISSUER, LEARNER, RECEIVER = 7, 8, 9


def books() -> tuple[int, int, int]:
    return (
        actions.book_ids(BookKind.ISSUER, [ISSUER])[ISSUER],
        actions.book_ids(BookKind.LEARNER, [LEARNER])[LEARNER],
        actions.book_ids(BookKind.RECEIVER, [RECEIVER])[RECEIVER],
    )


def books_now() -> tuple[int, int, int]:
    with transaction.atomic():
        return books()


def deposit(*, lot: int = 1, amount: int = 300) -> int:
    issuer, learner, _ = books()
    posting = Posting(TransferKind.DEPOSIT, issuer, learner, amount, lot, key=f"d{lot}")
    return actions.post(postings=[posting], now=NOW)[0]


def reserve(*, lot: int = 1, amount: int = 300, key: str = "r1") -> int:
    _, learner, receiver = books()
    posting = Posting(TransferKind.RESERVE, learner, receiver, amount, lot, key=key)
    return actions.post(postings=[posting], now=NOW)[0]


def learner_balance() -> Balance:
    return queries.balance(BookKind.LEARNER, LEARNER)


@pytest.mark.django_db
def test_a_deposit_is_one_row_and_two_books() -> None:
    deposit()
    assert list(Transfer.objects.values_list("kind", "amount", "lot_id", "key")) == [("deposit", 300, 1, "d1")]
    assert learner_balance() == Balance(received=300, sent=0, held=0)
    assert queries.balance(BookKind.ISSUER, ISSUER) == Balance(received=0, sent=300, held=0)
    assert list(queries.violations()) == []


@pytest.mark.django_db
def test_reserved_credit_is_held_then_redeemed() -> None:
    deposit()
    reservation = reserve()
    assert learner_balance() == Balance(received=300, sent=0, held=300)
    assert queries.lots([1]) == {1: LotFacts(300, reserved=300)}
    actions.end_reservations(reservation_ids=[reservation], kind=TransferKind.REDEEM, key="a", now=NOW)
    assert learner_balance() == Balance(received=300, sent=300, held=0)
    assert queries.balance(BookKind.RECEIVER, RECEIVER) == Balance(received=300, sent=0, held=0)
    assert queries.lots([1]) == {1: LotFacts(300, redeemed=300)}
    assert list(queries.violations()) == []


@pytest.mark.django_db
def test_released_credit_is_free_again() -> None:
    deposit()
    reservation = reserve()
    actions.end_reservations(reservation_ids=[reservation], kind=TransferKind.RELEASE, key="a", now=NOW)
    assert learner_balance().available == 300
    reserve(key="r2")
    assert learner_balance() == Balance(received=300, sent=0, held=300)
    assert list(queries.violations()) == []


@pytest.mark.django_db
def test_a_reservation_ends_once() -> None:
    deposit()
    reservation = reserve()
    actions.end_reservations(reservation_ids=[reservation], kind=TransferKind.RELEASE, key="a", now=NOW)
    with pytest.raises(Denied) as denied:
        actions.end_reservations(reservation_ids=[reservation], kind=TransferKind.REDEEM, key="b", now=NOW)
    assert denied.value.problem is RESERVATION_ENDED


@pytest.mark.django_db
def test_a_deposit_is_reversed_by_its_mirror_image() -> None:
    deposit_id = deposit()
    actions.undo(transfer_ids=[deposit_id], key="x", now=NOW)
    assert learner_balance() == Balance(received=300, sent=300, held=0)
    assert queries.lots([1]) == {1: LotFacts(300, reversed=300)}
    original, mirror = Transfer.objects.order_by("id")
    assert (mirror.from_book_id, mirror.to_book_id, mirror.of_id) == (
        original.to_book_id,
        original.from_book_id,
        original.pk,
    )
    assert list(queries.violations()) == []


@pytest.mark.django_db
def test_the_same_key_has_one_effect() -> None:
    first = deposit()
    assert deposit() == first
    assert learner_balance() == Balance(received=300, sent=0, held=0)
    issuer, learner, _ = books()
    with pytest.raises(Denied) as denied:
        actions.post(postings=[Posting(TransferKind.DEPOSIT, issuer, learner, 400, 1, key="d1")], now=NOW)
    assert denied.value.problem is IDEMPOTENCY_CONFLICT


@pytest.mark.django_db
def test_all_postings_or_none() -> None:
    deposit(lot=1)
    deposit(lot=2)
    _, learner, receiver = books()
    good = Posting(TransferKind.RESERVE, learner, receiver, 300, 1, key="g")
    twice = Posting(TransferKind.RESERVE, learner, receiver, 301, 2, key="t")
    with pytest.raises(Denied) as denied, transaction.atomic():
        actions.post(postings=[good, twice], now=NOW)
    assert denied.value.problem is CREDIT_NOT_FREE
    assert learner_balance().held == 0


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE transfer SET amount = amount + 1",
        "DELETE FROM transfer",
        "TRUNCATE transfer CASCADE",
        "UPDATE book SET received = -1 WHERE kind = 'learner'",
        "UPDATE book SET sent = received + 1 WHERE kind = 'learner'",
        "UPDATE book SET owner_id = owner_id + 1",
        "DELETE FROM book",
        "UPDATE lot SET recognised = recognised + 1",
        "UPDATE lot SET reserved = reserved + 1",
        "DELETE FROM lot",
    ],
)
def test_the_database_itself_refuses(statement: str) -> None:
    deposit()
    reserve()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # what waits for the end would refuse some of it for us
        table = re.search(r"transfer|book|lot", statement)[0]
        with pytest.raises(DatabaseError, match=rf"rows of {table} are facts|violates check"), transaction.atomic():
            cursor.execute(statement)


BOOKS_AGREE = (  # whoever changes a transfer changes the totals too
    ";UPDATE book SET received = received + 1 WHERE kind = 'learner'; UPDATE book SET sent = sent + 1 WHERE kind = 'issuer'"
)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("tamper", "told"),
    [
        ("UPDATE book SET received = received + 1 WHERE kind = 'learner'",
         ["book {learner} (learner 8): received is 301, its transfers give 300"]),
        ("UPDATE transfer SET amount = amount - 1 WHERE kind = 'deposit'",
         ["book {issuer} (issuer 7): sent is 300, its transfers give 299",
          "book {learner} (learner 8): received is 300, its transfers give 299",
          "lot of outcome 1: recognised is 300, its transfers {d}, {r}, {e} give 299"]),
        (f"UPDATE transfer SET amount = amount + 1 WHERE kind = 'deposit' {BOOKS_AGREE}",
         ["lot of outcome 1: recognised is 300, its transfers {d}, {r}, {e} give 301"]),
        ("UPDATE transfer SET amount = 1 WHERE kind = 'redeem'",
         ["transfer {e}: 1, but transfer {r}, which it follows, 300"]),
        ("UPDATE transfer SET to_book_id = 999 WHERE kind = 'redeem'",
         ["transfer {e}: names a book that does not exist"]),
        ("UPDATE transfer SET kind = 'reuse' WHERE kind = 'redeem'",
         ["transfer {e}: is no reuse of transfer {r}, a reserve between its books"]),
        ("UPDATE transfer SET of_id = NULL WHERE kind = 'redeem'", ["transfer {e}: a redeem of nothing"]),
        ("DELETE FROM transfer WHERE kind = 'reserve'",
         ["transfer {e}: follows transfer {r}, which does not exist"]),
        ("INSERT INTO transfer (id, kind, from_book_id, to_book_id, amount, lot_id, key, at) SELECT 900000001, kind,"
         " from_book_id, to_book_id, 1, lot_id, 'forged', at FROM transfer WHERE kind = 'deposit'",
         ["transfer 900000001: a second deposit of the credit that transfer {d} brought in"]),
        ("UPDATE lot SET reserved = 300, redeemed = 0",
         ["lot of outcome 1: reserved is 300, its transfers {d}, {r}, {e} give 0"]),
        ("DELETE FROM lot", ["lot of outcome 1: recognised is not stored, its transfers {d}, {r}, {e} give 300"]),
    ],
)  # fmt: skip
def test_prove_says_where_what_a_superuser_changed_first_differs(tamper: str, told: list[str]) -> None:
    deposited, reserved = deposit(), reserve()
    (ended,) = actions.end_reservations(reservation_ids=[reserved], kind=TransferKind.REDEEM, key="a", now=NOW)
    issuer, learner, _ = books()
    assert list(queries.violations()) == []
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # what only a superuser can do
        cursor.execute(tamper)
        cursor.execute("SET LOCAL session_replication_role = origin")
    found = [f"{violation.subject}: {violation.found}" for violation in queries.violations()]
    places = {"issuer": issuer, "learner": learner, "d": deposited, "r": reserved, "e": ended}
    expected = [line.format(**places) for line in told]
    assert found[0] == expected[0]
    assert set(expected) <= set(found)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("before", [False, True], ids=["first use", "used and given back"])
def test_many_at_once_exactly_one_wins(before: bool) -> None:
    """Also when the outcome's lot stands already, and the learner's book would bear the credit twice."""
    with transaction.atomic():
        deposit()
        deposit(lot=2, amount=100_000)
    if before:
        with transaction.atomic():
            reservation = reserve(key="before")
            actions.end_reservations(reservation_ids=[reservation], kind=TransferKind.RELEASE, key="back", now=NOW)
    results: list[str] = []
    start = threading.Barrier(64)

    def contend(number: int) -> None:
        start.wait()
        try:
            with transaction.atomic():
                reserve(key=f"race{number}")
            results.append("won")
        except Denied as denied:
            results.append(denied.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=contend, args=(n,)) for n in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [CREDIT_NOT_FREE.code] * 63 + ["won"]
    assert learner_balance() == Balance(received=100_300, sent=0, held=300)
    assert list(queries.violations()) == []


@pytest.mark.django_db(transaction=True)
def test_who_comes_second_waits_until_the_first_has_ended_and_is_refused() -> None:
    with transaction.atomic():
        deposit()
        deposit(lot=2, amount=100_000)
        reservation = reserve(key="before")
        actions.end_reservations(reservation_ids=[reservation], kind=TransferKind.RELEASE, key="back", now=NOW)
    told: list[object] = []

    def second() -> None:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                told.append(cursor.fetchone()[0])
                reserve(key="second")
            told.append("won")
        except Denied as denied:
            told.append(denied.code)
        finally:
            connection.close()

    other = threading.Thread(target=second)
    with transaction.atomic(), connection.cursor() as cursor:
        reserve(key="first")
        other.start()
        waits = 0
        while not waits:
            assert other.is_alive(), "it did not wait"
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted AND pid = ANY(%s)", [told[:1]])
            waits = cursor.fetchone()[0]
    other.join()
    assert told[1:] == [CREDIT_NOT_FREE.code]
    assert list(queries.violations()) == []


@pytest.mark.django_db(transaction=True)
def test_one_key_at_the_same_moment_is_one_effect_and_one_answer() -> None:
    with transaction.atomic():
        deposit()
        books()
    answers: list[object] = []
    start = threading.Barrier(16)

    def press(amount: int) -> None:
        start.wait()
        try:
            with transaction.atomic():
                answers.append(reserve(amount=amount, key="one"))
        except Denied as denied:
            answers.append(denied.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=press, args=(300,)) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 16 and len(set(answers)) == 1 and isinstance(answers[0], int)
    assert learner_balance() == Balance(received=300, sent=0, held=300)


@pytest.mark.django_db(transaction=True)
def test_two_lots_in_opposite_order_do_not_deadlock() -> None:
    with transaction.atomic():
        deposit(lot=1)
        deposit(lot=2)
        _, learner, receiver = books()
    results: list[str] = []
    start = threading.Barrier(16)

    def contend(number: int) -> None:
        lots = (1, 2) if number % 2 else (2, 1)
        start.wait()
        try:
            with transaction.atomic():
                actions.post(
                    postings=[
                        Posting(TransferKind.RESERVE, learner, receiver, 300, lot, key=f"{number}.{lot}")
                        for lot in lots
                    ],
                    now=NOW,
                )
            results.append("won")
        except Denied as denied:
            results.append(denied.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=contend, args=(n,)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [CREDIT_NOT_FREE.code] * 15 + ["won"]


@pytest.mark.django_db(transaction=True)
class TestExpiry:
    """A reservation with an end can be redeemed before it, and only released after it."""

    END = NOW + timedelta(days=30)

    def reserved(self) -> int:
        with transaction.atomic():
            deposit()
            _, learner, receiver = books()
            posting = Posting(TransferKind.RESERVE, learner, receiver, 300, 1, key="r", expires_at=self.END)
            return actions.post(postings=[posting], now=NOW)[0]

    def end(self, reservation: int, kind: TransferKind, now: datetime) -> None:
        with transaction.atomic():
            actions.end_reservations(reservation_ids=[reservation], kind=kind, key="e", now=now)

    def test_in_time_it_is_redeemed_and_never_released(self) -> None:
        self.end(self.reserved(), TransferKind.REDEEM, self.END - timedelta(seconds=1))
        assert actions.release_expired(now=self.END) == 0
        assert learner_balance() == Balance(received=300, sent=300, held=0)

    def test_too_late_it_gives_its_credit_back_once(self) -> None:
        reservation = self.reserved()
        with pytest.raises(Denied) as denied:
            self.end(reservation, TransferKind.REDEEM, self.END)
        assert denied.value.problem is RESERVATION_EXPIRED
        assert actions.release_expired(now=self.END - timedelta(seconds=1)) == 0
        assert [actions.release_expired(now=self.END) for _ in range(2)] == [1, 0]
        assert learner_balance() == Balance(received=300, sent=0, held=0)
        assert list(queries.violations()) == []

    def test_the_same_key_with_another_end_is_another_act(self) -> None:
        self.reserved()
        with pytest.raises(Denied) as denied, transaction.atomic():
            reserve(key="r")
        assert denied.value.problem is IDEMPOTENCY_CONFLICT

    def test_only_reservations_end(self) -> None:
        issuer, learner, _ = books_now()
        posting = Posting(TransferKind.DEPOSIT, issuer, learner, 300, 5, key="d", expires_at=self.END)
        with pytest.raises(IntegrityError, match="transfer_reserve_expires"), transaction.atomic():
            actions.post(postings=[posting], now=NOW)


@pytest.mark.django_db
@pytest.mark.parametrize("count", [1, 3, 300])
def test_posting_takes_the_same_number_of_queries(count: int, django_assert_num_queries) -> None:
    issuer, learner, _ = books()
    postings = [Posting(TransferKind.DEPOSIT, issuer, learner, 100, lot, key=f"d{lot}") for lot in range(count)]
    with django_assert_num_queries(5):  # keys locked, keys read, lock, totals, ids; COPY is not counted
        actions.post(postings=postings, now=NOW)
    assert Book.objects.get(kind=BookKind.LEARNER).received == 100 * count
    assert Lot.objects.count() == 0
