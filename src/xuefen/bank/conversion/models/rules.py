"""Rules and their index rows."""

from django.db import models


class Rule(models.Model):
    """One version of one conversion rule. ``body`` (schema in conversion/types.py) never changes once published; only
    ``state`` and ``retired_on`` move. Sources and targets are also rows, so that candidates are found by index.
    """

    number = models.CharField(max_length=20)
    version = models.PositiveIntegerField(default=1)
    agreement = models.ForeignKey("bank.Agreement", on_delete=models.PROTECT)
    receiver = models.ForeignKey("bank.Institution", on_delete=models.PROTECT)
    state = models.CharField(max_length=12)  # draft | published | retired
    body = models.JSONField()
    effective_from = models.DateField()
    retired_on = models.DateField(null=True)

    class Meta:
        db_table = "rule"
        constraints = [models.UniqueConstraint(fields=["number", "version"], name="rule_version_once")]


class RuleSource(models.Model):
    """An item a rule takes from. Index (item, receiver) is the candidate look-up."""

    rule = models.ForeignKey("bank.Rule", on_delete=models.PROTECT, related_name="sources", db_constraint=False)
    item = models.ForeignKey("bank.Item", on_delete=models.PROTECT, db_constraint=False, db_index=False)
    receiver = models.ForeignKey("bank.Institution", on_delete=models.PROTECT, db_constraint=False, db_index=False)

    class Meta:
        db_table = "rule_source"
        indexes = [models.Index(fields=["receiver", "item"], name="rule_source_lookup")]


class RuleTarget(models.Model):
    """An item (course of the receiver) a rule gives."""

    rule = models.ForeignKey("bank.Rule", on_delete=models.PROTECT, related_name="targets", db_constraint=False)
    item = models.ForeignKey("bank.Item", on_delete=models.PROTECT, db_constraint=False)

    class Meta:
        db_table = "rule_target"
