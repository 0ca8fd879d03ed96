"""One believable learner: outcomes of every class from four institutions, and a programme that takes most of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.test import Client

from tests.bank import foundation_builders as build
from tests.faces import hall_builders as hall
from xuefen.bank.catalogue.models import Item, ItemVersion, Programme, ProgrammeItem
from xuefen.bank.conversion import actions as rules
from xuefen.bank.conversion.types import Conditions, RuleDraft, TargetDraft, Text
from xuefen.bank.deposits import actions as deposits
from xuefen.bank.institutions import actions as institutions
from xuefen.bank.institutions.types import InstitutionKind, OutcomeClass
from xuefen.bank.learners.types import Opened
from xuefen.bank.shell.actions import name_node
from xuefen.bank.standards import actions as standards

INSTITUTIONS = (
    ("ykd", "云岭开放大学", "Yunling Open University", InstitutionKind.OPEN_UNIVERSITY),
    ("yzy", "云岭职业技术学院", "Yunling Vocational College", InstitutionKind.VOCATIONAL_COLLEGE),
    ("qhk", "青禾县人力资源考评中心", "Qinghe Skill Testing Centre", InstitutionKind.CERTIFICATE_BODY),
    ("sqx", "石桥镇社区教育学校", "Shiqiao Community School", InstitutionKind.COMMUNITY_SCHOOL),
)
LEARNT = (  # issuer, code, name, class, type, level, theory hours, online, awarded on, grade, hours
    ("yzy", "X01", "大学语文", "degree", "D12", 5, 64, False, "2023-06-18", "82", ""),
    ("yzy", "X02", "计算机应用基础", "degree", "D12", 5, 64, False, "2024-01-12", "91", ""),
    ("yzy", "X03", "行政法学（一）", "degree", "D12", 5, 64, False, "2026-06-18", "78", ""),
    ("yzy", "X04", "英语（二）", "degree", "D12", 5, 48, False, "2017-10-09", "66", ""),
    ("qhk", "Z01", "社区工作员（四级）证书", "vocational", "V14", 4, 0, False, "2025-11-03", "", ""),
    ("qhk", "Z02", "电工（五级）证书", "vocational", "V15", 3, 0, False, "2022-05-20", "", ""),
    ("ykd", "W01", "心理健康与生活", "social", "S04", 4, 64, True, "2026-08-30", "良好", "64"),
    ("sqx", "S01", "花卉园艺实用班", "social", "S01", 3, 64, False, "2025-05-26", "优秀", "64"),
    ("sqx", "S02", "家庭急救常识讲座", "social", "S06", 2, 16, False, "2025-04-12", "合格", "16"),
)
ASKED = (  # group, code, name, credits in hundredths
    ("g1", "B01", "大学语文", 400),
    ("g1", "B02", "信息技术应用", 400),
    ("g1", "B03", "思想道德与法治", 300),
    ("g2", "B04", "社区管理实务", 300),
    ("g2", "B05", "行政法与行政诉讼", 400),
    ("g2", "B06", "公共管理学", 400),
    ("g3", "B07", "通识选修", 300),
    ("g4", "B08", "毕业综合实践", 800),
)
RULES = (  # source, target or elective node, conditions, clause
    ("yzy/X01", "B01", Conditions(), "第 1 条"),
    ("yzy/X02", "B02", Conditions(min_mark=6000), "第 2 条"),
    ("yzy/X03", "B05", Conditions(), "第 1 条"),
    ("yzy/X04", "B06", Conditions(max_age_years=8), "第 3 条"),
    ("qhk/Z01", "B04", Conditions(min_level=4), "第 4 条"),
    ("qhk/Z02", "B06", Conditions(min_level=4), "第 2 条"),
    ("ykd/W01", "g3", Conditions(), "第 3 条"),
    ("sqx/S01", "g3", Conditions(), "第 5 条"),
)
BASIS = Text("课程内容重合达到 80%，按互认协议认定。", "The contents overlap by 80 %, recognised under the agreement.")


@dataclass(frozen=True)
class Story:
    account: Opened
    client: Client
    programme_id: int


def story() -> Story:
    """Build it: about a second."""
    name_node(
        code="test",
        name_zh="测试学分银行",
        name_en="Test Bank",
        origin="test.example/log",
        is_demo=False,
        now=build.NOW,
    )
    build.tree()
    standards.load_shipped_packs(by=build.HOUSE, now=build.NOW)
    ids = {code: _institution(number, code, *more) for number, (code, *more) in enumerate(INSTITUTIONS, start=1)}
    for issuer, code, name, outcome_class, kind, level, hours, online, *_ in LEARNT:
        _item(ids[issuer], code, name, outcome_class, kind, level, theory_hours=hours, online=online)
    programme = _programme(ids["ykd"])
    _publish_rules()
    account = hall.online_account(5)
    _deposit(account.account_no)
    return Story(account=account, client=hall.browser_of(account), programme_id=programme.pk)


def _institution(number: int, code: str, zh: str, en: str, kind: InstitutionKind) -> int:
    made = institutions.register(
        code=code, uscc=build.credit_code(number), name_zh=zh, name_en=en, kind=kind, place_code="33",
        by=build.HOUSE, now=build.NOW,
    )  # fmt: skip
    for outcome_class in OutcomeClass:
        institutions.qualify(
            institution_code=code, outcome_class=outcome_class, effective_from=date(2016, 1, 1),
            expires_on=date(2030, 12, 31), basis="年度评审", by=build.HOUSE, now=build.NOW,
        )  # fmt: skip
    return made.pk


def _item(institution_id: int, code: str, name: str, outcome_class: str, kind: str, level: int, **more: object) -> Item:
    shape = {"degree": "course", "vocational": "certificate", "social": "activity"}[outcome_class]
    item = Item.objects.create(institution_id=institution_id, code=code, kind=shape)
    ItemVersion.objects.create(
        item=item, version="2026", name=name, name_key=name, outcome_class=outcome_class, type_code=kind, level=level,
        declared_credit=1000, effective_from=date(2016, 1, 1), **more,
    )  # fmt: skip
    return item


def _programme(receiver_id: int) -> Programme:
    items = {
        code: _item(receiver_id, code, name, "degree", "D12", 5, theory_hours=16 * credits // 100)
        for _, code, name, credits in ASKED
    }

    def courses(group: str) -> list[dict[str, object]]:
        return [
            {"id": f"c-{code}", "kind": "course", "item_id": items[code].pk, "item": code, "version": "2026",
             "name": name, "credits": credits}
            for wanted, code, name, credits in ASKED if wanted == group
        ]  # fmt: skip

    tree = {
        "id": "root", "kind": "all", "name": "行政管理", "children": [
            {"id": "g1", "kind": "all", "name": "公共基础课", "name_en": "General courses", "children": courses("g1")},
            {"id": "g2", "kind": "all", "name": "专业核心课", "name_en": "Core courses", "children": courses("g2")},
            {"id": "g3", "kind": "credits", "need": 1000, "elective": True, "name": "选修课", "name_en": "Electives",
             "children": courses("g3")},
            {"id": "g4", "kind": "all", "cap": 0, "name": "综合实践", "name_en": "Practice", "children": courses("g4")},
        ],
    }  # fmt: skip
    programme = Programme.objects.create(
        institution_id=receiver_id, code="630201", version="2026", name="行政管理（专科）", level=5, total_credits=7600,
        tree=tree, effective_from=date(2026, 1, 1),
    )  # fmt: skip
    for _, code, _, _ in ASKED:
        ProgrammeItem.objects.create(
            programme=programme, node=f"c-{code}", item=items[code], item_version=items[code].versions.get()
        )
    return programme


def _publish_rules() -> None:
    codes = [code for code, *_ in INSTITUTIONS]
    agreement = rules.sign_agreement(
        name="云岭省学分互认协议", mode="agreement", party_codes=codes, signatories=dict.fromkeys(codes, "校长"),
        effective_from=date(2026, 1, 1), by=build.HOUSE, now=build.NOW,
    )  # fmt: skip
    drafts = [
        RuleDraft(
            receiver="ykd",
            sources=(source,),
            targets=() if target.startswith("g") else (TargetDraft(f"ykd/{target}"),),
            elective=target if target.startswith("g") else "",
            basis=BASIS,
            conditions=conditions,
            clause=clause,
            effective_from=date(2026, 1, 1),
        )
        for source, target, conditions, clause in RULES
    ]
    rules.publish_rules(agreement_number=agreement.number, rules=drafts, by=build.HOUSE, now=build.NOW)


def _deposit(account_no: str) -> None:
    for issuer, *_ in INSTITUTIONS:
        rows = [
            {"account": account_no, "item_code": row[1], "awarded_on": row[8], "grade": row[9], "hours": row[10]}
            for row in LEARNT
            if row[0] == issuer
        ]
        batch = deposits.receive_rows(source="form", rows=rows, issuer_code=issuer, by=build.HOUSE, now=build.NOW)
        done = deposits.run(batch_id=batch.id, by=build.HOUSE, now=build.NOW)
        assert done.counts.accepted == len(rows), done
