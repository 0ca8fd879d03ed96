"""Every address of the site, asked by everybody: who gets in, and that nobody reaches another's rows by guessing numbers.

The table names for each route the people who get past the door. A route that is not in it fails the test, so a new page
must say who may come in before it is merged. Rows belong to one learner (``owner``), whose outcomes were issued by QH and are
applied to YL in Zhejiang; everybody called ``elsewhere`` holds the same post at another institution or in another branch.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.faces import desk_builders as desk
from tests.faces import idor_site
from tests.faces.idor_site import Site
from xuefen.bank.recognition import queries
from xuefen.bank.shell.actor import EVERYTHING

pytestmark = pytest.mark.django_db

# --- who asks --------------------------------------------------------------------------------------------------------

LEARNERS = {"owner", "learner"}
OURS = {"clerk", "issuer", "reviewer", "branch"}
ELSEWHERE = {"clerk elsewhere", "issuer elsewhere", "reviewer elsewhere", "branch elsewhere"}
STAFF = OURS | ELSEWHERE | {"supervisor", "hub", "expert"}
EVERYBODY = LEARNERS | STAFF | {"nobody"}
CLERKS, ISSUERS = {"clerk", "clerk elsewhere"}, {"issuer", "issuer elsewhere"}
REVIEWERS, BRANCHES = {"reviewer", "reviewer elsewhere"}, {"branch", "branch elsewhere"}
SLIP = {"clerk", "issuer", "branch", "supervisor"}
MAKERS = {"hub", "expert"}  # of standards
ACCOUNT = {"clerk", "branch"}  # whose area the account lies in
BATCH = {"issuer", "branch", "supervisor"}
APPLICATION = {"clerk", "reviewer", "branch", "supervisor"}
CASE = {"issuer", "reviewer", "branch", "hub", "supervisor"}  # about another learner's conversion of the same two
DRAFTERS = ISSUERS | REVIEWERS | {"hub", "expert"}
PROPOSAL = {"issuer", "reviewer", "hub", "expert"}  # parties of its agreement, and those who reach all

# --- the table -------------------------------------------------------------------------------------------------------
# route: (method, who gets in, arguments of the address, what is sent). What is sent passes the door and no further, so that
# asking changes nothing: an empty form, or a version nobody ever saw.

GET, POST, DELETE = "GET", "POST", "DELETE"
STALE = {"version": "999"}
TABLE: dict[str, tuple[str, set[str], tuple[str, ...], Any]] = {
    # switches and signing in
    "set_language": (POST, EVERYBODY, ("=en",), None),
    "set_text_size": (POST, EVERYBODY, (), None),
    "signin": (GET, EVERYBODY, (), None),
    "health": (GET, EVERYBODY, (), None),
    # hall: a learner sees one's own
    "hall:start": (GET, EVERYBODY, (), None),
    "hall:open": (GET, EVERYBODY, (), None),
    "hall:opened": (GET, LEARNERS, (), None),
    "hall:home": (GET, LEARNERS, (), None),
    "hall:outcomes": (GET, LEARNERS, (), None),
    "hall:outcome": (GET, {"owner"}, ("outcome",), None),
    "hall:slips": (GET, LEARNERS, (), None),
    "hall:slip_new": (GET, LEARNERS, ("?q=A1",), None),
    "hall:slip": (GET, {"owner"}, ("slip",), None),
    "hall:slip_change": (POST, {"owner"}, ("slip",), {"do": "withdraw"} | STALE),
    "hall:slip_file": (GET, {"owner"}, ("slip", "file"), None),
    "hall:erase": (GET, LEARNERS, (), None),
    "hall:password": (GET, LEARNERS | STAFF, (), None),
    "hall:plan": (GET, LEARNERS, (), None),
    "hall:plan_for": (GET, LEARNERS, ("programme",), None),
    "hall:plan_compare": (GET, LEARNERS, ("?p=1",), None),
    "hall:plan_problem": (GET, LEARNERS, ("programme",), None),
    "hall:shares": (GET, LEARNERS, (), None),
    "hall:share": (POST, LEARNERS, (), {}),
    "hall:unshare": (POST, {"owner"}, ("share",), None),
    "hall:shared": (GET, EVERYBODY, ("open share",), None),
    "hall:applications": (GET, LEARNERS, (), None),
    "hall:application": (GET, {"owner"}, ("application",), None),
    "hall:withdraw": (POST, {"owner"}, ("application",), STALE),
    "hall:certify": (POST, {"owner"}, ("application",), None),
    "hall:certificates": (GET, LEARNERS, (), None),
    "hall:certificate": (GET, {"owner"}, ("certificate",), None),
    "hall:pdf": (GET, {"owner"}, ("certificate",), None),
    "hall:json": (GET, {"owner"}, ("certificate",), None),
    "hall:credential": (GET, {"owner"}, ("certificate",), None),
    "hall:elmo": (GET, {"owner"}, ("certificate",), None),
    "hall:share_part": (POST, {"owner"}, ("certificate",), {}),
    "hall:part": (POST, {"owner"}, ("certificate",), {}),
    "hall:badges": (GET, LEARNERS, (), None),
    # desk
    "desk:home": (GET, STAFF, (), None),
    "desk:queue": (GET, REVIEWERS, (), None),
    "desk:application": (GET, APPLICATION, ("application",), None),
    "desk:decide": (POST, {"reviewer"}, ("application",), {}),
    "desk:convert": (POST, {"reviewer"}, ("application",), STALE),
    "desk:papers": (GET, BRANCHES | {"supervisor"}, (), None),
    "desk:paper": (GET, {"branch", "supervisor"}, ("certificate",), None),
    "desk:paper_change": (POST, {"branch", "supervisor"}, ("certificate",), {}),
    "desk:erasures": (GET, BRANCHES, (), None),
    "desk:erasure_ask": (POST, BRANCHES, (), {}),
    "desk:erasure_confirm": (POST, {"branch"}, ("erasure",), None),
    "desk:erasure_decline": (POST, {"branch"}, ("erasure",), None),
    "desk:template": (GET, ISSUERS | REVIEWERS | {"hub"}, (), None),
    "desk:batches": (GET, ISSUERS | BRANCHES | {"supervisor"}, (), None),
    "desk:upload": (POST, ISSUERS, (), {}),
    "desk:deposit_one": (POST, ISSUERS, (), {}),
    "desk:batch": (GET, BATCH, ("batch",), None),
    "desk:forget_column": (POST, {"issuer"}, (), {"issuer": "QH", "heading": "x"}),
    "desk:batch_pause": (POST, {"issuer"}, ("batch",), None),
    "desk:batch_cancel": (POST, {"issuer"}, ("batch",), None),
    "desk:batch_revoke": (GET, {"issuer", "supervisor"}, ("batch",), None),
    "desk:batch_columns": (POST, {"issuer"}, ("batch",), None),
    "desk:batch_run": (POST, {"issuer"}, ("batch",), None),
    "desk:batch_errors": (GET, BATCH, ("batch",), None),
    "desk:batch_receipt": (GET, BATCH, ("batch",), None),
    "desk:outcomes": (GET, ISSUERS | {"supervisor"}, (), None),
    "desk:outcome": (GET, {"issuer", "clerk", "branch", "supervisor"}, ("outcome",), None),
    "desk:outcome_revoke": (POST, {"issuer", "supervisor"}, ("outcome",), {}),
    "desk:outcome_correct": (POST, {"issuer", "supervisor"}, ("outcome",), {}),
    "desk:alarms": (GET, BRANCHES | {"hub", "supervisor"}, (), None),
    "desk:alarm": (GET, {"branch", "hub", "supervisor"}, ("alarm",), None),
    "desk:alarm_decide": (POST, {"branch", "supervisor"}, ("alarm",), {}),
    "desk:arbitrations": (GET, ISSUERS | REVIEWERS | BRANCHES | {"hub", "supervisor"}, (), None),
    "desk:arbitration": (GET, CASE, ("arbitration",), None),
    "desk:arbitrate": (POST, {"hub", "supervisor"}, ("arbitration",), {}),
    "desk:slips": (GET, CLERKS | ISSUERS | BRANCHES | {"supervisor"}, (), None),
    "desk:awards": (GET, ISSUERS, (), None),
    "desk:slip": (GET, SLIP, ("slip",), None),
    "desk:slip_change": (POST, {"issuer", "branch"}, ("slip",), {"do": "decide"} | STALE),
    "desk:slip_file": (GET, SLIP, ("slip", "file"), None),
    "desk:slip_new": (GET, {"clerk"}, ("learner", "?q=A1"), None),
    "desk:notices": (GET, BRANCHES | {"supervisor"}, (), None),
    "desk:answer": (POST, {"branch", "supervisor"}, ("objected",), {"answer": "reject", "reply": "不成立。"} | STALE),
    "desk:learners": (GET, CLERKS | BRANCHES, (), None),
    "desk:learner_search": (POST, ACCOUNT, (), {"number": "{account}"}),
    "desk:learner_open": (POST, CLERKS | BRANCHES, (), {}),
    "desk:learner": (GET, ACCOUNT, ("learner",), None),
    "desk:learner_reset": (POST, ACCOUNT, ("learner",), {}),
    "desk:learner_prove": (POST, ACCOUNT, ("learner",), {}),
    "desk:standards": (GET, STAFF, (), None),
    "desk:standard": (GET, STAFF, ("=cn-2026", "=1"), None),
    "desk:standard_yaml": (GET, STAFF, ("=cn-2026", "=1"), None),
    "desk:standard_compare": (GET, STAFF, (), None),
    "desk:standard_edit": (GET, MAKERS, (), None),
    "desk:standard_kinds": (GET, ISSUERS | {"hub"}, (), None),
    "desk:standard_kind_close": (POST, {"hub"}, ("kind",), {"do": "decline", "reason": ""}),
    "desk:standard_proposal": (GET, MAKERS, ("standard",), None),
    "desk:standard_proposal_yaml": (GET, MAKERS, ("standard",), None),
    "desk:standard_proposal_compare": (POST, {"expert"}, ("standard",), {}),
    "desk:standard_proposal_consult": (POST, {"hub"}, ("standard",), {}),
    "desk:standard_proposal_answer": (POST, {"hub"}, ("standard", "=1"), {}),
    "desk:standard_proposal_close": (POST, {"hub"}, ("standard",), {}),
    "desk:standard_proposal_sign": (POST, {"hub"}, ("standard",), {}),
    "desk:standard_proposal_reject": (POST, {"hub"}, ("standard",), {}),
    "desk:standard_proposal_withdraw": (POST, MAKERS, ("standard",), {}),
    "desk:standard_retire": (POST, {"hub"}, ("=cn-2026", "=1"), {}),
    "desk:standard_review": (POST, {"hub"}, ("=cn-2026", "=1"), {}),
    "desk:duplicates": (GET, {"hub", "expert"}, (), None),
    "desk:judge_pair": (POST, {"hub", "expert"}, (), {}),
    "desk:similar": (GET, {"hub", "expert"}, (), None),
    "desk:audit": (GET, BRANCHES | {"supervisor"}, (), None),
    "desk:insight": (GET, BRANCHES | {"supervisor", "hub"}, (), None),
    "desk:custody": (GET, {"supervisor", "hub"}, (), None),
    # examinations are of rules, which are public; previews look at all accounts
    "desk:doctor": (GET, DRAFTERS, (), None),
    "desk:doctor_run": (GET, DRAFTERS, ("look",), None),
    "desk:doctor_again": (POST, DRAFTERS, ("look",), None),
    "desk:impacts": (GET, {"hub", "expert"}, (), None),
    "desk:impact": (GET, {"hub", "expert"}, ("preview",), None),
    "desk:impact_again": (POST, {"hub", "expert"}, ("preview",), None),
    "desk:preview_standard": (POST, {"hub", "expert"}, (), {}),
    "desk:preview_rules": (POST, {"hub", "expert"}, (), {}),
    # rules: made by those who draft, compare, sign or publish; agreements by the hub; contracts by their sides
    "desk:proposals": (GET, DRAFTERS, (), None),
    "desk:propose": (GET, DRAFTERS, (), None),
    "desk:chains": (GET, DRAFTERS, (), None),
    "desk:rule_retire": (GET, REVIEWERS | {"hub"}, ("rule",), None),
    "desk:rule_from_decision": (POST, {"reviewer"}, ("application",), {"line": "x"}),
    "desk:proposal": (GET, PROPOSAL, ("proposal",), None),
    "desk:proposal_revise": (GET, PROPOSAL, ("proposal",), None),
    "desk:proposal_submit": (POST, PROPOSAL, ("proposal",), {"revision": "1"}),
    "desk:proposal_compare": (POST, {"expert"}, ("proposal",), {}),
    "desk:proposal_sign": (POST, {"issuer", "reviewer"}, ("proposal",), {"revision": "x"}),
    "desk:proposal_publish": (POST, {"reviewer", "hub"}, ("proposal",), {"revision": "x"}),
    "desk:proposal_back": (POST, PROPOSAL, ("proposal",), {}),
    "desk:agreements": (GET, {"hub"}, (), None),
    "desk:agreement": (GET, {"hub"}, ("agreement",), None),
    "desk:agreement_join": (POST, {"hub"}, ("agreement",), {}),
    "desk:agreement_leave": (POST, {"hub"}, ("agreement",), {}),
    "desk:agreement_terms": (POST, {"hub"}, ("agreement",), {}),
    "desk:agreement_end": (POST, {"hub"}, ("agreement",), {}),
    "desk:contracts": (GET, ISSUERS | REVIEWERS, (), None),
    "desk:contract": (GET, {"issuer", "reviewer"}, ("contract",), None),
    "desk:contract_sign": (POST, {"issuer", "reviewer"}, ("contract",), None),
    "desk:contract_decline": (POST, {"issuer", "reviewer"}, ("contract",), {"reason": ""}),
    "hall:contracts": (GET, LEARNERS, (), None),
    "hall:contract": (GET, {"owner"}, ("contract",), None),
    "hall:contract_sign": (POST, {"owner"}, ("contract",), None),
    "hall:contract_decline": (POST, {"owner"}, ("contract",), None),
    "hall:contract_end": (POST, {"owner"}, ("contract",), None),
    # activities: learners see what is on and their own; staff their institution's, those above look on; deeds by a second person
    "hall:activities": (GET, LEARNERS, (), None),
    "hall:activity": (GET, LEARNERS, ("activity",), None),
    "hall:activity_join": (POST, LEARNERS, ("activity",), None),
    "hall:activity_leave": (POST, LEARNERS, ("activity",), None),
    "hall:check_in": (POST, LEARNERS, ("activity",), {}),
    "hall:deed_report": (GET, LEARNERS, (), None),
    "hall:deed_confirm": (POST, {"learner"}, ("deed",), None),
    "hall:deed_decline": (POST, {"learner"}, ("deed",), {"reason": "x"}),
    "desk:activities": (GET, ISSUERS | BRANCHES | {"supervisor", "hub"}, (), None),
    "desk:activity_open": (POST, ISSUERS, (), {}),
    "desk:activity": (GET, {"issuer", "branch", "supervisor", "hub"}, ("activity",), None),
    "desk:venue": (GET, {"issuer"}, ("activity",), None),
    "desk:activity_list": (POST, {"issuer"}, ("activity",), {}),
    "desk:activity_cancel": (POST, {"issuer"}, ("activity",), {"reason": "x"}),
    "desk:participation_withdraw": (POST, {"issuer"}, ("participation",), {"reason": ""}),
    "desk:deed_confirm": (POST, {"issuer"}, ("deed",), None),
    "desk:deed_decline": (POST, {"issuer"}, ("deed",), {"reason": "x"}),
    "desk:gather": (GET, ISSUERS, (), None),
    "desk:schemes": (GET, ISSUERS | BRANCHES | {"supervisor", "hub"}, (), None),
    "desk:scheme_sign": (POST, {"branch", "hub"}, ("scheme",), None),
    "api:list_activities": (GET, EVERYBODY, (), None),
    "api:check_in": (POST, {"owner"}, ("activity",), {"account_no": "{account}", "code": "000000"}),
    "api:list_participations": (GET, {"owner", "branch"}, ("account",), None),
    # public pages and the log
    "verify:home": (GET, EVERYBODY, (), None),
    "code": (GET, EVERYBODY, (), None),
    "verify:offline": (GET, EVERYBODY, (), None),
    "verify:offline_file": (GET, EVERYBODY, (), None),
    "verify:certificate": (GET, EVERYBODY, ("certificate",), None),
    "verify:catalogue": (GET, EVERYBODY, (), None),
    "verify:programme": (GET, EVERYBODY, ("=YL", "=PB"), None),
    "verify:item": (GET, EVERYBODY, ("=QH", "=A3"), None),
    "verify:rules": (GET, EVERYBODY, (), None),
    "verify:coverage": (GET, EVERYBODY, (), None),
    "verify:rule": (GET, EVERYBODY, ("rule",), None),
    "verify:agreements": (GET, EVERYBODY, (), None),
    "verify:agreement": (GET, EVERYBODY, ("agreement",), None),
    "verify:shared": (GET, EVERYBODY, ("open paper",), None),
    "verify:shared_credential": (GET, EVERYBODY, ("open paper",), None),
    "verify:notices": (GET, EVERYBODY, (), None),
    "verify:object": (POST, EVERYBODY, ("objected",), {}),
    "verify:log": (GET, EVERYBODY, (), None),
    "standards:home": (GET, EVERYBODY, (), None),
    "standards:on_day": (GET, EVERYBODY, ("=cn-2026",), None),
    "standards:compare": (GET, EVERYBODY, ("=cn-2026",), None),
    "standards:version": (GET, EVERYBODY, ("=cn-2026", "=1"), None),
    "standards:yaml": (GET, EVERYBODY, ("=cn-2026", "=1"), None),
    "standards:consultation": (GET, EVERYBODY, ("standard",), None),
    "standards:metadata": (GET, EVERYBODY, (), None),
    "standards:metadata_model": (GET, EVERYBODY, (), None),
    "standards:metadata_schema": (GET, EVERYBODY, (), None),
    "standards:metadata_template": (GET, EVERYBODY, (), None),
    "standards:metadata_list": (GET, EVERYBODY, ("=types",), None),
    "node:checkpoint": (GET, EVERYBODY, (), None),
    "node:add_checkpoint": (POST, EVERYBODY, (), {}),
    "node:tile": (GET, EVERYBODY, ("=0/000.p/{size}",), None),
    "node:trust": (GET, EVERYBODY, (), None),
    "node:pdf_signer": (GET, EVERYBODY, (), None),
    "node:status": (GET, EVERYBODY, (), None),
    "node:credentials": (GET, EVERYBODY, ("=issuer.json",), None),
    # API; the same doors, by session here and by token in its own tests
    "api:openapi-json": (GET, EVERYBODY, (), None),
    "api:openapi-view": (GET, EVERYBODY, (), None),
    "api:list_batches": (GET, ISSUERS | BRANCHES | {"supervisor"}, (), None),
    "api:get_batch": (GET, BATCH, ("batch",), None),
    "api:pause_batch": (POST, {"issuer"}, ("batch",), None),
    "api:resume_batch": (POST, {"issuer"}, ("batch",), None),
    "api:cancel_batch": (POST, {"issuer"}, ("batch",), None),
    "api:get_revocation": (GET, {"issuer", "supervisor"}, ("batch",), None),
    "api:revoke_batch": (POST, {"issuer", "supervisor"}, ("batch",), {"reason": " "}),
    "api:choose_columns": (POST, {"issuer"}, ("batch",), {"columns": {}}),
    "api:list_column_names": (GET, {"issuer"}, ("?issuer=QH",), None),
    "api:list_refused": (GET, BATCH, ("batch",), None),
    "api:get_errors": (GET, BATCH, ("batch",), None),
    "api:get_receipt": (GET, BATCH, ("batch",), None),
    "api:deposit_outcome": (
        POST, {"issuer"}, (), {"issuer": "QH", "account": "{account}", "item_code": "NO", "awarded_on": "2026-06-30"},
    ),
    "api:get_outcome": (GET, {"owner", "issuer", "clerk", "branch", "supervisor"}, ("outcome",), None),
    "api:get_proof": (GET, {"owner", "issuer", "clerk", "branch", "supervisor"}, ("outcome",), None),
    "api:revoke_outcome": (POST, {"issuer", "supervisor"}, ("outcome",), {"reason": " "}),
    "api:correct_outcome": (POST, {"issuer", "supervisor"}, ("outcome",), {"reason": " "}),
    "api:list_alarms": (GET, BRANCHES | {"hub", "supervisor"}, (), None),
    "api:get_alarm": (GET, {"branch", "hub", "supervisor"}, ("alarm",), None),
    "api:decide_alarm": (POST, {"branch", "supervisor"}, ("alarm",), {"event": "close", "reason": "x"}),
    "api:list_arbitrations": (GET, LEARNERS | ISSUERS | REVIEWERS | BRANCHES | {"hub", "supervisor"}, (), None),
    "api:get_arbitration": (GET, CASE, ("arbitration",), None),
    "api:decide": (POST, {"hub", "supervisor"}, ("arbitration",), {"uphold": True, "grounds": " "}),
    "api:get_account": (GET, {"owner"} | ACCOUNT, ("account",), None),
    "api:list_outcomes": (GET, {"owner"} | ACCOUNT, ("account",), None),
    "api:get_plan": (GET, {"owner", "clerk"}, ("account", "?institution=YL&programme=PB"), None),
    "api:apply": (
        POST, {"owner", "clerk"}, (),
        {"account_no": "{account}", "institution": "YL", "programme": "PB", "plan": {}, "seal": "x", "key": "idor-000"},
    ),
    "api:get_application": (GET, {"owner"} | APPLICATION, ("application",), None),
    "api:list_slips": (GET, LEARNERS | CLERKS | ISSUERS | BRANCHES | {"supervisor"}, (), None),
    "api:get_slip": (GET, {"owner"} | SLIP, ("slip",), None),
    "api:start_slip": (
        POST, {"owner", "clerk"}, (),
        {"account": "{account}", "issuer": "QH", "item_code": "A5", "note": "\u202e"},
    ),
    "api:attach_file": (POST, {"owner", "clerk"}, ("slip",), {}),
    "api:get_file": (GET, {"owner"} | SLIP, ("slip", "file"), None),
    "api:detach_file": (DELETE, {"owner", "clerk"}, ("slip", "file"), None),
    "api:send_slip": (POST, {"owner", "clerk"}, ("slip",), {"version": 999}),
    "api:withdraw_slip": (POST, {"owner", "clerk"}, ("slip",), {"version": 999}),
    "api:check_slip": (POST, {"issuer", "branch"}, ("slip",), {"version": 999, "verdict": "accept"}),
    "api:push_awards": (POST, {"issuer"}, (), {"issuer": "QH", "awards": []}),
    "api:answer_award": (POST, {"owner"}, ("award",), {"claim": False, "note": "\u202e"}),
    "api:get_certificate": (GET, EVERYBODY, ("certificate",), None),
    "api:get_credential": (GET, {"owner", "clerk", "branch"}, ("certificate",), None),
    "api:get_elmo": (GET, {"owner", "clerk", "branch"}, ("certificate",), None),
    "api:list_badges": (GET, LEARNERS, (), None),
    "api:bring_badge": (POST, LEARNERS, (), {}),
    "api:list_shares": (GET, LEARNERS, (), None),
    "api:share": (POST, {"owner"}, (), {"certificate": "{certificate}", "fields": ["name"], "days": 7}),
    "api:unshare": (DELETE, {"owner"}, ("share",), None),
    "api:open_shared": (GET, EVERYBODY, ("open paper",), None),
    "api:get_sd_jwt": (GET, {"owner", "clerk", "branch"}, ("certificate",), None),
    "api:issue": (POST, {"hub"}, (), {"credential": {}}),
    "api:search_items": (GET, EVERYBODY, ("?q=课程",), None),
    "api:search_programmes": (GET, EVERYBODY, ("?q=行政",), None),
    "api:get_item": (GET, EVERYBODY, ("=QH", "=A3"), None),
    "api:list_similar": (GET, EVERYBODY, ("=QH", "=A3"), None),
    "api:get_programme": (GET, EVERYBODY, ("=YL", "=PB"), None),
    "api:search_rules": (GET, EVERYBODY, (), None),
    "api:rule_coverage": (GET, EVERYBODY, (), None),
    "api:get_rule": (GET, EVERYBODY, ("rule",), None),
    "api:search_agreements": (GET, EVERYBODY, (), None),
    "api:get_agreement": (GET, EVERYBODY, ("agreement",), None),
    "api:get_standard": (GET, EVERYBODY, (), None),
    "api:list_standards": (GET, EVERYBODY, (), None),
    "api:get_version": (GET, EVERYBODY, ("=cn-2026", "=1"), None),
    "api:compare_versions": (GET, EVERYBODY, ("=cn-2026", "=1", "?since=1"), None),
    "api:list_consultations": (GET, EVERYBODY, (), None),
    "api:get_consultation": (GET, EVERYBODY, ("standard",), None),
    "api:comment": (POST, EVERYBODY, ("standard",), {}),
    "api:get_metadata": (GET, EVERYBODY, (), None),
    "api:get_log": (GET, EVERYBODY, (), None),
    "api:get_custody": (GET, {"supervisor", "hub"}, (), None),
    "api:list_problems": (GET, EVERYBODY, (), None),
    "api:get_problem": (GET, EVERYBODY, ("=not_allowed",), None),
    # last, because it ends the session
    "signout": (POST, EVERYBODY, (), None),
}  # fmt: skip
ELSEWHERE_TESTED = {
    "standards:publication": "test_verify_standards: what came with the product has none",
    "node:add_checkpoint": "test_translog_witness: who may ask is told by the signature of what is sent",
    "api:check_sheet": "test_verify_standards: it reads only what is sent",
    "api:token": "test_api_auth: it opens sessions, it reads nothing",
    "api:verify": "test_api_public: it reads only what is sent",
    "api:verify_credential": "test_api_credentials: it reads only what is sent",
    "api:verify_presentation": "test_api_credentials: it reads only what is sent",
    "api:forget_column_name": "test_api_deposits: the same door as list_column_names, by DELETE",
    "api:deposit_file": "test_api_deposits: the same door as deposit_outcome, but a file must be sent to reach it",
    "api:api-root": "not found for everybody",
    "api:": "not found for everybody",
}
NOT_LET_IN = {401, 403, 404, 405}
OTHER_DOOR = {"hall:home": "/desk/", "desk:home": "/home/"}
"""Whoever knocks at the wrong front door is shown to their own."""


# --- asking ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def site(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    return idor_site.made(settings, tmp_path, monkeypatch)


def routes(resolver: URLResolver, namespace: str = "") -> Iterator[str]:
    """The names of every route below a resolver."""
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLPattern):
            yield f"{namespace}{pattern.name or ''}"
        else:
            yield from routes(pattern, f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace)


def address(name: str, arguments: tuple[str, ...], numbers: dict[str, str]) -> str:
    """The address of a route: "=x" is x itself, "?x" a query, everything else a number of the owner's rows."""
    query = "".join(a for a in arguments if a.startswith("?"))
    plain = [a for a in arguments if not a.startswith("?")]
    return reverse(name, args=[a[1:].format(**numbers) if a.startswith("=") else numbers[a] for a in plain]) + query


