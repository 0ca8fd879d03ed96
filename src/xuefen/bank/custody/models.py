"""The record of the node's keys, and of the people who were forgotten."""

from django.db import models
from django.db.models import F, Q

from xuefen.bank.custody.types import ErasureState


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


class Erasure(models.Model):
    """One person's erasure: requested by themselves or not, asked by one officer, confirmed by another (CHECK). Written by
    ``custody.actions``; what was set stays (trigger). ``papers`` are the numbers of keys to destroy beside the person's,
    ``destroyed_at`` is set when all of them are. What proves it: the leaf ``learner.erased`` queued as ``leaf_id``, with the
    commitment the opening of the account carried. ``again``: an older backup brought the person back, the house erased
    them again; no officer decides that anew, and no leaf is left to write.
    """

    learner = models.ForeignKey("bank.Learner", on_delete=models.PROTECT, related_name="erasures")
    state = models.CharField(max_length=12, choices=[(s.value, s.value) for s in ErasureState])
    basis = models.CharField(max_length=12, blank=True)
    requested_at = models.DateTimeField(null=True)
    asked_by = models.ForeignKey("bank.User", null=True, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(null=True)
    confirmed_by = models.ForeignKey("bank.User", null=True, on_delete=models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    declined_by = models.ForeignKey("bank.User", null=True, on_delete=models.PROTECT, related_name="+")
    declined_at = models.DateTimeField(null=True)
    again = models.BooleanField(default=False)
    papers = models.JSONField(default=list)
    destroyed_at = models.DateTimeField(null=True)
    leaf_id = models.BigIntegerField(null=True, unique=True)

    class Meta:
        db_table = "erasure"
        constraints = [
            models.UniqueConstraint(
                fields=["learner"], name="erasure_one_under_way", condition=Q(state__in=["requested", "asked"])
            ),
            models.CheckConstraint(
                name="erasure_by_two",
                condition=~Q(state="confirmed")
                | Q(again=True)
                | (
                    Q(asked_by__isnull=False)
                    & Q(confirmed_by__isnull=False)
                    & ~Q(asked_by=F("confirmed_by"))
                    & Q(leaf_id__isnull=False)
                    & ~Q(basis="")
                ),
            ),
        ]
