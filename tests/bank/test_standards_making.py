"""A version from proposal to retirement on the real database: who may, what is written, what the database refuses."""

from __future__ import annotations

import base64
import json
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from tests.bank import foundation_builders as build
from tests.bank import standard_builders as make
from tests.bank.standard_builders import AFTER, HOUSE, NOW, People
from xuefen.bank.audit.models import AuditEntry
from xuefen.bank.shell.actor import PUBLIC
from xuefen.bank.shell.keys import keys
from xuefen.bank.shell.problems import Denied
from xuefen.bank.staff.types import Role
from xuefen.bank.standards import actions, queries
from xuefen.bank.standards.models import (
    KindRequest,
    StandardComment,
    StandardProposal,
    StandardSignature,
    StandardVersion,
)
from xuefen.bank.standards.types.life import Event, State
from xuefen.bank.translog.models import QueuedLeaf
from xuefen.bedrock.canon import canonical
from xuefen.bedrock.ids import check_digit

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def people() -> People:
    return People()


def leaves(kind: str) -> list[dict[str, Any]]:
    said = [json.loads(bytes(leaf.body)) for leaf in QueuedLeaf.objects.order_by("id")]
    return [fact for fact in said if fact["kind"] == kind]


def refused(code: str, action: Any, **arguments: Any) -> Denied:
    with pytest.raises(Denied) as caught:
        action(**arguments)
    assert caught.value.code == code
    return caught.value


class TestTheWholeWay:
    def test_from_proposal_to_the_successor(self, people: People) -> None:
        number = make.published(people)
        first, second = queries.versions(code="cn-2026").order_by("version")
        assert (first.retired_on, second.effective_from) == (date(2027, 1, 1), date(2027, 1, 1))
        assert queries.current(on=date(2026, 12, 31)).version == 1
        assert queries.current(on=date(2027, 1, 1)).version == 2
        assert second.review_on == date(2028, 1, 1)
        found = queries.proposal(people.proposer, number)
        assert [move.event for move in found.moves] == [
            Event.PROPOSE, Event.COMPARE, Event.COMPARE, Event.CONSULT, Event.CLOSE, Event.SIGN, Event.PUBLISH,
        ]  # fmt: skip
        assert found.signed_by == ("顾怀安", "沈知行")
        make.proved()

    def test_the_publication_is_signed_with_both_names(self, people: People) -> None:
        make.published(people)
        row = queries.version_row("cn-2026", 2)
        document = json.loads(queries.publication_of(row.id))
        said, signature = document["publication"], document["signature"]
        assert said["signed_by"] == ["顾怀安", "沈知行"] and said["digest"] == row.digest
        public = keys().signer("certificates").public
        assert (signature["algorithm"], signature["public_key"]) == ("sm2sm3", public.raw.hex())
        assert public.verify(canonical(said), base64.b64decode(signature["value"]))
        (leaf,) = leaves("standards.published")
        assert leaf["signed_by"] == ["顾怀安", "沈知行"] and leaf["signature"] == signature
        (retired,) = leaves("standards.retired")
        assert (retired["version"], retired["retired_on"]) == (1, "2027-01-01")

    def test_what_the_house_loads_is_published_and_unsigned(self) -> None:
        actions.load_shipped_packs(by=HOUSE, now=NOW)
        row = queries.version_row("cn-2026", 1)
        assert not row.signed and row.proposal.startswith("BZ")
        proposal = StandardProposal.objects.get(number=row.proposal)
        assert (proposal.state, proposal.moves.get().event) == ("published", "load")
        make.proved()

    def test_rejected_and_withdrawn_leave_nothing_in_force(self, people: People) -> None:
        number = make.compared(people)
        refused("standard_words_needed", actions.reject, number=number, reason=" ", by=people.hubs[0], now=NOW)
        actions.reject(number=number, reason="依据不足，请补充。", by=people.hubs[0], now=NOW)
        again = actions.propose(body=make.next_body(), note=make.NOTE, by=people.proposer, now=NOW)
        refused("not_allowed", actions.withdraw, number=again, reason="不再需要。", by=people.hubs[0], now=NOW)
        actions.withdraw(number=again, reason="不再需要。", by=people.proposer, now=NOW)
        states = dict(StandardProposal.objects.filter(code="cn-2026").values_list("number", "state"))
        assert (states[number], states[again]) == (State.REJECTED, State.WITHDRAWN)
        assert queries.newest_version("cn-2026") == 1
        refused("standard_move_not_allowed", actions.sign, number=again, by=people.hubs[0], now=NOW)
        make.proved()


