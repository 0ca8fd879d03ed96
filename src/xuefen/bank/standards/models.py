"""Standards: regulation as dated data, and the life of each version."""

from django.db import models
from django.db.models import Q

from xuefen.bank.standards.states import RUNNING
from xuefen.bank.standards.types.life import KindState, State


class StandardVersion(models.Model):
    """One dated version of one standard pack. Written when its proposal is published, or when the house loads a shipped
    pack; the body never changes (trigger). Only its end (``retired_on`` with its reason) and the day of its yearly
    revision may be set. ``digest`` is SM3 of the canonical body; ``publication`` is the signed act of publication, empty
    for what the house loaded. No version stands without a proposal that was published (trigger).
    """

    code = models.CharField(max_length=40)
    version = models.PositiveIntegerField()
    effective_from = models.DateField()
    retired_on = models.DateField(null=True)
    retired_reason = models.CharField(max_length=400, blank=True)
    body = models.JSONField()
    digest = models.CharField(max_length=64)
    publication = models.BinaryField(default=b"")
    loaded_at = models.DateTimeField()
    review_on = models.DateField()  # the yearly revision is due
    review_reminded_on = models.DateField(null=True)

    class Meta:
        db_table = "standard_version"
        constraints = [models.UniqueConstraint(fields=["code", "version"], name="standard_version_once")]


