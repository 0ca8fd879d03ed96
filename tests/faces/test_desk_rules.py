"""Rules at the desk, in the hall and for the public: drafted by form, compared, signed, published, kept by contract."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.test import Client

from tests.bank import foundation_builders as build
from tests.bank import recognition_builders as world_of
from tests.faces import desk_builders as desk
from tests.faces import hall_builders as hall
from xuefen.bank.conversion import actions, queries
from xuefen.bank.conversion.models import Agreement, Proposal
from xuefen.bank.conversion.types import AgreementMode, RuleDraft, TargetDraft, Text
from xuefen.bank.recognition import actions as recognition
from xuefen.bank.staff.types import Role

pytestmark = [pytest.mark.django_db]


@dataclass
class Site:
    world: world_of.World
    issuer: Client
    reviewer: Client
    experts: list[Client]
    hub: Client
    agreement: str


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Site:
    desk.stop_clock(monkeypatch)
    desk.node()
    world = world_of.world()
    return Site(
        world=world,
        issuer=desk.at_work(Role.ISSUER_OFFICER, institution="QH"),
        reviewer=desk.at_work(Role.REVIEWER, institution="YL"),
        experts=[
            desk.at_work(Role.EXPERT, place="hub", name="严教授"),
            desk.at_work(Role.EXPERT, place="33", name="沈老师"),
        ],
        hub=desk.at_work(Role.HUB_OFFICER, place="hub"),
        agreement=Agreement.objects.get().number,
    )


def fields(site: Site, **more: object) -> dict[str, object]:
    facts: dict[str, object] = {
        "agreement": site.agreement, "title": "高数互认", "source": ["QH/A1"], "target": ["YL/B2"], "together": "all",
        "gives": "courses", "min_mark": "70", "basis": "课程对照表", "effective_from": "2026-11-01",
    }  # fmt: skip
    return {**facts, **more}


def proposed(site: Site, **more: object) -> str:
    response = site.reviewer.post("/desk/rules/propose/", fields(site, submit="1", **more))
    assert response.status_code == 302, desk.text_of(response)
    return Proposal.objects.latest("id").number


class TestRoad:
    def test_from_a_form_to_a_published_rule(self, site: Site) -> None:
        number = proposed(site)
        here = f"/desk/rules/proposals/{number}/"
        page = desk.text_of(site.experts[0].get(here))
        assert "课程A1" in page and "课程B2" in page and "成绩 ≥ 70" in page and "高数互认" in page
        opinion = {"revision": "1", "verdict": "agree", "overlap0": "88", "reasons": "章节一致"}
        assert site.experts[0].post(f"{here}compare/", opinion).url == here
        hidden = desk.text_of(site.experts[1].get(here))
        assert "章节一致" not in hidden and "已有 1 位提交" in hidden
        site.experts[1].post(f"{here}compare/", {**opinion, "overlap0": "81"})
        assert "代表示例院校1签署" in desk.text_of(site.issuer.get(here))
        site.issuer.post(f"{here}sign/", {"revision": "1", "institution": "QH"})
        site.reviewer.post(f"{here}sign/", {"revision": "1", "institution": "YL"})
        assert "签署齐了" in desk.text_of(site.hub.get(here))
        site.hub.post(f"{here}publish/", {"revision": "1"})
        (rule,) = queries.proposal(build.HOUSE, number).published
        public = desk.text_of(Client().get(f"/verify/rules/{rule}/"))
        assert "2 位专家各自比对" in public and "81%、88%" in public and "成绩 ≥ 70" in public
        assert "严教授" not in public

        gone = site.reviewer.post(f"/desk/rules/{rule}/retire/", {"on": "2026-11-09", "reason": "课程停开"})
        assert gone.url == f"/verify/rules/{rule}/" and "已停用" in desk.text_of(Client().get(gone.url))

    def test_tasks_come_first_and_only_to_whom_they_belong(self, site: Site) -> None:
        proposed(site)
        assert "等我办的" in desk.text_of(site.experts[0].get("/desk/rules/"))
        assert "等我办的" not in desk.text_of(site.issuer.get("/desk/rules/"))

    def test_wrong_input_stands_under_its_field(self, site: Site) -> None:
        number = proposed(site)
        here = f"/desk/rules/proposals/{number}/"
        wrong = site.experts[0].post(
            f"{here}compare/", {"revision": "1", "verdict": "agree", "overlap0": "101", "reasons": "x"}
        )
        assert wrong.status_code == 422 and "100" in desk.text_of(wrong)
        empty = site.reviewer.post("/desk/rules/propose/", fields(site, source=[], submit="1"))
        assert empty.status_code == 422 and "来源" in desk.text_of(empty)
        paste = site.reviewer.post("/desk/rules/propose/", fields(site, text="rules: [", save="1"))
        assert paste.status_code == 422
        stale = site.reviewer.post(f"{here}back/", {"revision": "1", "reason": ""})
        assert stale.status_code == 422

    def test_looking_for_items_keeps_what_is_chosen(self, site: Site) -> None:
        page = site.reviewer.post(
            "/desk/rules/propose/", fields(site, find="source", find_source="课程A3")
        ).content.decode()
        assert 'value="QH/A3"' in page and 'value="QH/A1" checked' in page and 'value="YL/B2" checked' in page

    def test_a_revision_is_text_and_its_change_is_told(self, site: Site) -> None:
        site.reviewer.post("/desk/rules/propose/", fields(site, save="1"))
        number = Proposal.objects.latest("id").number
        here = f"/desk/rules/proposals/{number}/"
        text = site.reviewer.get(f"{here}revise/").context["form"].initial["text"]
        data = {"title": "高数互认", "text": text.replace("YL/B2", "YL/B3"), "revision": "1"}
        assert site.reviewer.post(f"{here}revise/", data).url == here
        assert "目标课程" in desk.text_of(site.reviewer.get(here))
        again = site.reviewer.post(f"{here}revise/", data)
        assert again.status_code == 409 and "第 2 稿" in desk.text_of(again)
        site.reviewer.post(f"{here}back/", {"revision": "2", "reason": "另拟", "withdraw": "1"})
        assert "已撤回" in desk.text_of(site.reviewer.get(here))

    def test_elective_credit_and_any_one_of_several(self, site: Site) -> None:
        number = proposed(site, source=["QH/A1", "QH/A2"], target=[], together="any", gives="elective", receiver="YL")
        (draft,) = queries.proposal(build.HOUSE, number).drafts
        assert draft.either == (("QH/A1",), ("QH/A2",)) and draft.elective == "*" and draft.receiver == "YL"

    def test_english_pages_are_english(self, site: Site) -> None:
        number = proposed(site, title="Maths")
        site.reviewer.get("/desk/rules/")  # the message of what was just done, in Chinese
        site.reviewer.cookies["django_language"] = "en"
        for url in ("/desk/rules/", f"/desk/rules/proposals/{number}/", "/desk/rules/propose/", "/desk/contracts/"):
            strange = [w for w in desk.chinese_in(site.reviewer.get(url)) if "课程" not in w and "院校" not in w]
            assert not set(strange) - {"何映舟", "测试学分银行"}, (url, strange)


class TestDecision:
    def test_a_line_becomes_a_draft_without_the_person(self, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
        application = world_of.applied(site.world)
        at = world_of.APPLIED + timedelta(days=1)
        recognition.approve(number=application.number, version=1, by=build.HOUSE, now=at)
        recognition.convert(number=application.number, version=2, by=build.HOUSE, now=at + timedelta(days=1))
        later = at + timedelta(days=60)
        recognition.sweep(now=later)
        desk.stop_clock(monkeypatch, later)
        page = site.reviewer.get(f"/desk/applications/{application.number}/")
        assert "按这个决定提一条规则" in desk.text_of(page)
        rule = page.context["view"].plan.lines[0].rule.number
        refused = site.reviewer.post(f"/desk/rules/from/{application.number}/", {"line": "0"})
        assert refused.status_code == 422  # such a rule is in force
        actions.retire_rule(number=rule, on=later.date(), reason="换新", by=build.HOUSE, now=later)
        made = site.reviewer.post(f"/desk/rules/from/{application.number}/", {"line": "0"})
        shown = desk.text_of(site.reviewer.get(made.url))
        assert "由申请" in shown and "林" not in shown
        assert site.reviewer.post(f"/desk/rules/from/{application.number}/", {"line": "99"}).status_code == 409


class TestAlliances:
    def test_are_registered_joined_agreed_and_left(self, site: Site) -> None:
        build.institution("SQ", number=8)
        data = {
            "name": "云岭继续教育联盟", "kind": "alliance", "mode": "agreement", "parties": "QH 杜代表\nYL 陆代表",
            "effective_from": "2026-11-01",
        }  # fmt: skip
        here = site.hub.post("/desk/agreements/", data).url
        number = here.split("/")[-2]
        site.hub.post(f"{here}join/", {"institution_code": "SQ", "signatory": "方代表", "on": "2026-11-09"})
        terms = {
            "shares": "QH 40\nYL 50", "quotas": "YL 5000 200", "resources": "item QH/A1 公开课", "joint": "",
            "basis": "理事会决议", "effective_from": "2026-11-09",
        }  # fmt: skip
        wrong = site.hub.post(f"{here}terms/", terms)
        assert wrong.status_code == 422 and "合计 90%" in desk.text_of(wrong)
        unreadable = site.hub.post(f"{here}terms/", {**terms, "shares": "QH forty"})
        assert unreadable.status_code == 422 and "读不懂" in desk.text_of(unreadable)
        assert site.hub.post(f"{here}terms/", {**terms, "shares": "QH 40\nYL 60%"}).url == here
        public = desk.text_of(Client().get(f"/verify/agreements/{number}/"))
        assert (
            "60%" in public and "最多 5,000.0 学分，200 人" in public and "公开课" in public and "现在 3 个" in public
        )
        left = {"institution_code": "SQ", "on": "2026-12-01", "reason": "合并"}
        assert site.hub.post(f"{here}leave/", left).url == here
        assert site.hub.post(f"{here}end/", {"on": "2026-12-31", "reason": "期满"}).url == here
        assert "已终止" in desk.text_of(Client().get("/verify/agreements/?q=云岭继续教育"))
        assert "没有这样的协议" in desk.text_of(Client().get("/verify/agreements/?q=没有这个"))

    def test_are_the_hubs_alone(self, site: Site) -> None:
        assert site.reviewer.get("/desk/agreements/").status_code == 403
        assert site.reviewer.post(f"/desk/agreements/{site.agreement}/end/", {}).status_code == 403


def test_a_chain_is_shown_with_its_loss_and_proposed(site: Site) -> None:
    from tests.bank.conversion_builders import catalogue_items

    body = build.institution("UNIT", number=7)
    catalogue_items(body, ["U1"], credits=200)
    framework = actions.sign_agreement(
        name="资历框架", mode=AgreementMode.FRAMEWORK, party_codes=["QH", "UNIT", "YL"], reference_code="UNIT",
        signatories=dict.fromkeys(("QH", "UNIT", "YL"), "代表"), effective_from=build.TODAY - timedelta(days=300),
        by=build.HOUSE, now=build.NOW,
    )  # fmt: skip
    since, basis = build.TODAY - timedelta(days=300), Text("框架", "Framework")
    rules = [
        RuleDraft("UNIT", basis, since, sources=("QH/A1",), targets=(TargetDraft("UNIT/U1"),)),
        RuleDraft("YL", basis, since, sources=("UNIT/U1",), targets=(TargetDraft("YL/B2"),)),
    ]
    first, second = actions.publish_rules(agreement_number=framework.number, rules=rules, by=build.HOUSE, now=build.NOW)
    page = desk.text_of(site.experts[0].get("/desk/rules/chains/?from=QH&to=YL"))
    assert "课程A1" in page and "损失" in page
    data = {"from": "QH", "to": "YL", "first": first, "second": second, "agreement": framework.number}
    made = site.experts[0].post("/desk/rules/chains/", data).url
    assert "经参照标准推导" in desk.text_of(site.experts[0].get(made))
    assert "没有这样的链条" in desk.text_of(site.experts[0].get("/desk/rules/chains/?from=YL&to=QH"))


class TestContracts:
    def test_three_sides_sign_on_their_own_pages(self, site: Site) -> None:
        account = hall.online_account(77, name="钟野")
        learner = hall.browser_of(account)
        rule = queries.rules_browser("课程A1").rules[0].number
        data = {"account_no": account.account_no, "rule_number": rule, "until": "2028-06-30"}
        here = site.reviewer.post("/desk/contracts/", data).url
        number = here.split("/")[-2]
        site.issuer.post(f"{here}sign/")
        assert "等您签署" in desk.text_of(learner.get("/contracts/"))
        assert learner.post(f"/contracts/{number}/sign/").url == f"/contracts/{number}/"
        page = desk.text_of(learner.get(f"/contracts/{number}/"))
        assert "生效" in page and "2028 年 6 月 30 日" in page
        at_desk = desk.text_of(site.issuer.get(here))
        assert "钟野" not in at_desk and "钟*" in at_desk
        learner.post(f"/contracts/{number}/end/")
        assert "已终止" in desk.text_of(learner.get(f"/contracts/{number}/"))
        again = site.reviewer.post("/desk/contracts/", {**data, "until": "2020-01-01"})
        assert again.status_code == 422 and "期限" in desk.text_of(again)

    def test_a_learner_may_decline(self, site: Site) -> None:
        account = hall.online_account(78, name="贺青")
        learner = hall.browser_of(account)
        rule = queries.rules_browser("课程A1").rules[0].number
        data = {"account_no": account.account_no, "rule_number": rule, "until": "2028-06-30"}
        number = site.reviewer.post("/desk/contracts/", data).url.split("/")[-2]
        learner.post(f"/contracts/{number}/decline/")
        assert "没有签成" in desk.text_of(learner.get(f"/contracts/{number}/"))
        stranger = hall.browser_of(hall.online_account(79, name="江白"))
        assert stranger.get(f"/contracts/{number}/").status_code == 404
        assert "还没有保证转换合同" in desk.text_of(stranger.get("/contracts/"))


class TestPublic:
    def test_rules_stand_in_words_and_are_narrowed(self, site: Site, django_assert_num_queries) -> None:
        client = Client()
        with django_assert_num_queries(5):
            page = desk.text_of(client.get("/verify/rules/?q=课程A3"))
        assert "课程A3" in page and "课程B3" in page and "1 条规则" in page
        assert "20 条规则" in desk.text_of(client.get("/verify/rules/?source=QH&receiver=YL&page=99"))
        assert "没有这样的规则" in desk.text_of(client.get("/verify/rules/?source=YL"))
        assert "没有这样的规则" in desk.text_of(client.get("/verify/rules/?state=ended"))
        assert "20 条规则" in desk.text_of(client.get(f"/verify/rules/?agreement={site.agreement}"))
        assert client.get("/verify/rules/GZ404/").status_code == 404

    def test_the_same_by_api(self, site: Site) -> None:
        client = Client()
        found = client.get("/api/rules", {"q": "课程A3", "receiver": "YL", "standing": "in_force"}).json()
        assert found["total"] == 1 and "课程A3" in found["items"][0]["sentence"]["zh"]
        number = found["items"][0]["number"]
        (version,) = client.get(f"/api/rules/{number}").json()["versions"]
        assert version["origin"] is None and version["number"] == number
        (row,) = client.get("/api/agreements").json()["items"]
        full = client.get(f"/api/agreements/{row['number']}").json()
        assert row["rules"] == 20 and {m["institution"] for m in full["members_list"]} >= {"QH", "YL"}
        assert client.get("/api/agreements/XY404").status_code == 404
