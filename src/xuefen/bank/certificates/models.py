"""Certificates: what the bank puts its name to."""

from django.db import models


class Certificate(models.Model):
    """A statement of outcomes or a conversion certificate. ``body`` is the canonical JSON that was signed, sealed under the
    learner's data key because it names the holder; its SM3 is in the log. Only status columns change: revocation and
    suspension are new facts in the log as well.
    """

    number = models.CharField(max_length=20, unique=True)
    kind = models.CharField(max_length=12)  # statement | conversion
    learner = models.ForeignKey("bank.Learner", on_delete=models.PROTECT)
    application = models.ForeignKey("bank.Application", null=True, on_delete=models.PROTECT)
    title_zh = models.CharField(max_length=200)
    title_en = models.CharField(max_length=200)
    body_sealed = models.BinaryField()
    body_sm3 = models.CharField(max_length=64)
    signature = models.BinaryField()
    key_id = models.CharField(max_length=16)
    issued_at = models.DateTimeField()
    expires_on = models.DateField(null=True)
    leaf_id = models.BigIntegerField()
    status = models.CharField(max_length=10, default="valid")  # valid | suspended | revoked
    status_reason = models.CharField(max_length=200, blank=True)
    status_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "certificate"
        indexes = [models.Index(fields=["learner", "-issued_at"], name="certificate_learner")]
        constraints = [
            models.UniqueConstraint(
                fields=["application"], name="certificate_once", condition=models.Q(application__isnull=False)
            )
        ]


class ShareLink(models.Model):
    """A view a learner opened for whoever has the address. The address itself is only here under the learner's data key,
    with what it shows (``content_sealed``); it is found by the digest of its token. Only ``revoked_at`` is set later (trigger).
    """

    token_sm3 = models.CharField(max_length=64, unique=True)
    learner = models.ForeignKey("bank.Learner", on_delete=models.PROTECT)
    kind = models.CharField(max_length=12)
    named = models.BooleanField()
    content_sealed = models.BinaryField()
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "share_link"
        indexes = [models.Index(fields=["learner", "-made_at"], name="share_link_learner")]


class ShareView(models.Model):
    """One opening of a share link, for the learner to see. Append-only (trigger); who opened it is not known and not kept."""

    link = models.ForeignKey("bank.ShareLink", on_delete=models.PROTECT, related_name="views")
    at = models.DateTimeField()

    class Meta:
        db_table = "share_view"
