"""Batches, the rows they refused, and the outcomes they made."""

from django.db import models
from django.db.models import F, Q

from xuefen.bank.deposits.types import BatchState, OutcomeEvent, OutcomeState


class Batch(models.Model):
    """One file, form or API call of one issuer. Written by ``deposits.actions``; ``cursor`` is the last row committed, so a
    killed run goes on there. Same issuer and same content digest = same batch. I11: read = accepted + refused + duplicates.
    """

    number = models.CharField(max_length=20, unique=True)
    issuer = models.ForeignKey("bank.Institution", on_delete=models.PROTECT)
    state = models.CharField(
        max_length=12, default=BatchState.RECEIVED, choices=[(s.value, s.value) for s in BatchState]
    )
    source = models.CharField(max_length=8)  # "file" | "form" | "api" | "correct"
    file_name = models.CharField(max_length=200)
    stored_as = models.CharField(max_length=200, blank=True)  # path below the uploads folder
    content_sm3 = models.CharField(max_length=64)
    uploaded_by = models.CharField(max_length=120)
    standard_version = models.ForeignKey("bank.StandardVersion", on_delete=models.PROTECT)
    total_rows = models.PositiveIntegerField(null=True)
    cursor = models.PositiveIntegerField(default=0)
    read = models.PositiveIntegerField(default=0)
    accepted = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    duplicates = models.PositiveIntegerField(default=0)
    credits = models.BigIntegerField(default=0)
    mapping = models.JSONField(default=dict)  # heading (its key) → field, as somebody said; "" leaves the column out
    ask_columns = models.BooleanField(default=False)  # somebody wants to say it before anything is deposited
    header = models.JSONField(null=True)  # the headings, while it waits for that
    problem = models.JSONField(null=True)
    withdrawn = models.PositiveIntegerField(default=0)  # of the accepted, when it was cancelled or revoked as a whole
    first_leaf_id = models.BigIntegerField(null=True)
    last_leaf_id = models.BigIntegerField(null=True)
    paper = models.BigIntegerField(null=True)  # of the key its refused rows are sealed with (shell.keys.Paper)
    paper_half = models.BinaryField(null=True)
    receipt = models.BinaryField(null=True)
    received_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "batch"
        indexes = [
            # a caller's own key is looked up with every call: ``file_name`` holds it
            models.Index(fields=["issuer", "file_name"], condition=Q(source="api"), name="batch_api_key")
        ]
        constraints = [
            # a cancelled or revoked batch is over: the same file again is a new one
            models.UniqueConstraint(
                fields=["issuer", "content_sm3"],
                condition=~Q(state__in=[BatchState.CANCELLED.value, BatchState.REVOKED.value]),
                name="batch_content_once",
            ),
            models.CheckConstraint(
                name="batch_adds_up", condition=Q(read=F("accepted") + F("refused") + F("duplicates"))
            ),
        ]


class BatchRevocation(models.Model):
    """A whole batch taken back by one decision with one reason. Written by ``supervision.actions.batches``, which counts here
    what each chunk did; ended once, never removed (trigger). What proves it: the leaves ``batch.revoking`` and
    ``batch.revoked``, and a change of every outcome. ``outcomes`` and ``credits`` are what was valid when it was decided.
    """

    batch = models.OneToOneField("bank.Batch", primary_key=True, on_delete=models.PROTECT, related_name="revocation")
    reason = models.CharField(max_length=400)
    by_kind = models.CharField(max_length=12)
    by_name = models.CharField(max_length=120)
    by_user_id = models.BigIntegerField(null=True)
    outcomes = models.PositiveIntegerField()
    credits = models.BigIntegerField()
    revoked = models.PositiveIntegerField(default=0)  # outcomes that archived conversions rest on
    ended = models.PositiveIntegerField(default=0)  # applications that were under way
    doubted = models.PositiveIntegerField(default=0)  # archived conversions put in doubt
    leaf_id = models.BigIntegerField()
    end_leaf_id = models.BigIntegerField(null=True)
    begun_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "batch_revocation"
        constraints = [
            models.CheckConstraint(
                name="batch_revocation_ends",
                condition=Q(ended_at__isnull=True, end_leaf_id__isnull=True)
                | Q(ended_at__isnull=False, end_leaf_id__isnull=False),
            )
        ]


class ColumnName(models.Model):
    """What an issuer's own heading means, as one of its people said; used for its next sheets until it is forgotten. No fact:
    a batch keeps what it was read by.
    """

    issuer = models.ForeignKey("bank.Institution", on_delete=models.PROTECT)
    key = models.CharField(max_length=80)  # rules.sheet.header_key
    heading = models.CharField(max_length=80)
    field = models.CharField(max_length=20, blank=True)  # "" leaves the column out
    chosen_by = models.CharField(max_length=120)
    chosen_at = models.DateTimeField()

    class Meta:
        db_table = "column_name"
        constraints = [models.UniqueConstraint(fields=["issuer", "key"], name="column_name_once")]


