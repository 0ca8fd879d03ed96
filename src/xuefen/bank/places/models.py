"""Administrative places."""

from django.db import models

from xuefen.bank.places.types import PlaceKind


class Place(models.Model):
    """A node of the tree hub → branch → sub-centre → service point. Written by ``places.actions``; renamed only with an
    audit entry. ``path`` is the codes from the root, each followed by ``/``, so that scope is a prefix.
    """

    code = models.CharField(max_length=16, unique=True)  # national division code, or "hub"
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=16, choices=[(k.value, k.value) for k in PlaceKind])
    parent = models.ForeignKey("bank.Place", null=True, on_delete=models.PROTECT, related_name="children")
    path = models.CharField(max_length=120, unique=True)

    class Meta:
        db_table = "place"
