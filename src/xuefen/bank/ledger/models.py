"""The books. Everything here is append-only or guarded by CHECKs; ``ledger.actions`` is the only writer."""

from django.db import models
from django.db.models import F, Q

from xuefen.bank.ledger.types import BookKind, TransferKind


class Book(models.Model):
    """A book with its running totals, hundredths of credit. Changed only together with a transfer, in one transaction.

    What proves it: totals = fold of transfers (I1, ``xuefen prove``). Only an issuer's book may be below zero.
    """

    kind = models.CharField(max_length=12, choices=[(k.value, k.value) for k in BookKind])
    owner_id = models.BigIntegerField()  # learner id or institution id, by kind
    received = models.BigIntegerField(default=0)
    sent = models.BigIntegerField(default=0)
    held = models.BigIntegerField(default=0)

    class Meta:
        db_table = "book"
        constraints = [
            models.UniqueConstraint(fields=["kind", "owner_id"], name="book_once"),
            models.CheckConstraint(
                name="book_totals_not_negative", condition=Q(received__gte=0, sent__gte=0, held__gte=0)
            ),
            models.CheckConstraint(
                name="book_not_overdrawn",
                condition=Q(kind=BookKind.ISSUER) | Q(received__gte=F("sent") + F("held")),
            ),
        ]


class Transfer(models.Model):
    """One movement between two books. Never changed or deleted (trigger); undone only by another row.

    ``key`` is the idempotency key. ``of`` links REDEEM/RELEASE to their RESERVE and what undoes a transfer to it, each
    at most once. ``expires_at`` of a RESERVE: from then on it can only be released. Foreign keys carry no row trigger:
    the writer has just proved them, nothing referred to is ever deleted, and ``xuefen prove`` looks for orphans
    (docs/decisions/0009).
    """

    kind = models.CharField(max_length=8, choices=[(k.value, k.value) for k in TransferKind])
    from_book = models.ForeignKey(
        "bank.Book", on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    to_book = models.ForeignKey(
        "bank.Book", on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    amount = models.BigIntegerField()
    lot_id = models.BigIntegerField()
    of = models.ForeignKey("bank.Transfer", null=True, on_delete=models.PROTECT, db_constraint=False, db_index=False)
    key = models.CharField(max_length=80)
    at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "transfer"
        constraints = [
            models.CheckConstraint(name="transfer_amount_positive", condition=Q(amount__gt=0)),
            models.CheckConstraint(name="transfer_two_books", condition=~Q(from_book=F("to_book"))),
            models.CheckConstraint(
                name="transfer_reserve_expires", condition=Q(expires_at=None) | Q(kind=TransferKind.RESERVE)
            ),
            models.UniqueConstraint(fields=["key"], name="transfer_key_once"),
            models.UniqueConstraint(fields=["of"], name="transfer_ended_once", condition=Q(of__isnull=False)),
        ]
        indexes = [
            models.Index(fields=["lot_id"], name="transfer_lot"),
            models.Index(fields=["expires_at", "id"], name="transfer_expiry", condition=Q(expires_at__isnull=False)),
        ]


class Lot(models.Model):
    """What has become of one outcome's credit. Made when the credit is first reserved or reversed; until then all of it is
    free. ``recognised`` is the amount of its DEPOSIT. I2 lives in the CHECK: no double use.
    """

    outcome_id = models.BigIntegerField(primary_key=True)
    recognised = models.BigIntegerField()
    reserved = models.BigIntegerField(default=0)
    redeemed = models.BigIntegerField(default=0)
    reversed = models.BigIntegerField(default=0)

    class Meta:
        db_table = "lot"
        constraints = [
            models.CheckConstraint(
                name="lot_parts_not_negative", condition=Q(reserved__gte=0, redeemed__gte=0, reversed__gte=0)
            ),
            models.CheckConstraint(
                name="lot_no_double_use", condition=Q(recognised__gte=F("reserved") + F("redeemed") + F("reversed"))
            ),
        ]
