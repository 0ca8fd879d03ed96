"""Applications through the five steps."""

from django.db import models
from django.db.models import Q

from xuefen.bank.recognition.states import RUNNING, UNDER_WAY


class Application(models.Model):
    """One request to convert outcomes into a programme. Written by ``recognition.actions``; ``state`` moves only along
    recognition/states.py (a trigger holds the same table, another that each move has its row). ``plan`` is the canonical
    bytes of the plan that was applied for; ``due_at`` is when the present step's time is up (null when nobody is waited
    for), ``remind_at`` when the next reminder is due. ``version`` counts moves: a decision names the version it saw.
    """

    number = models.CharField(max_length=20, unique=True)
    learner = models.ForeignKey("bank.Learner", on_delete=models.PROTECT)
    programme = models.ForeignKey("bank.Programme", on_delete=models.PROTECT)
    receiver = models.ForeignKey("bank.Institution", on_delete=models.PROTECT)
    standard_version = models.ForeignKey("bank.StandardVersion", on_delete=models.PROTECT)
    state = models.CharField(max_length=20)
    version = models.PositiveIntegerField(default=0)
    plan = models.BinaryField()
    credits = models.PositiveIntegerField()  # hundredths the plan recognises
    decided_by = models.CharField(max_length=12, blank=True)  # person | silence
    reason_code = models.CharField(max_length=40, blank=True)
    applied_at = models.DateTimeField()
    entered_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    remind_at = models.DateTimeField(null=True)
    reminded_at = models.DateTimeField(null=True)
    reminders = models.PositiveSmallIntegerField(default=0)  # sent in the present step
    key = models.CharField(max_length=80, unique=True)

    class Meta:
        db_table = "application"
        indexes = [
            models.Index(fields=["due_at", "id"], name="application_due", condition=Q(due_at__isnull=False)),
            models.Index(fields=["remind_at", "id"], name="application_remind", condition=Q(remind_at__isnull=False)),
            models.Index(fields=["receiver", "state", "due_at"], name="application_queue"),
            models.Index(fields=["learner", "-applied_at"], name="application_learner"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["learner", "programme"],
                name="application_one_running",
                condition=Q(state__in=sorted(UNDER_WAY)),
            ),
            models.CheckConstraint(
                name="application_running_has_deadline",
                condition=Q(state__in=sorted(RUNNING), due_at__isnull=False)
                | (~Q(state__in=sorted(RUNNING)) & Q(due_at__isnull=True, remind_at__isnull=True)),
            ),
        ]


class ApplicationUse(models.Model):
    """One outcome an application uses, and the reservation that holds its credit. Append-only (trigger). ``replaces``: the
    outcome of that use was corrected, and this one stands in its place with the same line and credit.
    """

    application = models.ForeignKey("bank.Application", on_delete=models.PROTECT, related_name="uses")
    outcome = models.ForeignKey("bank.Outcome", on_delete=models.PROTECT)
    line = models.PositiveIntegerField()  # index of the plan's line
    credits = models.PositiveIntegerField()  # hundredths taken from the outcome
    reservation = models.ForeignKey("bank.Transfer", on_delete=models.PROTECT)
    replaces = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="replaced_by")

    class Meta:
        db_table = "application_use"
        constraints = [models.UniqueConstraint(fields=["application", "outcome"], name="application_use_once")]


class Move(models.Model):
    """One step of one application: from, event, to, who, when, why. Append-only (trigger); each is a leaf of the log.

    ``seq`` is the application's version after the move, so two people can never both make the next one. ``actor_name`` is
    empty for learners and the public: names are personal data.
    """

    application = models.ForeignKey("bank.Application", on_delete=models.PROTECT, related_name="moves", db_index=False)
    seq = models.PositiveIntegerField()
    from_state = models.CharField(max_length=20)
    event = models.CharField(max_length=24)
    to_state = models.CharField(max_length=20)
    actor_kind = models.CharField(max_length=12)
    actor_name = models.CharField(max_length=120, blank=True)
    reason_code = models.CharField(max_length=40, blank=True)
    note = models.CharField(max_length=400, blank=True)
    at = models.DateTimeField()
    leaf_id = models.BigIntegerField()

    class Meta:
        db_table = "move"
        constraints = [models.UniqueConstraint(fields=["application", "seq"], name="move_once")]


class Objection(models.Model):
    """Somebody objects during public notice. Answered once (trigger): ``outcome`` upheld or rejected with a reply.

    ``by_name`` is masked; the whole name and the contact are in ``contact_sealed``, SM4-GCM of canonical JSON
    {name, contact} under a paper key of its own (shell.keys), bound to the application's number.
    """

    application = models.ForeignKey("bank.Application", on_delete=models.PROTECT, related_name="objections")
    by_name = models.CharField(max_length=80)
    contact_sealed = models.BinaryField()
    text = models.CharField(max_length=800)
    raised_at = models.DateTimeField()
    reply = models.CharField(max_length=800, blank=True)
    outcome = models.CharField(max_length=12, blank=True)
    replied_by = models.CharField(max_length=120, blank=True)
    replied_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "objection"
