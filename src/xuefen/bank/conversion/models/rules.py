"""Rules and their index rows."""

from django.db import models


class Rule(models.Model):
    """One version of one conversion rule. ``body`` (schema in conversion/types) never changes once published; only ``state``
    and ``retired_on`` move. Sources and targets are also rows, so that candidates are found by index.

    ``statement`` is a digest of receiver, sources, targets and conditions: two rules in force on one day never share it.
    ``denies`` marks a rule that gives nothing. Written by publishing and retiring; triggers and `xuefen prove` hold it.
    """

    number = models.CharField(max_length=20)
    version = models.PositiveIntegerField(default=1)
    agreement = models.ForeignKey("bank.Agreement", on_delete=models.PROTECT)
    receiver = models.ForeignKey("bank.Institution", on_delete=models.PROTECT)
    state = models.CharField(max_length=12)  # draft | published | retired
    body = models.JSONField()
    statement = models.CharField(max_length=32)
    denies = models.BooleanField(default=False)
    effective_from = models.DateField()
    retired_on = models.DateField(null=True)

    class Meta:
        db_table = "rule"
        constraints = [models.UniqueConstraint(fields=["number", "version"], name="rule_version_once")]
        indexes = [models.Index(fields=["statement"], name="rule_statement")]


class RuleSource(models.Model):
    """An item a rule may take from. Index (receiver, item) is the candidate look-up. Written with its rule, never changed."""

    rule = models.ForeignKey("bank.Rule", on_delete=models.PROTECT, related_name="sources", db_constraint=False)
    item = models.ForeignKey("bank.Item", on_delete=models.PROTECT, db_constraint=False, db_index=False)
    receiver = models.ForeignKey("bank.Institution", on_delete=models.PROTECT, db_constraint=False, db_index=False)

    class Meta:
        db_table = "rule_source"
        indexes = [models.Index(fields=["receiver", "item"], name="rule_source_lookup")]


class RuleTarget(models.Model):
    """An item (course of the receiver) a rule gives, or denies. Written with its rule, never changed.

    Index (item, rule) gives the newest rules of a course without sorting. ``denied_issuer``: of a denial that names a whole
    issuer, and so has no source rows to be found by.
    """

    rule = models.ForeignKey("bank.Rule", on_delete=models.PROTECT, related_name="targets", db_constraint=False)
    item = models.ForeignKey("bank.Item", on_delete=models.PROTECT, db_constraint=False, db_index=False)
    denied_issuer = models.CharField(max_length=32, default="")

    class Meta:
        db_table = "rule_target"
        indexes = [
            models.Index(fields=["item", "rule"], name="rule_target_lookup"),
            models.Index(
                fields=["item", "denied_issuer"], condition=~models.Q(denied_issuer=""), name="rule_target_denied"
            ),
        ]
