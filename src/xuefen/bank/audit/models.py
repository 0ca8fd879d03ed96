"""Who did what, when and why."""

from django.db import models


class AuditEntry(models.Model):
    """One act of one actor. Written by ``audit.actions`` inside the act's own transaction; never changed or deleted
    (a database trigger refuses both). What the act changed is proved by its leaf; the entry itself only by the trigger, which
    ``xuefen prove`` looks for: who acted, and why, is what a superuser could rewrite.
    """

    at = models.DateTimeField()
    actor_kind = models.CharField(max_length=12)
    actor_name = models.CharField(max_length=120)
    user_id = models.BigIntegerField(null=True)
    action = models.CharField(max_length=64)
    subject_kind = models.CharField(max_length=32)
    subject_id = models.CharField(max_length=64)
    reason = models.CharField(max_length=400, blank=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)

    class Meta:
        db_table = "audit_entry"
        indexes = [
            models.Index(fields=["subject_kind", "subject_id", "id"], name="audit_subject"),
            models.Index(fields=["at"], name="audit_at"),
        ]
