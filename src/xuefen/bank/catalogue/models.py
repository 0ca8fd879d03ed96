"""The catalogue: what can be learnt, in versions."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from xuefen.bank.catalogue.types import ItemKind, PairVerdict


class Item(models.Model):
    """A course, certificate or activity of one institution, whatever its version. Written by catalogue imports."""

    institution = models.ForeignKey("bank.Institution", on_delete=models.PROTECT)
    code = models.CharField(max_length=40)
    kind = models.CharField(max_length=12, choices=[(k.value, k.value) for k in ItemKind])

    class Meta:
        db_table = "item"
        constraints = [models.UniqueConstraint(fields=["institution", "code"], name="item_code_once")]


class ItemVersion(models.Model):
    """One version of an item: the same code may carry other credits in another plan year. Never changed, only retired.

    Hours are whole class hours, weeks whole weeks, credits hundredths; ``declared_credit`` is null where a school declares
    none for a course, 0 where it says the course gives none. ``bigrams`` holds the name's character pairs for search,
    ``terms`` what name, statements and skills are compared by (rules/similarity.py).
    A trigger holds everything but ``retired_on``.
    """

    item = models.ForeignKey("bank.Item", on_delete=models.PROTECT, related_name="versions")
    version = models.CharField(max_length=20)
    name = models.CharField(max_length=200)
    name_key = models.CharField(max_length=200)
    bigrams = ArrayField(models.CharField(max_length=4), default=list)
    terms = ArrayField(models.CharField(max_length=24), default=list)
    outcome_class = models.CharField(max_length=12)
    type_code = models.CharField(max_length=16)
    level = models.SmallIntegerField(null=True)
    theory_hours = models.PositiveIntegerField(default=0)
    practice_hours = models.PositiveIntegerField(default=0)
    practice_weeks = models.PositiveIntegerField(default=0)
    declared_credit = models.PositiveIntegerField(default=0, null=True)
    online = models.BooleanField(default=False)
    family = models.CharField(max_length=80, blank=True)  # certificates: same family, highest counts once
    detail = models.JSONField(default=dict)  # what the sheet said beyond the columns above
    effective_from = models.DateField()
    retired_on = models.DateField(null=True)

    class Meta:
        db_table = "item_version"
        constraints = [models.UniqueConstraint(fields=["item", "version"], name="item_version_once")]
        indexes = [
            models.Index(fields=["name_key"], name="item_version_name_key"),
            GinIndex(fields=["bigrams"], name="item_version_bigrams"),
            GinIndex(fields=["terms"], name="item_version_terms"),
        ]


class Programme(models.Model):
    """A version of a programme as a requirement tree (``tree``, see catalogue/types/facts.py). Never changed, only retired."""

    institution = models.ForeignKey("bank.Institution", on_delete=models.PROTECT)
    code = models.CharField(max_length=40)
    version = models.CharField(max_length=20)
    name = models.CharField(max_length=120)
    level = models.SmallIntegerField(null=True)
    award = models.CharField(max_length=20, blank=True)  # what it leads to: "bachelor", "associate", "minor", …
    total_credits = models.PositiveIntegerField()
    tree = models.JSONField()
    effective_from = models.DateField()
    retired_on = models.DateField(null=True)

    class Meta:
        db_table = "programme"
        constraints = [models.UniqueConstraint(fields=["institution", "code", "version"], name="programme_once")]


class ProgrammeItem(models.Model):
    """Which items stand where in a programme's tree, so that rules find programmes by index."""

    programme = models.ForeignKey("bank.Programme", on_delete=models.PROTECT, related_name="items")
    node = models.CharField(max_length=40)
    item = models.ForeignKey("bank.Item", on_delete=models.PROTECT)
    item_version = models.ForeignKey("bank.ItemVersion", on_delete=models.PROTECT)

    class Meta:
        db_table = "programme_item"
        constraints = [models.UniqueConstraint(fields=["programme", "node", "item"], name="programme_item_once")]


class ItemVerdict(models.Model):
    """What a person found of two items that look alike: the same, different, or open again. Written by
    ``catalogue.actions.judge_pair``, never changed: the newest of a pair counts, and taking back is a new row. Its leaf and its
    audit entry prove it. It merges nothing: it proposes, to those who write rules.
    """

    one = models.ForeignKey("bank.Item", on_delete=models.PROTECT, related_name="+")
    other = models.ForeignKey("bank.Item", on_delete=models.PROTECT, related_name="+")
    verdict = models.CharField(max_length=12, choices=[(v.value, v.value) for v in PairVerdict])
    reason = models.CharField(max_length=400, blank=True)
    by_name = models.CharField(max_length=80)
    by_user = models.ForeignKey("bank.User", null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    leaf_id = models.BigIntegerField()

    class Meta:
        db_table = "item_verdict"
        constraints = [
            models.CheckConstraint(condition=models.Q(one__lt=models.F("other")), name="item_verdict_ordered")
        ]
        indexes = [
            models.Index(fields=["one", "other", "-id"], name="item_verdict_newest"),
            models.Index(fields=["other"], name="item_verdict_other"),
        ]
