"""Agreements, their members, and what alliances have agreed on."""

from django.db import models
from django.db.models import Q


class Agreement(models.Model):
    """What institutions signed so that rules between them may be published. Written by ``actions.agreements``; only its end
    (day and reason, once) is noted later. ``kind``: an alliance's members join and leave, an agreement's parties stay.
    ``reference``: the framework's own institution, whose items are the reference units of chains. Proved by its leaf.
    """

    number = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=160)
    kind = models.CharField(max_length=12, default="agreement")  # agreement | alliance
    mode = models.CharField(max_length=12)  # "agreement" 协议制 | "framework" 资历框架
    parties = models.ManyToManyField(
        "bank.Institution", through="bank.AgreementMember", through_fields=("agreement", "institution")
    )
    reference = models.ForeignKey("bank.Institution", null=True, on_delete=models.PROTECT, related_name="+")
    effective_from = models.DateField()
    ended_on = models.DateField(null=True)
    end_reason = models.CharField(max_length=400, blank=True)

    class Meta:
        db_table = "agreement"


class AgreementMember(models.Model):
    """An institution's time in an agreement. Written by ``actions.agreements``; only leaving (day and reason, once) is noted
    later. ``signatory`` is who signed for it. Joining and leaving are leaves of the log.
    """

    agreement = models.ForeignKey("bank.Agreement", on_delete=models.PROTECT, related_name="members")
    institution = models.ForeignKey("bank.Institution", on_delete=models.PROTECT)
    signatory = models.CharField(max_length=120)
    joined_on = models.DateField()
    left_on = models.DateField(null=True)
    reason = models.CharField(max_length=400, blank=True)

    class Meta:
        db_table = "agreement_member"
        constraints = [
            models.UniqueConstraint(
                fields=["agreement", "institution"], name="agreement_member_once", condition=Q(left_on=None)
            ),
            models.CheckConstraint(
                name="agreement_member_leaves_later",
                condition=Q(left_on=None) | Q(left_on__gte=models.F("joined_on")),
            ),
        ]


class AllianceTerms(models.Model):
    """One version of what an alliance has agreed on (schema ``types.agreements.Terms``): shared resources, quotas, benefit
    split, joint programmes. Append-only (trigger, which also adds the shares up); each is a leaf.
    """

    agreement = models.ForeignKey("bank.Agreement", on_delete=models.PROTECT, related_name="terms")
    version = models.PositiveIntegerField()
    effective_from = models.DateField()
    body = models.JSONField()
    basis = models.CharField(max_length=400)
    leaf_id = models.BigIntegerField()

    class Meta:
        db_table = "alliance_terms"
        constraints = [models.UniqueConstraint(fields=["agreement", "version"], name="alliance_terms_once")]