@dataclass(frozen=True)
class Answer:
    name: str
    status: int
    leads_to: str
    body: str

    @property
    def let_in(self) -> bool:
        sent_home = self.leads_to == OTHER_DOOR.get(self.name)
        return self.status not in NOT_LET_IN and not sent_home and not self.leads_to.startswith("/signin/?next=")


def ask(client: Client, name: str, site: Site) -> Answer:
    method, _, arguments, sent = TABLE[name]
    url = address(name, arguments, site.numbers)
    filled = {k: v.format(**site.numbers) if isinstance(v, str) else v for k, v in (sent or {}).items()}
    if method == GET:
        response = client.get(url)
    elif method == DELETE:
        response = client.delete(url)
    elif name.startswith("api:"):
        response = client.post(url, json.dumps(filled), content_type="application/json")
    else:
        response = client.post(url, filled)
    content = response.getvalue()  # read to its end, a file closes itself
    return Answer(name, response.status_code, response.headers.get("Location", ""), content.decode(errors="replace"))


# --- the tests -------------------------------------------------------------------------------------------------------


def test_every_route_says_who_may_come_in() -> None:
    found = set(routes(get_resolver()))
    assert found - set(TABLE) - set(ELSEWHERE_TESTED) == set(), "new routes: add them to the table"
    assert set(TABLE) | set(ELSEWHERE_TESTED) <= found, "routes that are gone"


