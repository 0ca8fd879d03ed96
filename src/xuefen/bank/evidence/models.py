"""Files that prove something."""

from django.db import models
from django.db.models import Q

from xuefen.bank.evidence.types import FileKind


class EvidenceFile(models.Model):
    """One file kept for one learner. Written by ``evidence.actions``; afterwards it can only go (trigger). The bytes lie in the
    storage ``evidence`` under ``stored_as``, SM4-GCM under a key made of the learner's data key: what erases the person makes
    every copy unreadable. ``mark`` finds the same content of this learner, ``blind`` of all learners of this node; both are
    keyed. What proves it: the tag of the sealed bytes, and ``mark`` over them; the moves of the deposit slip it lies with
    commit to it.
    """

    number = models.CharField(max_length=20, unique=True)
    learner = models.ForeignKey("bank.Learner", on_delete=models.PROTECT, related_name="evidence_files")
    mark = models.BinaryField()
    blind = models.BinaryField(null=True)
    kind = models.CharField(max_length=4, choices=[(k.value, k.value) for k in FileKind])
    size = models.PositiveIntegerField()
    sealed_name = models.BinaryField()
    stored_as = models.CharField(max_length=80)
    kept_at = models.DateTimeField()
    gone_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "evidence_file"
        indexes = [models.Index(fields=["blind"], name="evidence_file_blind", condition=Q(blind__isnull=False))]
        constraints = [
            models.UniqueConstraint(
                fields=["learner", "mark"], name="evidence_file_once", condition=Q(gone_at__isnull=True)
            ),
        ]