class TestProposing:
    def test_only_sound_next_versions(self, people: People) -> None:
        actions.load_shipped_packs(by=HOUSE, now=NOW)
        ask = {"note": make.NOTE, "by": people.proposer, "now": NOW}
        refused("pack_invalid", actions.propose, body=make.next_body(limits=[1]), **ask)
        refused("standard_version_not_next", actions.propose, body=make.next_body(version=3), **ask)
        refused("standard_version_not_next", actions.propose, body=make.shipped(), **ask)
        refused("standard_words_needed", actions.propose, body=make.next_body(), **(ask | {"note": ""}))
        refused("not_allowed", actions.propose, body=make.next_body(), **(ask | {"by": PUBLIC}))
        number = actions.propose(body=make.next_body(), **ask)
        denied = refused("standard_proposal_running", actions.propose, body=make.next_body(), **ask)
        assert denied.params["number"] == number
        assert StandardProposal.objects.filter(state__in=["comparing"]).count() == 1

    def test_what_is_no_plain_data_is_refused(self, people: People) -> None:
        body = make.next_body()
        body["sources"]["S4"]["on"] = date(2026, 1, 1)
        refused("pack_invalid", actions.propose, body=body, note=make.NOTE, by=people.proposer, now=NOW)


class TestComparing:
    def test_each_alone_and_never_the_proposer(self, people: People) -> None:
        number = make.proposed(people)
        given = {"number": number, "verdict": "oppose", "reasons": "上限降得太多。", "now": NOW}
        refused("standard_proposer_excluded", actions.compare, by=people.proposer, **given)
        refused("not_allowed", actions.compare, by=people.hubs[0], **given)
        refused("standard_person_needed", actions.compare, by=HOUSE, **given)
        refused("standard_verdict_unknown", actions.compare, by=people.experts[0], **(given | {"verdict": "maybe"}))
        actions.compare(by=people.experts[0], **given)
        refused("standard_compared_already", actions.compare, by=people.experts[0], **given)
        waiting = queries.proposal(people.experts[1], number)
        assert (waiting.comparisons, waiting.hidden) == ((), 1)
        assert all(move.who != people.experts[0].name for move in waiting.moves)
        for reader in (people.experts[0], people.hubs[0], people.proposer):
            (seen,) = queries.proposal(reader, number).comparisons
            assert (seen.expert, seen.reasons) == ("陆知白", "上限降得太多。")
        actions.compare(by=people.experts[1], **(given | {"verdict": "support"}))
        assert len(queries.proposal(people.experts[1], number).comparisons) == 2
        opened = {"number": number, "working_days": 5, "by": people.hubs[0], "now": NOW}
        refused("standard_comparisons_opposed", actions.open_consultation, **opened)

    def test_one_expert_is_not_enough(self, people: People) -> None:
        number = make.proposed(people)
        actions.compare(number=number, verdict="support", reasons="同意修改。", by=people.experts[0], now=NOW)
        opened = {"number": number, "working_days": 5, "by": people.hubs[0], "now": NOW}
        denied = refused("standard_comparisons_missing", actions.open_consultation, **opened)
        assert denied.params == {"needed": 2, "found": 1}


