"""The record of the node's keys."""

from django.db import models


class KeyChange(models.Model):
    """One replacement of one of the node's keys. Written by ``custody.actions``; append-only (trigger). What proves it: the
    leaf ``key.rotated`` queued as ``leaf_id``. Key ids are of public keys and empty for secrets.
    """

    purpose = models.CharField(max_length=40)
    generation = models.PositiveIntegerField()
    algorithm = models.CharField(max_length=12)
    key_id = models.CharField(max_length=16, blank=True)
    replaced_key_id = models.CharField(max_length=16, blank=True)
    in_use_since = models.DateTimeField()
    replaced_until = models.DateTimeField()
    compromised = models.BooleanField(default=False)
    reason = models.CharField(max_length=200)
    by_name = models.CharField(max_length=120)
    leaf_id = models.BigIntegerField(unique=True)

    class Meta:
        db_table = "key_change"
        constraints = [models.UniqueConstraint(fields=["purpose", "generation"], name="key_change_once")]
