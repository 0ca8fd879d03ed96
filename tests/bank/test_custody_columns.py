"""Every column that could hold something of a person has an answer to "what becomes of it when they are erased".

A new table fails here until somebody says so: sealed under which key, forgotten by ``forget_person``, or why nothing personal
can stand in it.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.apps import apps
from django.db import models

from xuefen.bank import custody

LEARNER = "under a key made of the learner's data key: gone with it"
PAPER = "under a paper's own key, destroyed with the person (forget_in_refused_rows, forget_objectors)"
PUBLIC = "published: numbers and salted commitments"

BINARY = {
    "anchor_alarm.root": PUBLIC,
    "application.plan": "canonical plan: numbers of outcomes and rules, no person",
    "badge.content_sealed": LEARNER,
    "badge.facts_sealed": LEARNER,
    "batch.paper_half": "half of a paper's key",
    "batch.receipt": "emptied by forget_person when it names them",
    "certificate.body_sealed": LEARNER,
    "certificate.signature": "over a salted body, which is gone",
    "checkpoint.note": PUBLIC,
    "checkpoint.root": PUBLIC,
    "deed.text_sealed": LEARNER,
    "evidence_file.blind": "emptied when the file goes",
    "evidence_file.mark": LEARNER,
    "evidence_file.sealed_name": LEARNER,
    "leaf.body": PUBLIC,
    "learner.id_blind": "overwritten at random by erase_person",
    "learner.name_blind": "overwritten at random by erase_person",
    "learner.sealed": LEARNER,
    "learner.wrapped_key": "half of the learner's key, emptied by erase_person",
    "objection.contact_sealed": PAPER,
    "outcome.natural_key": "SM3 of issuer, account, item, day and serial: no name, number of identity or phone",
    "queued_leaf.body": PUBLIC,
    "refused_row.cells": PAPER,
    "share_link.content_sealed": LEARNER,
    "slip.natural_key": "as the outcome's",
    "slip.sealed": LEARNER,
    "slip_move.note_sealed": LEARNER,
    "standard_comment.salt": PUBLIC,
    "standard_version.publication": PUBLIC,
    "watched_log.root": PUBLIC,
}

ACTOR = "the house's people and their offices; a learner who acts leaves no name here"
RULES = "about rules, items and standards, written by the house's people; public"
CODES = "codes, numbers and words of the house"

TEXT = {
    "activity.opened_by": ACTOR,
    "activity_scheme.body": RULES,
    "activity_scheme.proposed_name": ACTOR,
    "activity_scheme.signed_name": ACTOR,
    "activity_scheme.text": RULES,
    "agreement.end_reason": RULES,
    "agreement.name": RULES,
    "agreement_member.reason": RULES,
    "agreement_member.signatory": ACTOR,
    "alarm.found": "numbers and counts",
    "alarm.key": CODES,
    "alarm_step.by_name": ACTOR,
    "alliance_terms.basis": RULES,
    "alliance_terms.body": RULES,
    "anchor.tx": PUBLIC,
    "anchor_alarm.found": "sizes and roots",
    "anchor_alarm.reason": ACTOR,
    "anchor_try.error": CODES,
    "application.key": CODES,
    "arbitration.decided_name": ACTOR,
    "audit_entry.actor_name": "forget_person puts the account number there",
    "batch.stored_as": CODES,
    "batch.uploaded_by": ACTOR,
    "batch_revocation.by_name": ACTOR,
    "certificate.status_reason": "one of a closed list",
    "certificate_template.logo": "an institution's picture",
    "certificate_template.made_by": ACTOR,
    "certificate_template.seal": "an institution's picture",
    "certificate_template.texts": "an institution's lines on its certificates, the same for everybody",
    "certificate.title_en": "one of a closed list",
    "certificate.title_zh": "one of a closed list",
    "column_name.chosen_by": ACTOR,
    "column_name.heading": "the row is deleted by forget_person",
    "column_name.key": "the row is deleted by forget_person",
    "contract.items": CODES,
    "contract_move.actor_name": ACTOR,
    "cosignature.line": PUBLIC,
    "deed.declined_by": ACTOR,
    "doctor_run.asked_by": ACTOR,
    "doctor_run.counts": RULES,
    "doctor_run.findings": RULES,
    "erasure.papers": CODES,
    "evidence_file.stored_as": CODES,
    "gathered.why": "points and caps by kind, no person",
    "gathering.gathered_by": ACTOR,
    "identity_proof.by_name": ACTOR,
    "impact_run.asked_by": ACTOR,
    "impact_run.partial": "counts; accounts only below the house's threshold, masked",
    "impact_run.problem": CODES,
    "impact_run.proposal": RULES,
    "impact_run.result": "counts; accounts only below the house's threshold, masked",
    "impact_run.title": RULES,
    "institution.name_en": CODES,
    "institution.name_zh": CODES,
    "item_verdict.by_name": ACTOR,
    "item_verdict.reason": RULES,
    "item_version.detail": RULES,
    "item_version.family": RULES,
    "item_version.name": RULES,
    "item_version.name_key": RULES,
    "key_change.by_name": ACTOR,
    "key_change.reason": "about a key of the node",
    "learner.masked_name": "replaced by erase_person",
    "move.actor_name": "forget_person puts the account number there",
    "node.name_en": CODES,
    "node.name_zh": CODES,
    "node.origin": CODES,
    "objection.by_name": "masked; emptied by forget_objectors",
    "objection.replied_by": ACTOR,
    "opinion.overlaps": RULES,
    "opinion.reasons": RULES,
    "outcome.serial": "emptied by forget_person",
    "outcome_change.by_name": ACTOR,
    "participation.confirmed_by": ACTOR,
    "participation_withdrawal.by_name": ACTOR,
    "place.name": CODES,
    "place.path": CODES,
    "programme.name": RULES,
    "programme.tree": RULES,
    "proposal.title": RULES,
    "proposal_move.actor_name": ACTOR,
    "proposal_move.note": RULES,
    "proposal_revision.drafts": RULES,
    "qualification.basis": "about an institution",
    "qualification.reviewed_by": ACTOR,
    "rule.body": RULES,
    "slip_move.actor_name": ACTOR,
    "standard_comment.name": "public comments, withheld one by one (docs/decisions/0014)",
    "standard_comment.place": "public comments, withheld one by one (docs/decisions/0014)",
    "standard_comment.replied_by": ACTOR,
    "standard_comment.reply": "public comments, withheld one by one (docs/decisions/0014)",
    "standard_comment.text": "public comments, withheld one by one (docs/decisions/0014)",
    "standard_comparison.name": ACTOR,
    "standard_comparison.reasons": RULES,
    "standard_kind_request.asked_by": ACTOR,
    "standard_kind_request.description": RULES,
    "standard_kind_request.name": RULES,
    "standard_kind_request.name_key": RULES,
    "standard_kind_request.reason": RULES,
    "standard_move.actor_name": ACTOR,
    "standard_move.reason": RULES,
    "standard_proposal.body": RULES,
    "standard_proposal.note": RULES,
    "standard_signature.name": ACTOR,
    "standard_version.body": RULES,
    "standard_version.retired_reason": RULES,
    "transfer.key": CODES,
    "user.display_name": "replaced by close_sign_in",
    "user.password": "made unusable by close_sign_in",
    "watched_log.origin": PUBLIC,
    "watched_log.vkey": PUBLIC,
    "witness.error": CODES,
    "witness.name": PUBLIC,
    "witness.url": PUBLIC,
    "witness.vkey": PUBLIC,
}

SHORT = 64
"""What is shorter holds a code, a number, a state or a digest; names and sentences get 60 to 80 characters and more."""
DIGESTS = re.compile(r"(sm3|digest|text_digest|username|subject_id|action|serial)$")


def forgotten() -> set[str]:
    """The columns ``forget_person`` searches."""
    sql = (Path(custody.__file__).parent / "guards.sql").read_text(encoding="utf-8")
    return {f"{table}.{column}" for table, column in re.findall(r"\('(\w+)', '(\w+)', '(?:text|jsonb)'\)", sql)}


def columns(*kinds: type[models.Field]) -> dict[str, models.Field]:
    return {
        f"{model._meta.db_table}.{field.column}": field
        for model in apps.get_app_config("bank").get_models()
        for field in model._meta.local_fields
        if isinstance(field, kinds)
    }


def reached(model: type[models.Model], steps: int = 2) -> set[str]:
    """The tables a row leads to."""
    next_ones = {f.related_model for f in model._meta.local_fields if f.related_model} if steps else set()
    return {m._meta.db_table for m in next_ones}.union(*(reached(m, steps - 1) for m in next_ones))


def test_every_sealed_or_binary_column_says_under_which_key_or_why_not() -> None:
    found = columns(models.BinaryField)
    assert set(found) == set(BINARY), set(found) ^ set(BINARY)
    for name, field in found.items():
        if "sealed" in name:
            assert BINARY[name] in (LEARNER, PAPER), name
        if BINARY[name] == LEARNER:  # who is erased must be found from the row, and their key with them
            assert name.startswith("learner.") or "learner" in reached(field.model), name


def test_every_column_a_name_or_a_sentence_fits_in_is_forgotten_or_says_why_not() -> None:
    found = {
        name
        for name, field in columns(models.CharField, models.TextField, models.JSONField).items()
        if not field.choices
        and (field.max_length is None or field.max_length >= SHORT or name == "outcome.serial")
        and (not DIGESTS.search(name) or name == "outcome.serial")
    }
    unanswered = found - set(TEXT) - forgotten()
    assert not unanswered, f"what becomes of these when a person is erased? {sorted(unanswered)}"
    assert not set(TEXT) - found, f"no such column any more: {sorted(set(TEXT) - found)}"


@pytest.mark.django_db
def test_what_forget_person_searches_exists() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = current_schema()"
        )
        there = {name for (name,) in cursor.fetchall()}
    assert len(forgotten()) > 15 and forgotten() <= there
