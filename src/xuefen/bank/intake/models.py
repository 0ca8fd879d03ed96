"""Deposit slips, the evidence with them, and their moves."""

from django.db import models
from django.db.models import F, Q

from xuefen.bank.intake.states import COUNTED, DONE
from xuefen.bank.intake.types import Kind, State


class Slip(models.Model):
    """One outcome that waits for somebody's word: submitted with evidence, or awarded. Written by ``intake.actions``; its
    subject never changes, its state only along its moves (triggers). ``sealed`` is the form under a key made of the holder's;
    ``natural_key`` is the outcome's, once it is known. Who filled it in for the holder is never who accepts it (CHECK).
    What proves it: the leaves of its moves, which commit to form and evidence, and the outcome it became.
    """

    number = models.CharField(max_length=20, unique=True)
    kind = models.CharField(max_length=12, choices=[(k.value, k.value) for k in Kind])
    learner = models.ForeignKey("bank.Learner", on_delete=models.PROTECT, related_name="slips")
    issuer = models.ForeignKey("bank.Institution", on_delete=models.PROTECT, related_name="+")
    item_version = models.ForeignKey("bank.ItemVersion", on_delete=models.PROTECT, related_name="+")
    standard_version = models.ForeignKey("bank.StandardVersion", on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=12, choices=[(s.value, s.value) for s in State])
    version = models.PositiveIntegerField(default=0)
    sealed = models.BinaryField()
    natural_key = models.BinaryField(null=True)
    opened_by = models.ForeignKey("bank.User", null=True, on_delete=models.PROTECT, related_name="+")
    sent_by = models.ForeignKey("bank.User", null=True, on_delete=models.PROTECT, related_name="+")
    decided_by = models.ForeignKey("bank.User", null=True, on_delete=models.PROTECT, related_name="+")
    outcome = models.OneToOneField("bank.Outcome", null=True, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    entered_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    remind_at = models.DateTimeField(null=True)
    reminded_at = models.DateTimeField(null=True)
    reminders = models.PositiveSmallIntegerField(default=0)

    class Meta:
        db_table = "slip"
        indexes = [
            models.Index(fields=["learner", "-id"], name="slip_learner"),
            models.Index(fields=["state", "due_at"], name="slip_due"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["natural_key"],
                name="slip_once",
                condition=Q(state__in=sorted(COUNTED), natural_key__isnull=False),
            ),
            models.CheckConstraint(
                name="slip_checked_by_another",
                condition=Q(decided_by=None)
                | (
                    (Q(sent_by=None) | ~Q(sent_by=F("decided_by")))
                    & (Q(opened_by=None) | ~Q(opened_by=F("decided_by")))
                ),
            ),
            models.CheckConstraint(
                name="slip_became_an_outcome",
                condition=(Q(state__in=sorted(DONE)) & Q(outcome__isnull=False))
                | (~Q(state__in=sorted(DONE)) & Q(outcome=None)),
            ),
        ]


class SlipFile(models.Model):
    """One file that lies with a slip, for one line of the standard's checklist. Written and removed by ``intake.actions`` while
    the slip is being filled in; afterwards it stays (trigger). What proves it: the leaf of each sending commits to the files.
    """

    slip = models.ForeignKey("bank.Slip", on_delete=models.PROTECT, related_name="files")
    file = models.ForeignKey("bank.EvidenceFile", on_delete=models.PROTECT, related_name="+")
    asked_as = models.CharField(max_length=40)
    added_at = models.DateTimeField()

    class Meta:
        db_table = "slip_file"
        constraints = [models.UniqueConstraint(fields=["slip", "file", "asked_as"], name="slip_file_once")]


class SlipMove(models.Model):
    """One move of a slip. Append-only (trigger), in order, along the table. What proves it: its leaf ``slip.move``. The note is
    sealed like the form; names of learners are not kept.
    """

    slip = models.ForeignKey("bank.Slip", on_delete=models.PROTECT, related_name="moves")
    seq = models.PositiveIntegerField()
    from_state = models.CharField(max_length=12)
    event = models.CharField(max_length=12)
    to_state = models.CharField(max_length=12)
    actor_kind = models.CharField(max_length=8)
    actor_name = models.CharField(max_length=120, blank=True)
    reason_code = models.CharField(max_length=12, blank=True)
    note_sealed = models.BinaryField()
    at = models.DateTimeField()
    leaf_id = models.BigIntegerField(unique=True)

    class Meta:
        db_table = "slip_move"
        constraints = [models.UniqueConstraint(fields=["slip", "seq"], name="slip_move_in_order")]