class TestConsulting:
    def test_anybody_comments_and_every_comment_is_answered(self, people: People) -> None:
        number = make.compared(people)
        said = {"number": number, "name": "林秋禾", "place": "limits", "by": PUBLIC}
        refused("consultation_over", actions.comment, text="希望保留 50 %。", now=NOW, **said)
        refused("not_found", queries.proposal, by=PUBLIC, number=number)
        actions.open_consultation(number=number, working_days=5, by=people.hubs[0], now=NOW)
        assert [row.number for row in queries.consultations(now=NOW)] == [number]
        assert actions.comment(text="希望保留 50 %。", now=NOW, **said) == 1
        refused("comment_twice", actions.comment, text="希望保留 50 %。", now=NOW, **said)
        refused("standard_words_needed", actions.comment, text="嗯", now=NOW, **said)
        assert actions.comment(text="住在某街某号的张三不配。", now=NOW, **(said | {"name": "", "place": ""})) == 2
        assert queries.proposal(PUBLIC, number).comments == ()
        close = {"number": number, "by": people.hubs[0]}
        refused("consultation_running", actions.close_consultation, now=NOW, **close)
        denied = refused("comments_open", actions.close_consultation, now=AFTER, **close)
        assert denied.params["count"] == 2
        assert actions.sweep(now=AFTER).closed == 0
        answer = {"number": number, "by": people.hubs[0], "now": AFTER}
        actions.answer_comment(seq=1, reply="采纳一半：改为 45 %，另行提出。", withhold=False, **answer)
        actions.answer_comment(seq=2, reply="涉及他人隐私，不公开。", withhold=True, **answer)
        refused("comment_answered", actions.answer_comment, seq=1, reply="再答一次。", withhold=False, **answer)
        refused("comment_unknown", actions.answer_comment, seq=9, reply="没有这条。", withhold=False, **answer)
        shown = queries.proposal(PUBLIC, number).comments
        assert [(one.name, one.text, one.withheld) for one in shown] == [
            ("林*禾", "希望保留 50 %。", False),
            ("", "", True),
        ]
        refused("consultation_over", actions.comment, text="晚了一步的意见。", now=AFTER, **said)
        assert actions.sweep(now=AFTER).closed == 1
        assert queries.proposal(PUBLIC, number).row.state is State.SIGNING
        assert all("张三" not in json.dumps(fact, ensure_ascii=False) for fact in leaves("standards.commented"))
        make.proved()

    def test_a_flood_of_a_day_is_stopped(self, people: People, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("xuefen.bank.standards.actions.consulting.MOST_A_DAY", 2)
        number = make.consulting(people)
        said = {"number": number, "name": "", "place": "", "by": PUBLIC}
        for text in ("第一条意见", "第二条意见"):
            actions.comment(text=text, now=NOW, **said)
        refused("comment_flood", actions.comment, text="第三条意见", now=NOW, **said)
        actions.comment(text="第三条意见", now=NOW + timedelta(days=2), **said)


class TestPublishing:
    def test_two_persons_neither_the_proposer(self, people: People) -> None:
        hub_proposes = people.hubs[0]
        third = make.officer("hub.c", Role.HUB_OFFICER, name="叶知秋")
        people.proposer = hub_proposes
        number = make.compared(people)
        actions.open_consultation(number=number, working_days=5, by=hub_proposes, now=NOW)
        actions.close_consultation(number=number, by=hub_proposes, now=AFTER)
        sign = {"number": number, "now": AFTER}
        refused("standard_proposer_excluded", actions.sign, by=hub_proposes, **sign)
        refused("standard_person_needed", actions.sign, by=HOUSE, **sign)
        refused("not_allowed", actions.sign, by=people.experts[0], **sign)
        assert actions.sign(by=people.hubs[1], **sign) is Event.SIGN
        assert queries.newest_version("cn-2026") == 1
        refused("standard_signed_already", actions.sign, by=people.hubs[1], **sign)
        assert actions.sign(by=third, **sign) is Event.PUBLISH
        assert queries.newest_version("cn-2026") == 2
        make.proved()

    def test_never_backwards(self, people: People) -> None:
        number = make.signing(people)
        late = {"number": number, "by": people.hubs[0], "now": NOW.replace(year=2027, month=1, day=2)}
        refused("standard_effective_passed", actions.sign, **late)

    def test_a_clash_with_a_later_version_leaves_nothing(self, people: People) -> None:
        number = make.signing(people)
        actions.sign(number=number, by=people.hubs[0], now=AFTER)
        actions.retire(
            version_id=queries.version_row("cn-2026", 1).id,
            on=date(2027, 3, 1),
            reason="到期停用。",
            by=people.hubs[1],
            now=AFTER,
        )
        # the first version was to end in March, the second begins in January: it was said when each may change the other
        refused("standard_retired_already", actions.sign, number=number, by=people.hubs[1], now=AFTER)
        assert StandardSignature.objects.count() == 1 and queries.newest_version("cn-2026") == 1
        make.proved()


class TestRetiring:
    def test_with_a_day_and_a_reason(self, people: People) -> None:
        actions.load_shipped_packs(by=HOUSE, now=NOW)
        row = queries.version_row("cn-2026", 1)
        given = {"version_id": row.id, "reason": "并入国家标准。", "by": people.hubs[0], "now": NOW}
        refused("not_allowed", actions.retire, on=date(2027, 1, 1), **(given | {"by": people.experts[0]}))
        refused("standard_words_needed", actions.retire, on=date(2027, 1, 1), **(given | {"reason": ""}))
        refused("standard_effective_passed", actions.retire, on=date(2026, 11, 1), **given)
        actions.retire(on=date(2027, 1, 1), **given)
        again = queries.version_row("cn-2026", 1)
        assert (again.retired_on, again.retired_reason) == (date(2027, 1, 1), "并入国家标准。")
        refused("standard_retired_already", actions.retire, on=date(2027, 2, 1), **given)
        make.proved()

    def test_the_yearly_revision(self, people: People) -> None:
        actions.load_shipped_packs(by=HOUSE, now=NOW)
        row = queries.version_row("cn-2026", 1)
        assert row.review_on == date(2027, 1, 1)
        due = NOW.replace(year=2027, month=1, day=3)
        assert actions.sweep(now=NOW).revisions == 0
        assert actions.sweep(now=due).revisions >= 1 and actions.sweep(now=due).revisions == 0
        told = AuditEntry.objects.filter(action="standards.review_remind", subject_id="cn-2026/1")
        assert told.count() == 1
        given = {"version_id": row.id, "by": people.hubs[0], "now": due}
        refused("standard_words_needed", actions.confirm_review, note="", **given)
        assert actions.confirm_review(note="逐条核对，不用修改。", **given) == date(2028, 1, 3)
        assert queries.version_row("cn-2026", 1).review_on == date(2028, 1, 3)
        (leaf,) = leaves("standards.reviewed")
        assert leaf["next"] == "2028-01-03"


class TestNewKinds:
    def test_three_months_reminders_and_the_version_that_holds_it(self, people: People) -> None:
        actions.load_shipped_packs(by=HOUSE, now=NOW)
        asked = {"name": "微认证徽章", "outcome_class": "social", "description": "十学时以内的在线微认证，有考核。",
                 "institution_code": "", "now": NOW}  # fmt: skip
        refused("not_allowed", actions.ask_kind, by=people.experts[0], **asked)
        refused("kind_known", actions.ask_kind, by=people.hubs[0], **(asked | {"name": "社区教育课程"}))
        refused("kind_class", actions.ask_kind, by=people.hubs[0], **(asked | {"outcome_class": "x"}))
        number = actions.ask_kind(by=people.hubs[0], **asked)
        refused("kind_asked", actions.ask_kind, by=people.hubs[0], **(asked | {"name": "微认证 徽章"}))
        (view,) = queries.kind_requests(people.hubs[0].scope("standards.ask_kind"))
        assert (view.number, view.due_on, view.state) == (number, date(2027, 2, 20), "open")
        days = (date(2026, 12, 20), date(2027, 1, 5), date(2027, 1, 6), date(2027, 2, 10), date(2027, 3, 1))
        sent = [actions.sweep(now=NOW.replace(year=d.year, month=d.month, day=d.day)).reminded for d in days]
        assert sent == [0, 1, 0, 1, 0]
        body = make.next_body()
        parent = next(code for code, node in body["types"].items() if node["class"] == "social")
        code = f"{parent}{_spare_leaf(body, parent)}"
        body["types"][code] = {
            "parent": parent, "zh": "微认证徽章", "en": "Micro-credential", "class": "social", "level": 3,
            "check": check_digit(code), "reference": "CN-2026 new kind",
        }  # fmt: skip
        make.published(people, body)
        (view,) = queries.kind_requests(people.hubs[0].scope("standards.ask_kind"))
        assert (view.state, view.type_code, view.settled_by) == ("settled", code, "cn-2026/2")
        closed = {"number": number, "by": people.hubs[0], "now": AFTER}
        refused("kind_closed", actions.decline_kind, reason="不再需要。", **closed)

    def test_settled_by_another_name_or_declined(self, people: People) -> None:
        actions.load_shipped_packs(by=HOUSE, now=NOW)
        issuer = build.institution("QH", number=7)
        asked = {"outcome_class": "social", "description": "社区里的书画班，二十学时。", "now": NOW}
        first = actions.ask_kind(name="书画研习班", institution_code="QH", by=people.hubs[0], **asked)
        second = actions.ask_kind(name="广场舞展演", institution_code="", by=people.hubs[0], **asked)
        settle = {"by": people.hubs[0], "now": NOW}
        refused("kind_type", actions.settle_kind, number=first, type_code="NO", **settle)
        known = next(c for c, t in queries.current(on=NOW.date()).pack.types.items() if t.outcome_class == "social")
        refused("type_code_check", actions.settle_kind, number=first, type_code=f"{known}-x", **settle)
        actions.settle_kind(number=first, type_code=f"{known}-{check_digit(known)}", **settle)
        refused("standard_words_needed", actions.decline_kind, number=second, reason="", **settle)
        actions.decline_kind(number=second, reason="没有考核，只能记录。", **settle)
        refused("kind_unknown", actions.decline_kind, number="LX0", reason="没有考核。", **settle)
        rows = {row.number: (row.state, row.institution_id) for row in KindRequest.objects.all()}
        assert rows == {first: ("settled", issuer.pk), second: ("declined", None)}


def _spare_leaf(body: dict[str, Any], parent: str) -> str:
    """An ending under which the parent has no type yet."""
    return next(f"{n:02d}" for n in range(70, 99) if f"{parent}{n:02d}" not in body["types"])


class TestTheDatabaseRefuses:
    def run(self, sql: str) -> None:
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    MOVE = (
        "INSERT INTO standard_move (proposal_id, seq, from_state, event, to_state, actor_kind, actor_name, reason, at, leaf_id)"
        " SELECT id, moves_made + 1, state, '{event}', '{to}', 'staff', '', '', now(), 1 FROM standard_proposal"
        " WHERE state = '{state}'"
    )

    def test_what_no_code_of_ours_does(self, people: People) -> None:
        make.proposed(people)
        self.run(self.MOVE.format(event="consult", to="consulting", state="comparing"))  # nobody compared
        self.run(self.MOVE.format(event="publish", to="published", state="comparing"))  # not in the table
        self.run("UPDATE standard_proposal SET state = 'signing' WHERE state = 'comparing'")
        self.run("UPDATE standard_proposal SET body = '{}'")
        self.run("DELETE FROM standard_move")
        self.run("UPDATE standard_move SET reason = 'x'")
        self.run(
            "INSERT INTO standard_comparison (proposal_id, user_id, name, verdict, reasons, at)"
            " SELECT id, proposed_by_id, 'x', 'support', 'x', now() FROM standard_proposal WHERE proposed_by_id IS NOT NULL"
        )

    def test_a_version_nobody_published(self, people: People) -> None:
        make.proposed(people)
        self.run(
            "INSERT INTO standard_version (code, version, effective_from, retired_reason, body, digest, publication, loaded_at,"
            " review_on) SELECT code, version, effective_from, '', body, digest, '', now(), effective_from"
            " FROM standard_proposal WHERE state = 'comparing'"
        )

    def test_one_signature_publishes_nothing(self, people: People) -> None:
        number = make.signing(people)
        actions.sign(number=number, by=people.hubs[0], now=AFTER)
        self.run(self.MOVE.format(event="publish", to="published", state="signing"))
        self.run(
            "INSERT INTO standard_signature (proposal_id, user_id, name, digest, at)"
            " SELECT proposal_id, user_id, name, digest, at FROM standard_signature"
        )
        self.run("DELETE FROM standard_signature")

    def test_comments_and_requests_keep_their_words(self, people: People) -> None:
        number = make.consulting(people)
        actions.comment(number=number, name="", place="", text="请再考虑一下。", by=PUBLIC, now=NOW)
        self.run("UPDATE standard_comment SET text = 'x'")
        self.run(self.MOVE.format(event="close", to="signing", state="consulting"))  # an answer is missing
        actions.answer_comment(number=number, seq=1, reply="已经考虑。", withhold=False, by=people.hubs[0], now=NOW)
        self.run("UPDATE standard_comment SET reply = 'x'")
        assert StandardComment.objects.get().text == "请再考虑一下。"


class TestProve:
    def tamper(self, sql: str) -> list[str]:
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            cursor.execute(sql)
            cursor.execute("SET session_replication_role = origin")
        return [violation.found for violation in queries.violations()]

    def test_a_missing_signature_is_found(self, people: People) -> None:
        make.published(people)
        found = self.tamper("DELETE FROM standard_signature WHERE name = '沈知行'")
        assert "published with 1 signatures" in found
        assert any("its publication says something else: signed_by" in one for one in found)

    def test_a_forged_publication_is_found(self, people: People) -> None:
        make.published(people)
        row = StandardVersion.objects.get(version=2)
        forged = bytes(row.publication).replace("顾怀安".encode(), "张无忌".encode())
        found = self.tamper(f"UPDATE standard_version SET publication = '\\x{forged.hex()}' WHERE version = 2")
        assert "the signature of its publication does not verify" in found

    def test_a_proposer_who_signed_is_found(self, people: People) -> None:
        make.published(people)
        found = self.tamper(
            "UPDATE standard_proposal SET proposed_by_id = (SELECT user_id FROM standard_signature LIMIT 1)"
            " WHERE state = 'published' AND code = 'cn-2026'"
        )
        assert "its proposer compared or signed it" in found

    def test_a_changed_move_is_found(self, people: People) -> None:
        make.compared(people)
        found = self.tamper("UPDATE standard_move SET to_state = 'rejected' WHERE event = 'compare' AND seq = 3")
        assert any("is not in the table of moves" in one for one in found)
        assert any("is not what leaf" in one for one in found)


def test_the_demonstration_shows_a_version_under_way(people: People) -> None:
    from xuefen.faces.cli.demo.under_way import under_way

    actions.load_shipped_packs(by=HOUSE, now=NOW)
    number = under_way(experts=people.experts, hubs=people.hubs, now=NOW)
    view = queries.proposal(PUBLIC, number)
    assert (view.row.state, view.row.comments, view.row.unanswered) == (State.CONSULTING, 2, 1)
    make.proved()
