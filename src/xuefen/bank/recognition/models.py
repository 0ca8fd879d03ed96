"""Applications through the five steps."""

from django.db import models
from django.db.models import Q


class Application(models.Model):
    """One request to convert outcomes into a programme. ``state`` moves only along recognition/states.py (trigger checks the
    same table); ``plan`` is the canonical bytes of the plan that was applied for; ``due_at`` is when the present step's time
    is up (null when nobody is waited for). ``version`` counts moves: a decision names the version it saw.
    """

    number = models.CharField(max_length=20, unique=True)
    learner = models.ForeignKey("bank.Learner", on_delete=models.PROTECT)
    programme = models.ForeignKey("bank.Programme", on_delete=models.PROTECT)
    receiver = models.ForeignKey("bank.Institution", on_delete=models.PROTECT)
    standard_version = models.ForeignKey("bank.StandardVersion", on_delete=models.PROTECT)
    state = models.CharField(max_length=20)
    version = models.PositiveIntegerField(default=0)
    plan = models.BinaryField()
    credits = models.PositiveIntegerField()
    decided_by = models.CharField(max_length=12, blank=True)  # person | silence
    reason_code = models.CharField(max_length=40, blank=True)
    applied_at = models.DateTimeField()
    entered_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    reminded_at = models.DateTimeField(null=True)
    key = models.CharField(max_length=80, unique=True)

    class Meta:
        db_table = "application"
        indexes = [
            models.Index(fields=["due_at"], name="application_due", condition=Q(due_at__isnull=False)),
            models.Index(fields=["receiver", "state", "due_at"], name="application_queue"),
            models.Index(fields=["learner", "-applied_at"], name="application_learner"),
        ]


class ApplicationUse(models.Model):
    """One outcome an application uses, and the reservation that holds its credit. Append-only."""

    application = models.ForeignKey("bank.Application", on_delete=models.PROTECT, related_name="uses")
    outcome = models.ForeignKey("bank.Outcome", on_delete=models.PROTECT)
    line = models.PositiveIntegerField()  # index of the plan's line
    credits = models.PositiveIntegerField()  # hundredths taken from the outcome
    reservation = models.ForeignKey("bank.Transfer", on_delete=models.PROTECT)

    class Meta:
        db_table = "application_use"


class Move(models.Model):
    """One step of one application: from, event, to, who, when, why. Append-only (trigger); each is a leaf of the log."""

    application = models.ForeignKey("bank.Application", on_delete=models.PROTECT, related_name="moves")
    from_state = models.CharField(max_length=20)
    event = models.CharField(max_length=24)
    to_state = models.CharField(max_length=20)
    actor_kind = models.CharField(max_length=12)
    actor_name = models.CharField(max_length=120)
    reason_code = models.CharField(max_length=40, blank=True)
    note = models.CharField(max_length=400, blank=True)
    at = models.DateTimeField()
    leaf_id = models.BigIntegerField()

    class Meta:
        db_table = "move"


class Objection(models.Model):
    """Somebody objects during public notice. Answered once: ``outcome`` upheld or rejected with a reply."""

    application = models.ForeignKey("bank.Application", on_delete=models.PROTECT, related_name="objections")
    by_name = models.CharField(max_length=80)
    contact_sealed = models.BinaryField(null=True)
    text = models.CharField(max_length=800)
    raised_at = models.DateTimeField()
    reply = models.CharField(max_length=800, blank=True)
    outcome = models.CharField(max_length=12, blank=True)
    replied_by = models.CharField(max_length=120, blank=True)
    replied_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "objection"
