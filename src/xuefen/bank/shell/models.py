"""The node itself: one row."""

from django.db import models


class Node(models.Model):
    """This bank's own name plate. Written by ``xuefen init`` and the demo; never deleted.

    ``origin`` names the log for ever (C2SP checkpoint origin), so it is set once.
    """

    code = models.CharField(max_length=32, unique=True)
    name_zh = models.CharField(max_length=120)
    name_en = models.CharField(max_length=120)
    origin = models.CharField(max_length=120, unique=True)
    is_demo = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "node"
        constraints = [models.CheckConstraint(name="node_is_single", condition=models.Q(id=1))]
