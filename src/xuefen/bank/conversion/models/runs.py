"""Long looks at the whole register and at all accounts: asked for once, run as a job, kept with their result."""

from django.db import models


class DoctorRun(models.Model):
    """One examination of all rules. Written by ``actions.doctor``: made when asked for, ``progress`` while it runs, the result
    once. A report about rules and nobody's right, so no leaf proves it; who asked is in the audit trail. Never deleted.
    """

    state = models.CharField(max_length=8, default="queued")  # queued | running | done | failed
    on = models.DateField()
    receiver = models.ForeignKey("bank.Institution", null=True, on_delete=models.PROTECT)
    progress = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    counts = models.JSONField(default=dict)  # code → how many
    findings = models.JSONField(default=list)  # the shortest of each code, in words
    complete = models.BooleanField(default=True)
    asked_by = models.CharField(max_length=120)
    asked_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "doctor_run"


class ImpactRun(models.Model):
    """One preview of what a change would do to all accounts. Written by ``actions.impact``; ``proposal`` is what was asked
    (a pack's body, or drafts of rules), by ``digest`` the same question again. ``cursor`` is the last learner whose account
    was looked at and ``partial`` the sums so far, committed together, so a killed run goes on there. ``result`` holds sums
    and masked examples, nothing else about anybody. Never deleted.
    """

    kind = models.CharField(max_length=8)  # standard | rules
    state = models.CharField(max_length=8, default="queued")  # queued | running | done | failed
    on = models.DateField()
    title = models.CharField(max_length=200)
    proposal = models.JSONField()
    digest = models.CharField(max_length=64, db_index=True)
    cursor = models.BigIntegerField(default=0)
    last = models.BigIntegerField(default=0)  # the last learner there was when it began
    outcomes = models.BigIntegerField(default=0)
    partial = models.JSONField(null=True)
    result = models.JSONField(null=True)
    problem = models.JSONField(null=True)
    asked_by = models.CharField(max_length=120)
    asked_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "impact_run"
