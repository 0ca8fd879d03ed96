"""The log: every fact is a leaf, in an order nobody can quietly change."""

from django.db import models
from django.db.models import F, Q


class QueuedLeaf(models.Model):
    """A fact waiting for its place in the log. Written by ``translog.actions.append`` inside the fact's transaction, removed
    by the sequencer in the transaction that gives it its index. ``body`` is the canonical bytes that are hashed.
    """

    body = models.BinaryField()

    class Meta:
        db_table = "queued_leaf"


class Leaf(models.Model):
    """A fact in the log. Written once by the sequencer; a trigger refuses change and deletion. What proves it: its hash is
    under every later checkpoint. ``leaf_id`` is the id it was queued under, which the fact's own row remembers.
    """

    index = models.BigIntegerField(primary_key=True)
    leaf_id = models.BigIntegerField(unique=True)
    body = models.BinaryField()

    class Meta:
        db_table = "leaf"


class Checkpoint(models.Model):
    """A signed statement of the log's size and root. Written by the sequencer before it is published; never changed."""

    size = models.BigIntegerField(unique=True)
    root = models.BinaryField()
    note = models.BinaryField()
    sealed_at = models.DateTimeField()

    class Meta:
        db_table = "checkpoint"


class WatchedLog(models.Model):
    """A log this node witnesses. ``size`` and ``root`` are what it cosigned last: they only grow, inside the transaction that
    answers (trigger), so that two checkpoints of one log that contradict each other are never both cosigned.
    """

    origin = models.CharField(max_length=200, unique=True)
    vkey = models.TextField()
    hash = models.CharField(max_length=8)  # sm3 | sha256
    size = models.BigIntegerField(default=0)
    root = models.BinaryField(default=b"")
    cosigned_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "watched_log"


class Witness(models.Model):
    """A witness this node asks: its name and key (``vkey``) and where it listens. ``size`` is what it cosigned last for us."""

    name = models.CharField(max_length=200, unique=True)
    vkey = models.TextField()
    url = models.URLField(max_length=300)
    size = models.BigIntegerField(default=0)
    asked_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        db_table = "witness"


class Cosignature(models.Model):
    """A witness's signature under one of our checkpoints, as the line that stands in the note. Append-only (trigger)."""

    checkpoint = models.ForeignKey("bank.Checkpoint", on_delete=models.PROTECT, related_name="cosignatures")
    witness = models.ForeignKey("bank.Witness", on_delete=models.PROTECT)
    line = models.TextField()
    cosigned_at = models.DateTimeField()

    class Meta:
        db_table = "cosignature"
        constraints = [models.UniqueConstraint(fields=["checkpoint", "witness"], name="cosignature_once")]


class Anchor(models.Model):
    """That a checkpoint stands in a contract on an EVM chain. Written by ``translog.actions`` once the chain took it;
    append-only (trigger). What proves it: the chain itself (``xuefen anchor check``).
    """

    checkpoint = models.ForeignKey("bank.Checkpoint", on_delete=models.PROTECT, related_name="anchors")
    chain_id = models.BigIntegerField()
    contract = models.CharField(max_length=42)
    tx = models.CharField(max_length=66)
    block = models.BigIntegerField()
    anchored_at = models.DateTimeField()

    class Meta:
        db_table = "anchor"
        constraints = [models.UniqueConstraint(fields=["checkpoint", "chain_id", "contract"], name="anchor_once")]


class AnchorTry(models.Model):
    """How the last tries to reach one contract went: the wait grows with every failure. No fact, changes freely."""

    contract = models.CharField(max_length=42, unique=True)
    failures = models.PositiveIntegerField(default=0)
    not_before = models.DateTimeField()
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        db_table = "anchor_try"


class AnchorAlarm(models.Model):
    """The chain says something else than the log: a larger size, or another root. While one is open nothing is signed.

    Written when the chain is heard. Closed only by two people who say that the chain is wrong (CHECK), or by a newer backup in
    place of this database. What was found never changes, what was said once stays (trigger).
    """

    contract = models.CharField(max_length=42)
    size = models.BigIntegerField()
    root = models.BinaryField()
    found = models.CharField(max_length=300)
    found_at = models.DateTimeField()
    reason = models.CharField(max_length=300, blank=True)
    asked_by = models.ForeignKey("bank.User", null=True, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(null=True)
    confirmed_by = models.ForeignKey("bank.User", null=True, on_delete=models.PROTECT, related_name="+")
    closed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "anchor_alarm"
        constraints = [
            models.UniqueConstraint(fields=["contract", "size", "root"], name="anchor_alarm_once"),
            models.CheckConstraint(
                name="anchor_alarm_closed_by_two",
                condition=Q(closed_at=None, confirmed_by=None)
                | Q(asked_by__isnull=False, confirmed_by__isnull=False, closed_at__isnull=False)
                & ~Q(reason="")
                & ~Q(asked_by=F("confirmed_by")),
            ),
        ]
