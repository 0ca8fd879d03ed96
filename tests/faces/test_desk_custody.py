"""The page of keys and log, and the API beside it: who may look, and what is told after a rotation and after an alarm."""

from __future__ import annotations

import re
import shlex
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.bank import foundation_builders as build
from tests.faces import desk_builders as desk
from xuefen.bank.custody import actions as custody
from xuefen.bank.custody import queries
from xuefen.bank.custody.types import COMMANDS
from xuefen.bank.shell.clock import stamp
from xuefen.bank.shell.problems import Denied
from xuefen.bank.staff.types import Role
from xuefen.bank.translog import actions as translog
from xuefen.bank.translog.models import AnchorAlarm, Checkpoint, Cosignature, Witness
from xuefen.bank.translog.types import RECOVERY
from xuefen.bedrock import canon
from xuefen.bedrock.cosignatures import CosignatureVerifier, vkey_of
from xuefen.bedrock.gm import SM2PrivateKey
from xuefen.faces.cli.parser import build as command_words

pytestmark = pytest.mark.django_db
PAGE, API = "/desk/custody/", "/api/custody"
DAY = timedelta(days=1)
QUERIES = 18


@pytest.fixture
def bank(settings: Any, tmp_path: Path, own_keys: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A new bank with a log folder and keys of its own, on a Monday in November."""
    settings.XUEFEN_PUBLIC = tmp_path / "public"
    settings.XUEFEN_HOME = tmp_path  # the policy of witnesses stands there
    desk.stop_clock(monkeypatch)
    desk.node()
    build.tree()
    return Path(settings.XUEFEN_LOG)


def hub() -> Client:
    return desk.at_work(Role.HUB_OFFICER, place="hub")


def fact(count: int = 1, *, at: str = stamp(desk.MONDAY)) -> None:
    with transaction.atomic():
        translog.append_many(bodies=[canon.flat({"kind": "test", "v": 1, "at": at, "n": n}) for n in range(count)])


def sealed(count: int = 3) -> None:
    fact(count)
    translog.seal(now=desk.MONDAY)


def witness(name: str, *, signs: bool = False, error: str = "") -> None:
    """A witness we ask, as its last answer left it."""
    vkey = vkey_of(CosignatureVerifier(name, SM2PrivateKey.generate().public))
    translog.add_witness(vkey=vkey, url=f"https://{name}", by=build.HOUSE, now=desk.MONDAY)
    row = Witness.objects.get(name=name)
    if signs:
        newest = Checkpoint.objects.latest("size")
        Cosignature.objects.create(checkpoint=newest, witness=row, line="x", cosigned_at=desk.MONDAY)
        Witness.objects.filter(pk=row.pk).update(size=newest.size, asked_at=desk.MONDAY)
    if error:
        Witness.objects.filter(pk=row.pk).update(asked_at=desk.MONDAY, error=error)


def key(told: dict[str, Any], purpose: str, generation: int) -> dict[str, Any]:
    (found,) = [k for k in told["keys"] if (k["purpose"], k["generation"]) == (purpose, generation)]
    return found


# --- who -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "where", "may"),
    [
        (Role.HUB_OFFICER, {"place": "hub"}, True),
        (Role.SUPERVISOR, {"place": "hub"}, True),
        (Role.EXPERT, {"place": "hub"}, False),
        (Role.BRANCH_OFFICER, {"place": "33"}, False),
        (Role.POINT_CLERK, {"place": "330106001"}, False),
    ],
)
def test_the_hub_and_supervisors_look_and_nobody_else(bank: Path, role: Role, where: dict[str, str], may: bool) -> None:
    client = desk.at_work(role, **where)
    page, answer = client.get(PAGE), client.get(API)
    assert (page.status_code, answer.status_code) == ((200, 200) if may else (403, 403))
    assert (f'href="{PAGE}"' in client.get("/desk/standards/").content.decode()) is may
    assert may or answer.json()["code"] == "not_allowed"


def test_nobody_signed_in_is_kept_out_and_nothing_can_be_sent(bank: Path, client: Client) -> None:
    assert client.get(PAGE).url == f"/signin/?next={PAGE}"
    assert client.get(API).status_code == 401
    assert hub().post(PAGE).status_code == 405
    with pytest.raises(Denied):
        queries.standing(build.as_learner(1), now=desk.MONDAY)


# --- what ------------------------------------------------------------------------------------------------------------


def test_a_new_bank_says_what_is_still_to_do(bank: Path) -> None:
    page = desk.text_of(hub().get(PAGE))
    assert "没有警报" in page and "还没有签过检查点" in page
    assert "没有请见证人" in page and "xuefen witness add --vkey KEY --url URL" in page
    assert "还没有演练过" in page and "xuefen keys drill" in page
    assert "没有设置链上存证：XUEFEN_ANCHOR 应为" in page and "xuefen anchor deploy --url URL" in page
    assert "给证书签名 certificates" in page and "SM2" in page and "文件，口令开启" in page
    assert "建行时 · 已用 308 天" in page, "from 5 January to 9 November"
    assert "不更换：索引靠它" in page and "xuefen keys rotate blind" not in page


def test_after_a_rotation_both_keys_are_told_and_later_the_old_one_is_retired(bank: Path) -> None:
    sealed()
    done = custody.rotate(purpose="certificates", reason="例行更换", by=build.HOUSE, now=desk.MONDAY - DAY)
    client = hub()
    page, told = desk.text_of(client.get(PAGE)), client.get(API).json()
    assert f"certificates · {done.key_id}" in page and f"certificates · {done.replaced}" in page
    assert "重叠期好用到 2026 年 11 月 15 日 10:00" in page
    new, old = key(told, "certificates", 2), key(told, "certificates", 1)
    assert (new["state"], new["days"], new["key_id"]) == ("in_use", 1, done.key_id)
    assert (old["state"], old["kept_in"], old["key_id"]) == ("overlap", "file", done.replaced)
    assert old["days"] == 308, "so far, although it is good for six days more"
    assert page.count("xuefen keys rotate certificates") == 1, "only the key in use is replaced"

    later = desk.MONDAY + 7 * DAY
    custody.tidy(now=later)
    old = queries.standing(build.HOUSE, now=later).keys[2]
    assert (old.row.held.key_id, old.state.value, old.row.kept) == (done.replaced, "retired", False)
    assert old.days == 314, "until the end of its overlap, not until now"


def test_a_stolen_key_is_shown_as_stolen_and_the_one_in_its_place_is_not(bank: Path) -> None:
    sealed()
    for purpose in ("certificates", "wrap"):
        custody.rotate(
            purpose=purpose, reason="泄露", compromised_since=desk.MONDAY - DAY, by=build.HOUSE, now=desk.MONDAY
        )
    client = hub()
    page, told = desk.text_of(client.get(PAGE)), client.get(API).json()
    assert "泄露作废到 2026 年 11 月 8 日 10:00 为止" in page and "私钥已销毁，公钥留着" in page
    marked = [(k["purpose"], k["generation"]) for k in told["keys"] if k["compromised"]]
    assert marked == [("certificates", 1), ("wrap", 1)]


def test_a_rollback_alarm_says_what_the_command_line_says(bank: Path) -> None:
    sealed(2)
    save = transaction.savepoint()
    sealed(2)
    transaction.savepoint_rollback(save)  # the database forgets what was published
    with pytest.raises(Denied) as refused:
        sealed(1)
    client = hub()
    page, told = desk.text_of(client.get(PAGE)), client.get(API).json()
    assert "日志停止签名" in page and refused.value.sentence("zh") in page and "log_rolled_back" in page
    assert all(zh in page for zh, _ in RECOVERY) and "没有警报" not in page
    assert not told["ok"] and told["log"]["alarm"]["code"] == "log_rolled_back"
    assert told["log"]["alarm"]["steps"] == [{"zh": zh, "en": en} for zh, en in RECOVERY]
    client.cookies["django_language"] = "en"
    assert refused.value.sentence("en") in desk.text_of(client.get(PAGE)).replace("&#x27;", "'").replace("&quot;", '"')


@pytest.mark.parametrize(
    ("harm", "code"),
    [
        (lambda log: (log / "tile/0/000.p/3").unlink(), "log_damaged"),
        (lambda log: (log / "tile/0/000.p/3").write_bytes(b"\0" * 96), "log_damaged"),
        (lambda log: (log / "checkpoint").write_bytes(b"junk"), "log_damaged"),
        (lambda log: Witness.objects.update(size=9), "log_witnessed_more"),
        (
            lambda log: AnchorAlarm.objects.create(
                contract="0x0", size=9, root=b"r", found="another root", found_at=desk.MONDAY
            ),
            "log_anchored_other",
        ),
    ],
    ids=["missing", "altered", "checkpoint", "witness", "chain"],
)
def test_every_alarm_is_the_one_the_sequencer_refuses_with(bank: Path, harm: Any, code: str) -> None:
    sealed()
    witness("w.example")
    assert queries.standing(build.HOUSE, now=desk.MONDAY).log.alarm is None
    harm(bank)
    fact()
    with pytest.raises(Denied) as refused:
        translog.seal(now=desk.MONDAY)
    found = queries.standing(build.HOUSE, now=desk.MONDAY)
    assert found.log.alarm is not None and not found.ok
    assert (found.log.alarm.code, found.log.alarm.sentence()) == (code, refused.value.sentence())
    assert refused.value.code == code
    assert code in desk.text_of(hub().get(PAGE))


def test_facts_that_wait_too_long_are_told(bank: Path) -> None:
    sealed()
    fact(at=stamp(desk.MONDAY - timedelta(seconds=30)))
    client = hub()
    assert "没有警报" in desk.text_of(client.get(PAGE)), "half a minute is no trouble"
    translog.seal(now=desk.MONDAY)
    fact(at=stamp(desk.MONDAY - timedelta(hours=3)))
    page, told = desk.text_of(client.get(PAGE)), client.get(API).json()
    assert "最早的一条是3 小时前记下的" in page and "xuefen sequencer" in page
    assert told["log"]["stalled"] and not told["ok"] and told["log"]["waiting"] == 1


def test_cosignatures_stand_beside_the_policy_with_each_newest_answer(bank: Path) -> None:
    sealed()
    witness("one.example", signs=True)
    witness("two.example", error="503 away")
    translog.set_policy(need=2, by=build.HOUSE, now=desk.MONDAY)
    witness("three.example", signs=True)
    client = hub()
    page, told = desk.text_of(client.get(PAGE)), client.get(API).json()["log"]
    assert "见证人签了1 / 2" in page, "the third does not count: the policy was made before it was asked"
    assert "核验的人要看到 2 位的签名，共规定了 2 位；最近的检查点已有 1 位签过。" in page
    assert "one.example，签过最近的检查点" in page and "two.example，上次没有签：503 away" in page
    assert (told["cosigned"], told["need"], told["asked_of"]) == (1, 2, 2)
    assert [(w["name"], w["counts"]) for w in told["witnesses"]] == [
        ("one.example", True), ("three.example", False), ("two.example", True),
    ]  # fmt: skip


def test_the_last_rehearsal_and_what_it_found(bank: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sealed()
    custody.drill(purpose="certificates", by=build.HOUSE, now=desk.MONDAY - 40 * DAY)
    client = hub()
    page = desk.text_of(client.get(PAGE))
    assert "照预期" in page and "（40 天前）" in page and "演练了 certificates 的泄露，9 步" in page
    monkeypatch.setattr("xuefen.bank.custody.queries.sample_verifies", lambda: (False, "0 / 1"))
    custody.drill(purpose="log", by=build.HOUSE, now=desk.MONDAY - DAY)
    page, told = desk.text_of(client.get(PAGE)), client.get(API).json()
    assert "上次演练有一步没有照预期" in page and "本行已发证书仍能验证: 0 / 1" in page
    assert (told["ok"], told["drill"]["ok"], told["drill"]["purpose"]) == (False, False, "log")
    assert len(told["drill"]["steps"]) == 9


def test_anchors_that_are_on_are_told(bank: Path, settings: Any) -> None:
    settings.XUEFEN_ANCHOR = "http://127.0.0.1:9,0x00000000000000000000000000000000000000AA"
    page = desk.text_of(hub().get(PAGE))
    assert (
        "没有设置链上存证" not in page and "0x00000000000000000000000000000000000000AA" in page and "还没有写过" in page
    )


# --- how -------------------------------------------------------------------------------------------------------------


def test_no_private_half_and_no_place_of_one_leaves_the_house(bank: Path, own_keys: Path, settings: Any) -> None:
    client = hub()
    told = client.get(API).json()
    assert {name for k in told["keys"] for name in k} == {
        "purpose", "generation", "algorithm", "key_id", "state", "since", "until", "days", "compromised", "kept_in",
    }  # fmt: skip
    for answer in (client.get(PAGE), client.get(API)):
        said = answer.content.decode()
        assert str(own_keys) not in said and settings.XUEFEN_PASSPHRASE not in said
        assert not re.search(r"[0-9a-f]{40}", said), "nothing as long as a key"


def test_no_private_key_is_opened_to_look(bank: Path, settings: Any) -> None:
    """Whoever lost the passphrase, or the token, must still be able to see what there is."""
    sealed()
    settings.XUEFEN_PASSPHRASE = "not the one"
    found = queries.standing(build.HOUSE, now=desk.MONDAY)
    assert found.log.alarm is None and found.log.size == 3 and len(found.keys) == 8


def test_more_keys_and_witnesses_ask_no_more_questions(bank: Path) -> None:
    sealed()
    witness("one.example", signs=True)
    client = hub()
    client.get(PAGE)
    with CaptureQueriesContext(connection) as few:
        client.get(PAGE)
    for name in ("two.example", "three.example"):
        witness(name, signs=True)
    for purpose in ("certificates", "log", "witness"):
        custody.rotate(purpose=purpose, reason="例行更换", by=build.HOUSE, now=desk.MONDAY)
    custody.drill(purpose="log", by=build.HOUSE, now=desk.MONDAY)
    with CaptureQueriesContext(connection) as many:
        client.get(PAGE)
    assert len(few) == len(many) == QUERIES


def test_the_page_in_english(bank: Path) -> None:
    sealed()
    witness("one.example", error="503")
    custody.rotate(purpose="log", reason="例行更换", by=build.HOUSE, now=desk.MONDAY)
    custody.drill(purpose="certificates", by=build.HOUSE, now=desk.MONDAY)
    client = hub()
    client.cookies["django_language"] = "en"
    assert set(desk.chinese_in(client.get(PAGE))) <= {"何映舟", "总平台"}


def test_every_command_of_the_page_is_one(bank: Path) -> None:
    words = command_words()
    filled = {"PURPOSE": "log", "TEXT": "x", "TIME": "2026-11-20T08:00:00+08:00", "KEY": "k", "URL": "u", "K": "2",
              "NAME": "n", "USER": "u"}  # fmt: skip
    told = [line for lines in COMMANDS.values() for _, _, line in lines]
    told += [k.command for k in queries.standing(build.HOUSE, now=desk.MONDAY).keys if k.command]
    assert len(told) > 20
    for line in told:
        program, *rest = shlex.split(line)
        assert program == "xuefen"
        assert words.parse_args([filled.get(word, word) for word in rest]).run
