"""The log: every fact is a leaf, in an order nobody can quietly change."""

from django.db import models


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