def test_everybody_gets_in_where_the_table_says_and_nowhere_else(site: Site) -> None:
    found = {name: {who for who, client in site.browsers.items() if ask(client, name, site).let_in} for name in TABLE}
    wrong = {
        name: {"let in": sorted(found[name] - allowed), "kept out": sorted(allowed - found[name])}
        for name, (_, allowed, _, _) in TABLE.items()
        if found[name] != allowed
    }
    assert wrong == {}
    # all that was only knocking: the application still waits and the objection still stands
    states = {
        kind: queries.application(EVERYTHING, site.numbers[kind], now=desk.MONDAY).row.state
        for kind in ("application", "objected")
    }
    assert states == {"application": "review", "objected": "objection"}


def test_nobody_elsewhere_reads_a_word_of_it(site: Site) -> None:
    """Lists are let in but show one's own: no page of a stranger names the owner or a number of the owner's rows."""
    secret = [site.numbers[kind] for kind in ("account", "outcome", "batch", "application")] + ["林秋禾", "周明远"]
    leaks = []
    for name, (method, allowed, _, _) in TABLE.items():
        if method != GET or name == "desk:audit":  # the trail is all or nothing by design, and holds numbers only
            continue
        for who in (ELSEWHERE | {"learner", "nobody"}) & allowed:
            body = ask(site.browsers[who], name, site).body
            leaks += [(name, who, word) for word in secret if word in body]
    assert leaks == []
