"""Arbitrations: what is decided about outcomes taken back after they were converted."""

from django.db import models
from django.db.models import F, Q

from xuefen.bank.supervision.types import ArbitrationState


class Arbitration(models.Model):
    """An outcome was revoked or corrected although archived conversions rest on it; a second person decides (CHECK). Written by
    ``supervision.actions``; decided once (trigger). What proves it: the leaves ``arbitration.opened`` and
    ``arbitration.decided``. ``opened_by`` is null when the house itself took the outcome back.
    """

    number = models.CharField(max_length=20, unique=True)
    change = models.OneToOneField("bank.OutcomeChange", on_delete=models.PROTECT)
    outcome = models.ForeignKey("bank.Outcome", on_delete=models.PROTECT, related_name="arbitrations")
    state = models.CharField(
        max_length=12, default=ArbitrationState.OPEN, choices=[(s.value, s.value) for s in ArbitrationState]
    )
    opened_by = models.ForeignKey("bank.User", null=True, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField()
    open_leaf_id = models.BigIntegerField()
    decided_by = models.ForeignKey("bank.User", null=True, on_delete=models.PROTECT, related_name="+")
    decided_name = models.CharField(max_length=120, blank=True)
    decided_at = models.DateTimeField(null=True)
    grounds = models.CharField(max_length=400, blank=True)
    leaf_id = models.BigIntegerField(null=True)

    class Meta:
        db_table = "arbitration"
        indexes = [models.Index(fields=["state", "due_at"], name="arbitration_queue")]
        constraints = [
            models.CheckConstraint(
                name="arbitration_by_two",
                condition=Q(state=ArbitrationState.OPEN, decided_by__isnull=True, leaf_id__isnull=True)
                | (
                    ~Q(state=ArbitrationState.OPEN)
                    & Q(decided_by__isnull=False, decided_at__isnull=False, leaf_id__isnull=False)
                    & ~Q(grounds="")
                    & (Q(opened_by__isnull=True) | ~Q(opened_by=F("decided_by")))
                ),
            ),
        ]


class ArbitratedApplication(models.Model):
    """One conversion that an arbitration put in doubt. Append-only (trigger). ``suspended``: its certificate was suspended by
    this, so this may lift it again.
    """

    arbitration = models.ForeignKey("bank.Arbitration", on_delete=models.PROTECT, related_name="affected")
    application = models.ForeignKey("bank.Application", on_delete=models.PROTECT, related_name="arbitrations")
    suspended = models.BooleanField()

    class Meta:
        db_table = "arbitrated_application"
        constraints = [
            models.UniqueConstraint(fields=["arbitration", "application"], name="arbitrated_application_once")
        ]
