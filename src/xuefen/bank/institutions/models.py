"""Issuers, receivers and their qualifications."""

from django.db import models

from xuefen.bank.institutions.types import InstitutionKind, OutcomeClass


class Institution(models.Model):
    """An issuer, receiver, employer or industry body. Written by ``institutions.actions``."""

    code = models.CharField(max_length=32, unique=True)
    uscc = models.CharField(max_length=18, unique=True)  # unified social credit code, GB 32100
    name_zh = models.CharField(max_length=120)
    name_en = models.CharField(max_length=160)
    kind = models.CharField(max_length=24, choices=[(k.value, k.value) for k in InstitutionKind])
    place = models.ForeignKey("bank.Place", on_delete=models.PROTECT)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "institution"


class Qualification(models.Model):
    """A reviewed right to deposit outcomes of one class. A new review is a new row; only ``ended_on`` is set later (a
    database trigger refuses the rest).
    """

    institution = models.ForeignKey("bank.Institution", on_delete=models.PROTECT, related_name="qualifications")
    outcome_class = models.CharField(max_length=12, choices=[(c.value, c.value) for c in OutcomeClass])
    effective_from = models.DateField()
    expires_on = models.DateField()
    ended_on = models.DateField(null=True)
    reviewed_by = models.CharField(max_length=120)
    basis = models.CharField(max_length=200)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "qualification"
        constraints = [
            models.CheckConstraint(
                name="qualification_dates", condition=models.Q(expires_on__gte=models.F("effective_from"))
            )
        ]
