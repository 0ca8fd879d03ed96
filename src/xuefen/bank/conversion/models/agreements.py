"""Agreements."""

from django.db import models


class Agreement(models.Model):
    """What institutions signed so that rules between them may be published. ``signed`` holds who signed and when."""

    number = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=160)
    mode = models.CharField(max_length=12)  # "agreement" 协议制 | "framework" 资历框架
    parties = models.ManyToManyField("bank.Institution", db_table="agreement_party")
    signed = models.JSONField()
    effective_from = models.DateField()
    ended_on = models.DateField(null=True)

    class Meta:
        db_table = "agreement"
