"""Schemes, activities, what people took part in, and the gatherings that made outcomes of it."""

from django.db import models
from django.db.models import F, Q

from xuefen.bank.activities.types import How

_HOWS = [(how.value, how.value) for how in How]


class ActivityScheme(models.Model):
    """One version of an institution's scheme, as proposed by one person and signed by another (CHECK). Written by
    ``activities.actions.schemes``; only the signature comes later (trigger). Its leaf holds the digest of ``body``.
    """

    institution = models.ForeignKey("bank.Institution", on_delete=models.PROTECT)
    code = models.CharField(max_length=40)
    version = models.PositiveIntegerField()
    text = models.TextField()
    body = models.TextField()  # JSON: the order of kinds is the author's, which jsonb would lose
    digest = models.CharField(max_length=64)
    effective_from = models.DateField()
    proposed_by = models.ForeignKey("bank.User", null=True, on_delete=models.PROTECT, related_name="+")
    proposed_name = models.CharField(max_length=120)
    proposed_at = models.DateTimeField()
    signed_by = models.ForeignKey("bank.User", null=True, on_delete=models.PROTECT, related_name="+")
    signed_name = models.CharField(max_length=120, blank=True)
    signed_at = models.DateTimeField(null=True)
    leaf_id = models.BigIntegerField(null=True)

    class Meta:
        db_table = "activity_scheme"
        constraints = [
            models.UniqueConstraint(fields=["institution", "code", "version"], name="activity_scheme_once"),
            models.CheckConstraint(
                name="activity_scheme_two_persons", condition=Q(signed_at=None) | ~Q(signed_by=F("proposed_by"))
            ),
            models.CheckConstraint(
                name="activity_scheme_signed_whole",
                condition=Q(signed_at=None, signed_by=None, leaf_id=None)
                | Q(signed_at__isnull=False, signed_by__isnull=False, leaf_id__isnull=False),
            ),
        ]


class Activity(models.Model):
    """Something an institution holds: what, when, where, for how many. Written by ``activities.actions.opening``; only its
    cancellation comes later (trigger). Its leaf says that it was announced before it was held.
    """

    number = models.CharField(max_length=20, unique=True)
    institution = models.ForeignKey("bank.Institution", on_delete=models.PROTECT)
    scheme = models.ForeignKey("bank.ActivityScheme", on_delete=models.PROTECT)
    kind = models.CharField(max_length=20)
    title = models.CharField(max_length=80)
    place = models.CharField(max_length=120)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    most = models.PositiveIntegerField()
    opened_by = models.CharField(max_length=120)
    opened_at = models.DateTimeField()
    leaf_id = models.BigIntegerField()
    cancelled_at = models.DateTimeField(null=True)
    cancel_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        db_table = "activity"
        indexes = [models.Index(fields=["institution", "-starts_at"], name="activity_of_institution")]
        constraints = [models.CheckConstraint(name="activity_ends_later", condition=Q(ends_at__gt=F("starts_at")))]


class Registration(models.Model):
    """A learner's place in an activity. Written by ``activities.actions.joining``; only its end comes later (trigger)."""

    activity = models.ForeignKey("bank.Activity", on_delete=models.PROTECT)
    learner = models.ForeignKey("bank.Learner", on_delete=models.PROTECT)
    at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "registration"
        constraints = [
            models.UniqueConstraint(
                fields=["activity", "learner"], condition=Q(ended_at=None), name="registration_stands_once"
            )
        ]


class Deed(models.Model):
    """A good deed as its learner tells it. ``text_sealed`` is under the learner's data key. Written by
    ``activities.actions.deeds``; only a refusal comes later (trigger); a confirmation is a participation of its own.
    """

    number = models.CharField(max_length=20, unique=True)
    institution = models.ForeignKey("bank.Institution", on_delete=models.PROTECT)
    scheme = models.ForeignKey("bank.ActivityScheme", on_delete=models.PROTECT)
    kind = models.CharField(max_length=20)
    learner = models.ForeignKey("bank.Learner", on_delete=models.PROTECT)
    done_on = models.DateField()
    text_sealed = models.BinaryField()
    witness = models.ForeignKey("bank.Learner", null=True, on_delete=models.PROTECT, related_name="+")
    reported_at = models.DateTimeField()
    declined_at = models.DateTimeField(null=True)
    declined_by = models.CharField(max_length=120, blank=True)
    decline_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        db_table = "deed"
        indexes = [models.Index(fields=["institution", "-reported_at"], name="deed_of_institution")]
        constraints = [
            models.CheckConstraint(name="deed_has_other_witness", condition=Q(witness=None) | ~Q(witness=F("learner")))
        ]


