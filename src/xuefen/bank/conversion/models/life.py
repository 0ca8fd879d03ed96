"""Proposals of rules on their way, and contracts that keep a version for a learner."""

from django.db import models
from django.db.models import Q


class Proposal(models.Model):
    """A set of rule drafts under an agreement, on its way to publication. Written by ``actions.life``; ``state`` moves only
    along conversion/states.py (a trigger holds the same table, another that each move has its row). ``moves`` counts them;
    ``revision`` is the draft in force: opinions and signatures on another one do not count.
    """

    number = models.CharField(max_length=20, unique=True)
    agreement = models.ForeignKey("bank.Agreement", on_delete=models.PROTECT)
    title = models.CharField(max_length=120)
    state = models.CharField(max_length=16)
    moves = models.PositiveIntegerField(default=0)
    revision = models.PositiveIntegerField(default=1)
    basis_application = models.CharField(max_length=20, blank=True)  # the past decision it was made of
    changed_at = models.DateTimeField()

    class Meta:
        db_table = "proposal"
        indexes = [models.Index(fields=["state", "changed_at"], name="proposal_waiting")]


class ProposalRevision(models.Model):
    """The drafts as somebody wrote them (a list of ``RuleDraft`` documents). Append-only (trigger); ``sm3`` of its canonical
    bytes is in the leaf of the move that made it.
    """

    proposal = models.ForeignKey("bank.Proposal", on_delete=models.PROTECT, related_name="revisions")
    revision = models.PositiveIntegerField()
    drafts = models.JSONField()
    sm3 = models.CharField(max_length=64)
    author = models.ForeignKey(
        "bank.User", null=True, on_delete=models.PROTECT
    )  # null: the house, from a decision or chain
    at = models.DateTimeField()

    class Meta:
        db_table = "proposal_revision"
        constraints = [models.UniqueConstraint(fields=["proposal", "revision"], name="proposal_revision_once")]


class Opinion(models.Model):
    """What one expert found about one revision. Append-only (trigger); an expert speaks once on a revision and never wrote
    one of the proposal's revisions (trigger). Shown to others only after the comparison.
    """

    proposal = models.ForeignKey("bank.Proposal", on_delete=models.PROTECT, related_name="opinions")
    revision = models.PositiveIntegerField()
    expert = models.ForeignKey("bank.User", on_delete=models.PROTECT)
    verdict = models.CharField(max_length=8)  # agree | change | reject
    overlaps = (
        models.JSONField()
    )  # percent of content found, one for each draft, null where there is nothing to compare
    reasons = models.CharField(max_length=800)
    at = models.DateTimeField()

    class Meta:
        db_table = "opinion"
        constraints = [models.UniqueConstraint(fields=["proposal", "revision", "expert"], name="opinion_once")]


class ProposalSignature(models.Model):
    """One side's signature under one revision. Append-only (trigger); a person signs once."""

    proposal = models.ForeignKey("bank.Proposal", on_delete=models.PROTECT, related_name="signatures")
    revision = models.PositiveIntegerField()
    institution = models.ForeignKey("bank.Institution", on_delete=models.PROTECT)
    signer = models.ForeignKey("bank.User", on_delete=models.PROTECT)
    at = models.DateTimeField()

    class Meta:
        db_table = "proposal_signature"
        constraints = [models.UniqueConstraint(fields=["proposal", "revision", "signer"], name="proposal_signed_once")]


class ProposalMove(models.Model):
    """One step of a proposal. Append-only (trigger); each is a leaf. ``seq`` is the proposal's count of moves after it."""

    proposal = models.ForeignKey("bank.Proposal", on_delete=models.PROTECT, related_name="steps", db_index=False)
    seq = models.PositiveIntegerField()
    from_state = models.CharField(max_length=16)
    event = models.CharField(max_length=16)
    to_state = models.CharField(max_length=16)
    actor_name = models.CharField(max_length=120, blank=True)
    note = models.CharField(max_length=800, blank=True)
    at = models.DateTimeField()
    leaf_id = models.BigIntegerField()

    class Meta:
        db_table = "proposal_move"
        constraints = [models.UniqueConstraint(fields=["proposal", "seq"], name="proposal_move_once")]


class ProposalRule(models.Model):
    """A published version and the proposal it came from. Append-only (trigger); a version without one was imported under an
    agreement signed on paper.
    """

    proposal = models.ForeignKey("bank.Proposal", on_delete=models.PROTECT, related_name="rules")
    rule = models.OneToOneField("bank.Rule", on_delete=models.PROTECT, related_name="origin")

    class Meta:
        db_table = "proposal_rule"


class Contract(models.Model):
    """Today's version of a rule kept for one learner until a day (last day included), even when the rule is retired or
    superseded. Written by ``actions.contracts``; only ``state``, ``moves`` and the end are written later (trigger), and it is
    in force only with three signatures of three persons (trigger). ``items``: ids of the source items it is for.
    """

    number = models.CharField(max_length=20, unique=True)
    learner = models.ForeignKey("bank.Learner", on_delete=models.PROTECT)
    rule = models.ForeignKey("bank.Rule", on_delete=models.PROTECT)
    rule_number = models.CharField(max_length=20)
    issuer = models.ForeignKey("bank.Institution", on_delete=models.PROTECT, related_name="+")
    receiver = models.ForeignKey("bank.Institution", on_delete=models.PROTECT, related_name="+")
    items = models.JSONField()
    until = models.DateField()
    state = models.CharField(max_length=12)
    moves = models.PositiveIntegerField(default=0)
    offered_at = models.DateTimeField()
    ended_on = models.DateField(null=True)
    reason = models.CharField(max_length=400, blank=True)

    class Meta:
        db_table = "contract"
        indexes = [models.Index(fields=["learner", "state"], name="contract_learner")]
        constraints = [
            models.UniqueConstraint(
                fields=["learner", "rule_number"],
                name="contract_one_per_rule",
                condition=Q(state__in=["open", "in_force"]),
            )
        ]


class ContractSignature(models.Model):
    """One side's signature. Append-only (trigger); three sides, three persons."""

    contract = models.ForeignKey("bank.Contract", on_delete=models.PROTECT, related_name="signatures")
    side = models.CharField(max_length=8)  # learner | issuer | receiver
    signer = models.ForeignKey("bank.User", on_delete=models.PROTECT)
    at = models.DateTimeField()

    class Meta:
        db_table = "contract_signature"
        constraints = [
            models.UniqueConstraint(fields=["contract", "side"], name="contract_side_once"),
            models.UniqueConstraint(fields=["contract", "signer"], name="contract_signer_once"),
        ]


class ContractMove(models.Model):
    """One step of a contract. Append-only (trigger); each is a leaf. ``actor_name`` is empty for learners."""

    contract = models.ForeignKey("bank.Contract", on_delete=models.PROTECT, related_name="steps", db_index=False)
    seq = models.PositiveIntegerField()
    from_state = models.CharField(max_length=12)
    event = models.CharField(max_length=12)
    to_state = models.CharField(max_length=12)
    actor_kind = models.CharField(max_length=12)
    actor_name = models.CharField(max_length=120, blank=True)
    note = models.CharField(max_length=400, blank=True)
    at = models.DateTimeField()
    leaf_id = models.BigIntegerField()

    class Meta:
        db_table = "contract_move"
        constraints = [models.UniqueConstraint(fields=["contract", "seq"], name="contract_move_once")]
