"""Credentials on a real database: places in the status lists, lists that follow a revocation, badges brought along."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from tests.bank.recognition_builders import World
from tests.bank.test_certificates_actions import NOW, archived, bank, branch, denied, issue, issued_and_sealed, world
from xuefen.bank.certificates import actions, queries
from xuefen.bank.certificates.actions import publishing
from xuefen.bank.certificates.models import Certificate, CredentialPlace
from xuefen.bank.certificates.pdf import files, opening
from xuefen.bank.certificates.queries import papers
from xuefen.bank.certificates.types import PER_LIST, CertificateKind, CredentialForm, StatusReason
from xuefen.bank.shell.actor import EVERYTHING
from xuefen.bank.translog import actions as translog
from xuefen.bedrock import canon, vc
from xuefen.bedrock.vc import bits

pytestmark = pytest.mark.django_db
__all__ = ["bank", "world"]  # fixtures


def codes(report: Any) -> dict[str, str]:
    return {verdict.check.value: verdict.code for verdict in report.verdicts}


def test_a_statement_as_a_record_verifies_here_and_offline(world: World, bank: Path) -> None:
    facts = issue(world)
    assert denied(lambda: queries.credential(EVERYTHING, facts.number, now=NOW)) == "certificate_not_sealed"
    translog.seal_all(now=NOW)
    record = queries.credential(world.learner.scope("certificates.read"), facts.number, now=NOW)
    assert record == queries.credential(EVERYTHING, facts.number, CredentialForm.CLR, now=NOW)
    content = canon.canonical(record)
    report = queries.verify(content, now=NOW)
    assert report.ok and report.number == facts.number, report
    assert report.facts is not None and report.facts.holder == "林*禾"
    actions.publish_status(now=NOW)
    trust = files.read_trust_file(bank / "trust.json")
    beside = files.read_beside(bank, trust=trust, now=NOW)
    offline = opening.verify_file(content, trust=trust, status=None, now=NOW, beside=beside)
    assert offline.ok and codes(offline)["revocation"] == "revocation_good_as_of"


def test_a_conversion_as_a_badge(world: World) -> None:
    application = archived(world)
    facts = actions.issue_conversion(application_number=application.number, by=world.learner, now=NOW)
    translog.seal_all(now=NOW)
    assert facts.kind is CertificateKind.CONVERSION
    badge = queries.credential(EVERYTHING, facts.number, now=NOW)
    assert badge["type"] == ["VerifiableCredential", "OpenBadgeCredential"]
    assert queries.verify(canon.canonical(badge), now=NOW).ok
    assert (
        denied(lambda: queries.credential(EVERYTHING, facts.number, CredentialForm.CLR, now=NOW)) == "credential_form"
    )


def published(bank: Path, purpose: str) -> bytes:
    document = json.loads((bank / "credentials" / f"{purpose}-0.json").read_text())
    assert vc.check_proof(document, document["proof"]).state is vc.ProofState.GOOD
    return vc.decode_bits(document["credentialSubject"]["encodedList"])


def test_what_is_taken_back_shows_at_once_everywhere(world: World, bank: Path) -> None:
    facts = issued_and_sealed(world)
    content = canon.canonical(queries.credential(EVERYTHING, facts.number, now=NOW))
    place = CredentialPlace.objects.get(certificate__number=facts.number)
    trust = files.read_trust_file(bank / "trust.json")

    def told() -> tuple[bool, bool, str, str, str, str]:
        beside = files.read_beside(bank, trust=trust, now=NOW)
        offline = opening.verify_file(content, trust=trust, status=None, now=NOW, beside=beside)
        live = queries.verify(content, now=NOW)
        return (
            bits.bit(published(bank, "revocation"), place.index),
            bits.bit(published(bank, "suspension"), place.index),
            codes(live)["suspension"],
            codes(offline)["suspension"],
            codes(live)["revocation"],
            codes(offline)["revocation"],
        )

    actions.suspend(number=facts.number, reason=StatusReason.UNDER_INVESTIGATION, by=branch(), now=NOW)
    assert told() == (
        *(False, True, "suspension_suspended", "suspension_bit_suspended"),
        *("revocation_good", "revocation_good_as_of"),
    )
    actions.reinstate(number=facts.number, by=branch(), now=NOW)
    assert told() == (
        *(False, False, "suspension_good", "suspension_good_as_of"),
        *("revocation_good", "revocation_good_as_of"),
    )
    actions.revoke(number=facts.number, reason=StatusReason.ISSUED_IN_ERROR, by=branch(), now=NOW)
    assert told() == (
        *(True, False, "suspension_moot", "suspension_moot"),
        *("revocation_revoked", "revocation_bit_revoked"),
    )
    assert "签发有误" in queries.verify(content, now=NOW)["revocation"].zh


def test_somebody_elses_list_with_our_name_on_it_is_not_ours(world: World) -> None:
    from xuefen.bank.certificates.types import StatusRef

    facts = issued_and_sealed(world)
    entries = queries.credential(EVERYTHING, facts.number, now=NOW)["credentialStatus"]
    good = [StatusRef(e["statusPurpose"], e["statusListCredential"], int(e["statusListIndex"])) for e in entries]
    assert [queries.standing(ref, now=NOW).set for ref in good] == [False, False]  # type: ignore[union-attr]
    for url in (
        "https://elsewhere.example/log/credentials/revocation-0.json",
        good[1].list_url,
        "x",
        good[0].list_url + "x",
    ):
        assert queries.standing(StatusRef("revocation", url, 1), now=NOW) is None


def test_places_are_random_unique_and_stay(world: World) -> None:
    first, second = issue(world), issue(world, at=NOW.replace(day=22))
    places = list(CredentialPlace.objects.order_by("certificate_id").values_list("list_number", "index"))
    assert len(set(places)) == 2 and all(0 <= index < bits.FEWEST_BITS for _, index in places)
    assert {number for number, _ in places} == {
        (pk - 1) // PER_LIST for pk in Certificate.objects.values_list("pk", flat=True)
    }
    for statement in ("UPDATE credential_place SET index = 1", "DELETE FROM credential_place"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert first.number != second.number


def test_a_taken_place_is_passed_over(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter([7, 7, 7, 9])
    monkeypatch.setattr(publishing.secrets, "randbelow", lambda most: next(drawn))
    issue(world)
    issue(world, at=NOW.replace(day=22))
    assert sorted(CredentialPlace.objects.values_list("index", flat=True)) == [7, 9]


def test_the_issuers_profile_tells_every_key(bank: Path) -> None:
    profile = json.loads((bank / "credentials" / "issuer.json").read_text())
    home = queries.credential_home(now=NOW)
    assert profile["id"] == home.did and profile["name"] == "浙江学分银行"
    assert [method["id"] for method in profile["assertionMethod"]] == [home.method]
    assert list(vc.quads_of(profile))


def test_after_a_new_key_both_the_old_file_and_the_new_one_verify(world: World, bank: Path, own_keys: Path) -> None:
    facts = issued_and_sealed(world)
    old = queries.credential(EVERYTHING, facts.number, now=NOW)
    actions.publish_trust(now=NOW)
    later = NOW + timedelta(days=30)
    papers.keys().rotate("credentials", now=later, until=later + timedelta(days=7))
    actions.publish_trust(now=later)
    actions.publish_status(now=later)
    new = queries.credential(EVERYTHING, facts.number, now=later + timedelta(hours=1))
    assert old["issuer"]["id"] != new["issuer"]["id"]
    for document in (old, new):
        assert queries.verify(canon.canonical(document), now=later + timedelta(hours=1)).ok
    profile = json.loads((bank / "credentials" / "issuer.json").read_text())
    assert profile["id"] == new["issuer"]["id"] and old["issuer"]["id"] in profile["alsoKnownAs"]
    trust = files.read_trust_file(bank / "trust.json")
    beside = files.read_beside(bank, trust=trust, now=later)
    content = canon.canonical(old)
    assert opening.verify_file(content, trust=trust, status=None, now=later, beside=beside).ok