class Participation(models.Model):
    """That a learner took part: a confirmed fact, never changed (trigger); a mistake is taken back by a row of its own.

    Written by ``activities.actions.confirming``; its leaf commits to the holder under their own key. ``seq`` counts new
    confirmations after a withdrawal. A good deed is not confirmed by its learner (CHECK, and a trigger for their sign-in).
    """

    number = models.CharField(max_length=20, unique=True)
    institution = models.ForeignKey("bank.Institution", on_delete=models.PROTECT)
    scheme = models.ForeignKey("bank.ActivityScheme", on_delete=models.PROTECT)
    learner = models.ForeignKey("bank.Learner", on_delete=models.PROTECT)
    activity = models.ForeignKey("bank.Activity", null=True, on_delete=models.PROTECT)
    deed = models.ForeignKey("bank.Deed", null=True, on_delete=models.PROTECT)
    seq = models.PositiveSmallIntegerField(default=1)
    kind = models.CharField(max_length=20)
    period = models.CharField(max_length=30)
    happened_on = models.DateField()
    how = models.CharField(max_length=6, choices=_HOWS)
    confirmed_by = models.CharField(max_length=120)
    confirmed_user = models.ForeignKey("bank.User", null=True, on_delete=models.PROTECT, related_name="+")
    confirmed_learner = models.ForeignKey("bank.Learner", null=True, on_delete=models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField()
    leaf_id = models.BigIntegerField()

    class Meta:
        db_table = "participation"
        indexes = [
            models.Index(fields=["scheme", "period", "learner"], name="participation_period"),
            models.Index(fields=["learner", "-happened_on"], name="participation_learner"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["activity", "learner", "seq"], name="participation_activity_once"),
            models.UniqueConstraint(fields=["deed", "seq"], name="participation_deed_once"),
            models.CheckConstraint(
                name="participation_of_one_thing",
                condition=Q(activity__isnull=True, deed__isnull=False, how=How.SECOND.value)
                | (Q(activity__isnull=False, deed__isnull=True) & ~Q(how=How.SECOND.value)),
            ),
            models.CheckConstraint(
                name="participation_second_person",
                condition=Q(deed=None) | Q(confirmed_learner=None) | ~Q(confirmed_learner=F("learner")),
            ),
        ]


class ParticipationWithdrawal(models.Model):
    """A participation taken back, with who and why; both stay visible. Append-only (trigger), with its own leaf; a
    participation that was gathered can no longer be taken back (trigger).
    """

    participation = models.OneToOneField("bank.Participation", primary_key=True, on_delete=models.PROTECT)
    reason = models.CharField(max_length=200)
    by_name = models.CharField(max_length=120)
    by_user = models.ForeignKey("bank.User", null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    leaf_id = models.BigIntegerField()

    class Meta:
        db_table = "participation_withdrawal"


class Gathering(models.Model):
    """One gathering of a period under a scheme. Written by ``activities.actions.gathering`` together with all its rows; only
    the batch that deposited its outcomes is named later (trigger). ``seq`` counts supplements of the same period.
    """

    number = models.CharField(max_length=20, unique=True)
    institution = models.ForeignKey("bank.Institution", on_delete=models.PROTECT)
    scheme = models.ForeignKey("bank.ActivityScheme", on_delete=models.PROTECT)
    code = models.CharField(max_length=40)
    period = models.CharField(max_length=30)
    seq = models.PositiveSmallIntegerField()
    standard = models.CharField(max_length=40)
    awarded_on = models.DateField()
    participations = models.PositiveIntegerField()
    learners = models.PositiveIntegerField()
    outcomes = models.PositiveIntegerField()
    credits = models.BigIntegerField()
    gathered_by = models.CharField(max_length=120)
    gathered_at = models.DateTimeField()
    leaf_id = models.BigIntegerField()
    batch = models.ForeignKey("bank.Batch", null=True, on_delete=models.PROTECT)

    class Meta:
        db_table = "gathering"
        constraints = [
            models.UniqueConstraint(fields=["institution", "code", "period", "seq"], name="gathering_once"),
        ]


class Gathered(models.Model):
    """What one learner's period came to. Append-only (trigger): once a period for each learner and scheme. Points that were
    not used are carried by the next period's row. ``why`` is the reasoning in both languages.
    """

    gathering = models.ForeignKey("bank.Gathering", on_delete=models.PROTECT)
    institution = models.ForeignKey("bank.Institution", on_delete=models.PROTECT)
    code = models.CharField(max_length=40)
    period = models.CharField(max_length=30)
    learner = models.ForeignKey("bank.Learner", on_delete=models.PROTECT)
    points = models.PositiveIntegerField()
    carried_in = models.PositiveIntegerField()
    used = models.PositiveIntegerField()
    hours = models.PositiveIntegerField()
    credits = models.PositiveIntegerField()
    carried_out = models.PositiveIntegerField()
    why = models.JSONField()

    class Meta:
        db_table = "gathered"
        indexes = [models.Index(fields=["gathering", "id"], name="gathered_order")]
        constraints = [
            models.UniqueConstraint(fields=["learner", "institution", "code", "period"], name="gathered_once"),
            models.CheckConstraint(
                name="gathered_adds_up",
                condition=Q(carried_out__lte=F("points") + F("carried_in") - F("used")),
            ),
        ]


class GatheredUse(models.Model):
    """A participation that went into a gathering: once, for ever (primary key, trigger)."""

    participation = models.OneToOneField("bank.Participation", primary_key=True, on_delete=models.PROTECT)
    gathered = models.ForeignKey("bank.Gathered", on_delete=models.PROTECT)

    class Meta:
        db_table = "gathered_use"
