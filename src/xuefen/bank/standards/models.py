"""Standards: regulation as dated data."""

from django.db import models


class StandardVersion(models.Model):
    """One dated version of one standard pack. Written when a pack is loaded; the body never changes (trigger), only
    ``retired_on`` may be set. ``digest`` is SM3 of the canonical body.
    """

    code = models.CharField(max_length=40)
    version = models.PositiveIntegerField()
    effective_from = models.DateField()
    retired_on = models.DateField(null=True)
    body = models.JSONField()
    digest = models.CharField(max_length=64)
    loaded_at = models.DateTimeField()

    class Meta:
        db_table = "standard_version"
        constraints = [models.UniqueConstraint(fields=["code", "version"], name="standard_version_once")]