class StandardProposal(models.Model):
    """The way of one version from proposal to retirement. Written by ``standards.actions``; ``state`` moves only along
    standards/states.py (a trigger holds the same table, another that each move has its row). The body never changes: who
    wants another text proposes again. ``moves`` counts the moves; ``standard_version`` is set when it is published.
    """

    number = models.CharField(max_length=20, unique=True)
    code = models.CharField(max_length=40)
    version = models.PositiveIntegerField()
    body = models.JSONField()
    digest = models.CharField(max_length=64)
    effective_from = models.DateField()
    note = models.CharField(max_length=1000, blank=True)
    proposed_by = models.ForeignKey("bank.User", null=True, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    state = models.CharField(max_length=12)
    moves_made = models.PositiveIntegerField(default=0)
    entered_at = models.DateTimeField()
    consulted_until = models.DateTimeField(null=True)
    standard_version = models.OneToOneField(
        "bank.StandardVersion", null=True, on_delete=models.PROTECT, related_name="proposal"
    )

    class Meta:
        db_table = "standard_proposal"
        constraints = [
            models.UniqueConstraint(
                fields=["code"], name="standard_proposal_one_running", condition=Q(state__in=sorted(RUNNING))
            ),
            models.CheckConstraint(
                name="standard_proposal_version_when_published",
                condition=Q(state__in=[State.PUBLISHED, State.RETIRED], standard_version__isnull=False)
                | (~Q(state__in=[State.PUBLISHED, State.RETIRED]) & Q(standard_version__isnull=True)),
            ),
        ]


class StandardMove(models.Model):
    """One move of a proposal: append-only (trigger), in the table of moves (trigger), with its leaf in the log."""

    proposal = models.ForeignKey("bank.StandardProposal", on_delete=models.PROTECT, related_name="moves")
    seq = models.PositiveIntegerField()
    from_state = models.CharField(max_length=12)
    event = models.CharField(max_length=12)
    to_state = models.CharField(max_length=12)
    actor_kind = models.CharField(max_length=12)
    actor_name = models.CharField(max_length=80)
    user = models.ForeignKey("bank.User", null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=1000, blank=True)
    at = models.DateTimeField()
    leaf_id = models.BigIntegerField()

    class Meta:
        db_table = "standard_move"
        constraints = [models.UniqueConstraint(fields=["proposal", "seq"], name="standard_move_once")]


class StandardComparison(models.Model):
    """What one expert found comparing a proposal with the version in force. Append-only; never the proposer's (trigger)."""

    proposal = models.ForeignKey("bank.StandardProposal", on_delete=models.PROTECT, related_name="comparisons")
    user = models.ForeignKey("bank.User", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=80)
    verdict = models.CharField(max_length=12)
    reasons = models.CharField(max_length=2000)
    at = models.DateTimeField()

    class Meta:
        db_table = "standard_comparison"
        constraints = [models.UniqueConstraint(fields=["proposal", "user"], name="standard_comparison_once")]


class StandardSignature(models.Model):
    """One of the two persons who publish a version, under the digest they saw. Append-only; two different people,
    neither the proposer (unique key and trigger); the move to ``published`` needs both (trigger).
    """

    proposal = models.ForeignKey("bank.StandardProposal", on_delete=models.PROTECT, related_name="signatures")
    user = models.ForeignKey("bank.User", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=80)
    digest = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        db_table = "standard_signature"
        constraints = [models.UniqueConstraint(fields=["proposal", "user"], name="standard_signature_once")]


class StandardComment(models.Model):
    """What somebody said in a public consultation, and the answer. The words never change; answered once (trigger).
    ``salt`` hides them in the log; ``withheld``: the words hold personal data or abuse and are not shown to the public.
    """

    proposal = models.ForeignKey("bank.StandardProposal", on_delete=models.PROTECT, related_name="comments")
    seq = models.PositiveIntegerField()
    name = models.CharField(max_length=80, blank=True)  # masked
    place = models.CharField(max_length=80, blank=True)  # the chapter it speaks of
    text = models.CharField(max_length=2000)
    text_digest = models.CharField(max_length=64)
    salt = models.BinaryField()
    said_at = models.DateTimeField()
    reply = models.CharField(max_length=2000, blank=True)
    replied_by = models.CharField(max_length=80, blank=True)
    replied_at = models.DateTimeField(null=True)
    withheld = models.BooleanField(default=False)
    leaf_id = models.BigIntegerField()

    class Meta:
        db_table = "standard_comment"
        constraints = [
            models.UniqueConstraint(fields=["proposal", "seq"], name="standard_comment_once"),
            models.UniqueConstraint(fields=["proposal", "text_digest"], name="standard_comment_said_once"),
        ]


class KindRequest(models.Model):
    """A new kind of outcome that asks for its standard within three months. What was asked never changes; it ends settled
    by a version that holds the kind, or declined with a reason, and stays so (trigger).
    """

    number = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=80)
    name_key = models.CharField(max_length=80)
    outcome_class = models.CharField(max_length=12)
    description = models.CharField(max_length=2000)
    institution = models.ForeignKey("bank.Institution", null=True, on_delete=models.PROTECT, related_name="+")
    asked_by = models.CharField(max_length=80)
    asked_at = models.DateTimeField()
    asked_on = models.DateField()
    due_on = models.DateField()
    state = models.CharField(max_length=12, default=KindState.OPEN)
    type_code = models.CharField(max_length=40, blank=True)
    settled_by = models.ForeignKey("bank.StandardVersion", null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=1000, blank=True)
    closed_at = models.DateTimeField(null=True)
    reminders = models.PositiveSmallIntegerField(default=0)
    reminded_on = models.DateField(null=True)

    class Meta:
        db_table = "standard_kind_request"
        constraints = [
            models.UniqueConstraint(
                fields=["name_key"], name="standard_kind_one_open", condition=Q(state=KindState.OPEN)
            ),
        ]


class StandardAdoption(models.Model):
    """From when on a receiver judges conversions into its programmes by this standard. Append-only (trigger): another choice is
    another row; decisions keep the version they were made under.
    """

    institution = models.ForeignKey("bank.Institution", on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=40)
    effective_from = models.DateField()
    leaf_id = models.BigIntegerField()

    class Meta:
        db_table = "standard_adoption"
        constraints = [
            models.UniqueConstraint(fields=["institution", "effective_from"], name="standard_adoption_once"),
        ]
