"""Arbitrations about outcomes taken back after they were converted; alarms and the cases they open."""

from django.db import models
from django.db.models import F, Q

from xuefen.bank.supervision.types import ArbitrationState
from xuefen.bank.supervision.types.alarms import AlarmEvent, AlarmKind, AlarmState


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


class Alarm(models.Model):
    """Something found that needs a person's judgement. Written by ``supervision.actions``; ``key`` makes it one case however
    often it is found; ``found`` are numbers and counts, never personal data. It stands where its last move leads (trigger).
    """

    number = models.CharField(max_length=20, unique=True)
    kind = models.CharField(max_length=16, choices=[(k.value, k.value) for k in AlarmKind])
    key = models.CharField(max_length=80, unique=True)
    state = models.CharField(max_length=12, choices=[(s.value, s.value) for s in AlarmState])
    version = models.PositiveIntegerField(default=0)
    issuer = models.ForeignKey("bank.Institution", null=True, on_delete=models.PROTECT)
    place = models.ForeignKey("bank.Place", null=True, on_delete=models.PROTECT)
    batch = models.ForeignKey("bank.Batch", null=True, on_delete=models.PROTECT)
    found = models.JSONField()
    opened_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        db_table = "alarm"
        indexes = [models.Index(fields=["state", "-changed_at"], name="alarm_queue")]


class AlarmStep(models.Model):
    """One step of a case: found, explained, confirmed, closed, reopened. Append-only (trigger); each is a leaf of the log."""

    alarm = models.ForeignKey("bank.Alarm", on_delete=models.PROTECT, related_name="steps", db_index=False)
    seq = models.PositiveIntegerField()
    from_state = models.CharField(max_length=12)
    event = models.CharField(max_length=12, choices=[(e.value, e.value) for e in AlarmEvent])
    to_state = models.CharField(max_length=12)
    by_name = models.CharField(max_length=120)
    reason = models.CharField(max_length=400, blank=True)
    at = models.DateTimeField()
    leaf_id = models.BigIntegerField()

    class Meta:
        db_table = "alarm_step"
        constraints = [models.UniqueConstraint(fields=["alarm", "seq"], name="alarm_step_once")]


class ScannedBatch(models.Model):
    """A finished batch that was looked through for alarms. Written by the scan, so that a killed one goes on; append-only."""

    batch = models.OneToOneField("bank.Batch", primary_key=True, on_delete=models.PROTECT)
    at = models.DateTimeField()

    class Meta:
        db_table = "scanned_batch"


class SeenSerial(models.Model):
    """A certificate number that a scan has seen, as a 64-bit hash, to find the same number again without reading all outcomes.
    Written by the scan, not by the deposit; the outcome proves it. Removed when its holder is erased.
    """

    outcome_id = models.BigIntegerField(primary_key=True)
    issuer_id = models.BigIntegerField()
    learner_id = models.BigIntegerField()
    mark = models.BigIntegerField()

    class Meta:
        db_table = "seen_serial"
        indexes = [
            models.Index(fields=["issuer_id", "mark"], name="seen_serial_mark"),
            models.Index(fields=["learner_id"], name="seen_serial_learner"),
        ]


class ScanPlace(models.Model):
    """How far a scan that follows ids has come. Written by the scan; only forward."""

    name = models.CharField(max_length=20, primary_key=True)
    upto = models.BigIntegerField(default=0)

    class Meta:
        db_table = "scan_place"