class RefusedRow(models.Model):
    """One error of one row of a batch, or a duplicate's note. Append-only. ``cells`` keeps the row as it was read, sealed with
    the batch's own paper key, because it may hold personal data; the error workbook is made from it. Only when somebody the
    rows name is erased, ``cells`` is sealed anew, or emptied (custody).
    """

    batch = models.ForeignKey("bank.Batch", on_delete=models.PROTECT, related_name="refused_rows")
    row = models.PositiveIntegerField()
    field = models.CharField(max_length=40, blank=True)
    code = models.CharField(max_length=40)
    params = models.JSONField(default=dict)
    duplicate = models.BooleanField(default=False)
    cells = models.BinaryField()

    class Meta:
        db_table = "refused_row"
        indexes = [models.Index(fields=["batch", "row"], name="refused_row_order")]


class Outcome(models.Model):
    """One recognised outcome of one learner. Written by COPY in ``deposits.actions``; only ``state`` may change (trigger).

    ``natural_key`` is SM3/128 over issuer, learner, item version, award date and serial number: the same thing is never
    deposited twice (one made by a correction adds the corrected number; one withdrawn with its batch frees its key). The leaf
    commits to the holder with a salt derived from the learner's data key (``learners.rules.leaf_salt``), so destroying that
    key unlinks it. Foreign keys carry no row trigger (see Transfer).
    """

    number = models.CharField(max_length=20)
    batch = models.ForeignKey("bank.Batch", on_delete=models.PROTECT, db_constraint=False, db_index=False)
    row = models.PositiveIntegerField()
    learner = models.ForeignKey("bank.Learner", on_delete=models.PROTECT, db_constraint=False, db_index=False)
    issuer = models.ForeignKey("bank.Institution", on_delete=models.PROTECT, db_constraint=False, db_index=False)
    item_version = models.ForeignKey("bank.ItemVersion", on_delete=models.PROTECT, db_constraint=False, db_index=False)
    standard_version = models.ForeignKey(
        "bank.StandardVersion", on_delete=models.PROTECT, db_constraint=False, db_index=False
    )
    outcome_class = models.CharField(max_length=12)
    level = models.SmallIntegerField(null=True)
    credits = models.IntegerField()
    quality = models.CharField(max_length=1)
    grade = models.CharField(max_length=12, blank=True)  # as the issuer wrote it
    mark = models.IntegerField(null=True)  # hundredths on the 100 scale, when the grade has one
    hours = models.PositiveIntegerField(null=True)
    attendance = models.SmallIntegerField(null=True)  # percent of the classes
    online_share = models.SmallIntegerField(null=True)  # percent of the taught hours
    workload = models.SmallIntegerField(null=True)  # all hours of learning
    serial = models.CharField(max_length=60, blank=True)  # the issuer's own certificate number
    awarded_on = models.DateField()
    assurance = models.SmallIntegerField()  # the learner's real-name level at that moment
    state = models.CharField(
        max_length=12, default=OutcomeState.VALID, choices=[(s.value, s.value) for s in OutcomeState]
    )
    natural_key = models.BinaryField()
    leaf_id = models.BigIntegerField()
    deposited_at = models.DateTimeField()

    class Meta:
        db_table = "outcome"
        indexes = [
            models.Index(fields=["learner", "-awarded_on"], name="outcome_learner"),
            models.Index(fields=["batch", "row"], name="outcome_batch"),
        ]
        constraints = [
            # not unique=True on the column, which would add a second index for LIKE to every row of a bulk night
            models.UniqueConstraint(fields=["number"], name="outcome_number_once"),
            models.UniqueConstraint(
                fields=["natural_key"], condition=~Q(state=OutcomeState.WITHDRAWN.value), name="outcome_once"
            ),
            models.CheckConstraint(name="outcome_credits_positive", condition=Q(credits__gt=0)),
        ]


class OutcomeChange(models.Model):
    """One thing that happened to an outcome after its deposit: revoked, corrected, reinstated. Append-only (trigger); the
    outcome's state is where its last change leads (trigger), ``seq`` counts them. What proves it: its leaf, and the transfer
    that moved the credit. ``replacement`` is the outcome that took its place; ``by_user_id`` tells two people apart.
    """

    outcome = models.ForeignKey("bank.Outcome", on_delete=models.PROTECT, related_name="changes", db_index=False)
    seq = models.PositiveSmallIntegerField()
    event = models.CharField(max_length=12, choices=[(e.value, e.value) for e in OutcomeEvent])
    to_state = models.CharField(max_length=12, choices=[(s.value, s.value) for s in OutcomeState])
    reason = models.CharField(max_length=400)
    by_kind = models.CharField(max_length=12)
    by_name = models.CharField(max_length=120)
    by_user_id = models.BigIntegerField(null=True)
    replacement = models.OneToOneField("bank.Outcome", null=True, on_delete=models.PROTECT, related_name="corrects")
    transfer = models.ForeignKey("bank.Transfer", on_delete=models.PROTECT, db_index=False)
    leaf_id = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        db_table = "outcome_change"
        constraints = [
            models.UniqueConstraint(fields=["outcome", "seq"], name="outcome_change_once"),
            models.CheckConstraint(
                name="outcome_change_replaces",
                condition=Q(event=OutcomeEvent.CORRECTED, replacement__isnull=False)
                | (~Q(event=OutcomeEvent.CORRECTED) & Q(replacement__isnull=True)),
            ),
        ]
