"""Accounts. Personal data is sealed per learner; lookups go through keyed blind indexes."""

from django.db import models

from xuefen.bank.learners.types import AccountState, Assurance


class Learner(models.Model):
    """One lifelong account of one person. Written by ``learners.actions``; state changes only, never deleted.

    ``sealed`` is SM4-GCM of canonical JSON {name, id_number, phone} under the learner's data key; ``wrapped_key`` is
    one half of that key under the node's wrapping key; the other half is in keys/people.bin. Destroying the two deletes the
    person, in every backup too (docs/decisions/0014). ``id_blind``, ``name_blind`` are
    HMAC-SM3 under the node's blind key; ``name_blind`` is bound to the account so that equal names do not show.
    """

    account_no = models.CharField(max_length=16, unique=True)
    user = models.OneToOneField("bank.User", null=True, on_delete=models.PROTECT, related_name="learner")
    state = models.CharField(
        max_length=12, default=AccountState.OPEN, choices=[(s.value, s.value) for s in AccountState]
    )
    assurance = models.SmallIntegerField(default=Assurance.SELF_DECLARED)
    sealed = models.BinaryField(null=True)
    wrapped_key = models.BinaryField(null=True)
    id_blind = models.BinaryField(unique=True)
    name_blind = models.BinaryField()
    masked_name = models.CharField(max_length=80)
    place = models.ForeignKey("bank.Place", on_delete=models.PROTECT)
    opened_at = models.DateTimeField()

    class Meta:
        db_table = "learner"


class IdentityProof(models.Model):
    """One act of real-name proof. Append-only (a trigger refuses change). The account's ``assurance`` is the highest
    of them.
    """

    learner = models.ForeignKey("bank.Learner", on_delete=models.PROTECT, related_name="proofs")
    assurance = models.SmallIntegerField()
    method = models.CharField(max_length=40)
    place = models.ForeignKey("bank.Place", null=True, on_delete=models.PROTECT)
    by_name = models.CharField(max_length=120)
    at = models.DateTimeField()

    class Meta:
        db_table = "identity_proof"


class ServiceAgreement(models.Model):
    """The agreement a learner signed when the account was opened: text version, digest of the text, when, how.
    Append-only (a trigger refuses change). What proves it: the leaf ``account.opened`` queued as ``leaf_id``.
    """

    learner = models.ForeignKey("bank.Learner", on_delete=models.PROTECT, related_name="agreements")
    version = models.CharField(max_length=20)
    text_sm3 = models.CharField(max_length=64)
    method = models.CharField(max_length=40)
    signed_at = models.DateTimeField()
    leaf_id = models.BigIntegerField(unique=True)

    class Meta:
        db_table = "service_agreement"
