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
    template = models.ForeignKey("bank.CertificateTemplate", null=True, on_delete=models.PROTECT)
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


class CertificateTemplate(models.Model):
    """One version of what an institution (none: the bank) puts on its certificates. A change is a new version (trigger); a
    certificate keeps the version it was issued with. Its leaf has the digest of texts and pictures.
    """

    institution = models.ForeignKey("bank.Institution", null=True, on_delete=models.PROTECT)
    version = models.IntegerField()
    texts = models.JSONField()
    logo = models.TextField(blank=True)
    seal = models.TextField(blank=True)
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=150)
    leaf_id = models.BigIntegerField()

    class Meta:
        db_table = "certificate_template"
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "version"], name="certificate_template_once", nulls_distinct=False
            )
        ]


class CredentialPlace(models.Model):
    """Where a certificate stands in the status lists of its credential form: written with it, at random within its list, never
    changed (trigger). The list is told by the certificate's id, so half of every list stays free.
    """

    certificate = models.OneToOneField("bank.Certificate", primary_key=True, on_delete=models.PROTECT)
    list_number = models.IntegerField()
    index = models.IntegerField()

    class Meta:
        db_table = "credential_place"
        constraints = [
            models.UniqueConstraint(fields=["list_number", "index"], name="credential_place_once"),
            models.CheckConstraint(
                condition=models.Q(index__gte=0, index__lt=131_072, list_number__gte=0), name="credential_place_in_list"
            ),
        ]


class Badge(models.Model):
    """Somebody else's credential that a learner brought, as the file came in and with the verdicts of that day; all of it
    sealed under the learner's data key. ``digest`` is keyed by the same key, so nothing is left of it when that is gone.
    Never changed (trigger); its leaf proves that it was there.
    """

    learner = models.ForeignKey("bank.Learner", on_delete=models.PROTECT)
    digest = models.CharField(max_length=64)
    content_sealed = models.BinaryField()
    facts_sealed = models.BinaryField()
    issuer_known = models.BooleanField()
    imported_at = models.DateTimeField()
    leaf_id = models.BigIntegerField()

    class Meta:
        db_table = "badge"
        indexes = [models.Index(fields=["learner", "-imported_at"], name="badge_learner")]
        constraints = [models.UniqueConstraint(fields=["learner", "digest"], name="badge_once")]


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
