"""The VC API as the W3C's community describes it, with requests shaped like the specification's examples."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from tests.bank import credential_builders as credentials
from tests.bank import foundation_builders as build
from tests.bank import recognition_builders as recognition
from tests.faces import api_builders as api
from tests.faces.api_builders import assert_problem
from xuefen.bank.audit.models import AuditEntry
from xuefen.bank.certificates import actions, queries
from xuefen.bank.certificates.types import StatusReason
from xuefen.bank.shell.actor import EVERYTHING
from xuefen.bank.staff.types import Role
from xuefen.bank.translog import actions as translog
from xuefen.bank.translog.models import QueuedLeaf
from xuefen.bedrock import canon, vc

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.faces.api_urls")]
EXAMPLE: dict[str, Any] = {
    "@context": ["https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/examples/v2"],
    "id": "http://university.example/credentials/3732",
    "type": ["VerifiableCredential", "ExampleDegreeCredential"],
    "validFrom": "2010-01-01T00:00:00Z",
    "credentialSubject": {
        "id": "did:example:ebfeb1f712ebc6f1c276e12ec21",
        "degree": {"type": "ExampleBachelorDegree", "name": "Bachelor of Science and Arts"},
    },
}


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path) -> recognition.World:
    settings.XUEFEN_LOG, settings.XUEFEN_PUBLIC = tmp_path / "log", tmp_path / "public"
    api.stop_clock(monkeypatch)
    api.node()
    world = recognition.world(courses=5)
    actions.publish_trust(now=api.NOW)
    return world


def post(path: str, body: Any, client: Client | None = None) -> Any:
    return (client or Client()).post(f"/api/vc/{path}", json.dumps(body), content_type="application/json")


def check(credential: Any) -> Any:
    return post("credentials/verify", {"verifiableCredential": credential, "options": {}})


# --- issue -----------------------------------------------------------------------------------------------------------


class TestIssue:
    def test_the_hub_has_a_credential_signed(self, world) -> None:
        hub = api.at_work(Role.HUB_OFFICER, place="hub")
        answer = hub.post("/vc/credentials/issue", {"credential": EXAMPLE, "options": {}})
        assert answer.status_code == 201, answer.content
        signed = answer.json()["verifiableCredential"]
        assert signed["issuer"] == queries.credential_home(now=api.NOW).did
        assert signed["proof"]["cryptosuite"] == "eddsa-rdfc-2022"
        assert {k: v for k, v in signed.items() if k not in ("proof", "issuer")} == EXAMPLE
        assert check(signed).json()["verified"] is True
        leaf = json.loads(bytes(QueuedLeaf.objects.order_by("-id").first().body))  # type: ignore[union-attr]
        assert leaf["kind"] == "credential.signed"
        assert AuditEntry.objects.filter(action="credentials.signed").count() == 1

    def test_an_id_may_be_asked_for(self, world) -> None:
        hub = api.at_work(Role.HUB_OFFICER, place="hub")
        bare = {k: v for k, v in EXAMPLE.items() if k != "id"}
        options = {"credentialId": "urn:uuid:0b1d", "mandatoryPointers": []}
        answer = hub.post("/vc/credentials/issue", {"credential": bare, "options": options})
        assert answer.json()["verifiableCredential"]["id"] == "urn:uuid:0b1d"

    def test_nobody_else_has_anything_signed(self, world) -> None:
        assert_problem(post("credentials/issue", {"credential": EXAMPLE}), status=401, code="not_signed_in")
        branch = api.at_work(Role.BRANCH_OFFICER, place="33")
        answer = branch.post("/vc/credentials/issue", {"credential": EXAMPLE})
        assert_problem(answer, status=403, code="not_allowed")

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"issuer": "did:example:somebody"}, "credential_issuer"),
            ({"@context": ["https://www.w3.org/ns/credentials/v2"]}, "credential_wrong"),
            ({"@context": None}, "credential_wrong"),
            ({"type": "VerifiablePresentation"}, "credential_wrong"),
            ({"credentialSubject": None}, "credential_wrong"),
            ({"validFrom": "never"}, "credential_wrong"),
            ({"id": "not an address"}, "credential_wrong"),
        ],
    )
    def test_what_cannot_be_signed_says_why(self, world, change: dict[str, Any], code: str) -> None:
        hub = api.at_work(Role.HUB_OFFICER, place="hub")
        answer = hub.post("/vc/credentials/issue", {"credential": EXAMPLE | change})
        assert_problem(answer, status=400, code=code)

    def test_too_much_is_not_read(self, world) -> None:
        hub = api.at_work(Role.HUB_OFFICER, place="hub")
        answer = hub.post("/vc/credentials/issue", {"credential": {"x": "y" * 1_100_000}})
        assert_problem(answer, status=413, code="request_too_large")


class TestConformance:
    def test_only_a_node_started_for_it_signs_for_this_machine(self, world, settings) -> None:
        settings.XUEFEN_VC_TEST, settings.XUEFEN_VC_TEST_SECRET = True, "for this test"
        answer = post("credentials/issue", {"credential": EXAMPLE})
        assert answer.status_code == 201, answer.content
        signed = answer.json()["verifiableCredential"]
        assert signed["issuer"] != queries.credential_home(now=api.NOW).did, "never with the bank's own key"
        verified = check(signed)
        assert verified.status_code == 200 and verified.json()["warnings"][0]["code"] == "issuer_stranger"
        assert not any(b"credential.signed" in bytes(leaf.body) for leaf in QueuedLeaf.objects.all())

    @pytest.mark.parametrize("where", [{"REMOTE_ADDR": "203.0.113.9"}, {"HTTP_X_FORWARDED_FOR": "203.0.113.9"}])
    def test_and_for_nobody_from_elsewhere(self, world, settings, where: dict[str, str]) -> None:
        settings.XUEFEN_VC_TEST, settings.XUEFEN_VC_TEST_SECRET = True, "for this test"
        answer = post("credentials/issue", {"credential": EXAMPLE}, Client(**where))
        assert_problem(answer, status=401, code="not_signed_in")


# --- verify ----------------------------------------------------------------------------------------------------------


class TestVerify:
    def test_a_badge_of_somebody_elses(self, world) -> None:
        answer = check(credentials.badge())
        body = answer.json()
        assert (answer.status_code, body["verified"], body["errors"]) == (200, True, [])
        assert [warning["code"] for warning in body["warnings"]] == ["issuer_stranger"]

    def test_whoever_is_named_by_an_address_is_not_taken_at_their_word(self, world) -> None:
        address = "https://issuer.example/7"
        method = f"{address}#{vc.multikey(credentials.THEIRS.public.raw)}"
        badge = vc.prove(
            credentials.credentials_badge(address),
            signer=credentials.THEIRS,
            method=method,
            created="2026-03-01T00:00:00Z",
        )
        answer = check(badge)
        assert answer.status_code == 400 and answer.json()["verified"] is False
        assert answer.json()["errors"][0]["code"] == "issuer_stranger"

    @pytest.mark.parametrize(
        ("change", "kind"),
        [
            (lambda badge: badge.update(name="别的"), "PROOF_VERIFICATION_ERROR"),
            (lambda badge: badge["proof"].pop("proofValue"), "PROOF_VERIFICATION_ERROR"),
            (lambda badge: badge.pop("proof"), "PROOF_VERIFICATION_ERROR"),
            (lambda badge: badge["proof"].update(proofPurpose="authentication"), "PROOF_VERIFICATION_ERROR"),
            (lambda badge: badge.update(surprise=1), "PROOF_VERIFICATION_ERROR"),
            (lambda badge: badge.pop("credentialSubject"), "MALFORMED_VALUE_ERROR"),
            (lambda badge: badge.pop("@context"), "MALFORMED_VALUE_ERROR"),
        ],
    )
    def test_what_is_wrong_is_a_problem_of_the_specifications_shape(self, world, change: Any, kind: str) -> None:
        badge = copy.deepcopy(credentials.badge())
        change(badge)
        answer = check(badge)
        assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
        body = answer.json()
        assert body["verified"] is False and body["type"].endswith(f"#{kind}") and body["status"] == 400
        assert body["title"] and body["detail"] and body["errors"]

    @pytest.mark.parametrize(
        "body", [{}, [], {"verifiableCredential": "x"}, {"verifiableCredential": None}, {"credential": EXAMPLE}, "x"]
    )
    def test_what_is_no_request(self, world, body: Any) -> None:
        assert post("credentials/verify", body).status_code in (400, 422)

    def test_out_of_date_and_taken_back(self, world) -> None:
        old = check(credentials.badge(validUntil="2026-03-02T00:00:00Z")).json()
        assert old["errors"][0]["code"] == "expiry_expired" and old["type"].endswith("#RANGE_ERROR")
        number = actions.issue_statement(learner_id=world.learner_id, by=build.HOUSE, now=api.NOW).number
        translog.seal_all(now=api.NOW)
        record = queries.credential(EVERYTHING, number, now=api.NOW)
        assert check(record).json() | {"verified": True, "warnings": []} == check(record).json()
        actions.suspend(number=number, reason=StatusReason.UNDER_INVESTIGATION, by=build.HOUSE, now=api.NOW)
        assert check(record).json()["errors"][0]["code"] == "suspension_suspended"
        actions.revoke(number=number, reason=StatusReason.ISSUED_IN_ERROR, by=build.HOUSE, now=api.NOW)
        assert check(record).json()["errors"][0]["code"] == "revocation_revoked"


class TestPresentation:
    def presentation(self, *inside: Any, **more: Any) -> dict[str, Any]:
        did = vc.did_key(credentials.OURS.public.raw)
        document = {
            "@context": ["https://www.w3.org/ns/credentials/v2"],
            "type": ["VerifiablePresentation"],
            "holder": did,
            "verifiableCredential": list(inside),
        }
        return vc.prove(
            {**document, **more},
            signer=credentials.OURS,
            method=f"{did}#{vc.multikey(credentials.OURS.public.raw)}",
            created="2026-03-01T00:00:00Z",
            purpose="authentication",
            more={"challenge": "99612b24", "domain": "bank.example"},
        )

    def ask(self, document: Any, **options: str) -> Any:
        return post("presentations/verify", {"verifiablePresentation": document, "options": options})

    def test_a_presentation_with_a_badge(self, world) -> None:
        document = self.presentation(credentials.badge())
        answer = self.ask(document, challenge="99612b24", domain="bank.example")
        assert answer.status_code == 200, answer.content
        assert answer.json()["verified"] is True and answer.json()["credentialResults"] == [{"verified": True}]

    def test_each_thing_that_can_be_wrong(self, world) -> None:
        good = self.presentation(credentials.badge())

        def fault(document: Any, **options: str) -> str:
            answer = self.ask(document, **options)
            assert answer.status_code == 400 and answer.json()["verified"] is False
            kind: str = answer.json()["type"].rpartition("#")[2]
            return kind

        assert fault(good, challenge="other") == "INVALID_CHALLENGE_ERROR"
        assert fault(good, domain="other") == "INVALID_DOMAIN_ERROR"
        assert fault(vc.without_proof(good)) == "PROOF_VERIFICATION_ERROR"
        assert fault(self.presentation(holder="did:key:z6MkvREVgsHx7Ppae68vCoByy73ZD4aMSJiPML2cryVL8JAx")) == (
            "INVALID_VERIFICATION_METHOD"
        )
        assert fault({**good, "type": ["Something"]}) == "MALFORMED_VALUE_ERROR"
        spoilt = copy.deepcopy(credentials.badge())
        spoilt["name"] = "别的"
        assert fault(self.presentation(spoilt)) == "PROOF_VERIFICATION_ERROR"
        assert fault({**good, "verifiableCredential": [7]}) == "PARSING_ERROR"


# --- certificates ----------------------------------------------------------------------------------------------------


def test_a_certificate_as_a_credential(world) -> None:
    number = actions.issue_statement(learner_id=world.learner_id, by=build.HOUSE, now=api.NOW).number
    translog.seal_all(now=api.NOW)
    clerk = api.at_work(Role.POINT_CLERK, place="330106001")
    answer = clerk.get(f"/certificates/{number}/credential")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/vc")
    assert answer.content == canon.canonical(queries.credential(EVERYTHING, number, now=api.NOW))
    uploaded = Client().post("/api/verify", answer.content, content_type="application/json").json()
    assert uploaded["ok"] and uploaded["number"] == number and uploaded["facts"]["kind"] == "record"
    assert [v["check"] for v in uploaded["verdicts"]] == [
        "format",
        "signature",
        "issuer",
        "expiry",
        "suspension",
        "revocation",
    ]
    assert_problem(clerk.get(f"/certificates/{number}/credential?format=ob"), status=422, code="credential_form")
    assert clerk.get(f"/certificates/{number}/credential?format=pdf").status_code == 422
