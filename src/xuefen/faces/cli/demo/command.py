"""``xuefen demo``."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from django.conf import settings

from xuefen.bank.shell import actions as shell
from xuefen.bank.shell import clock
from xuefen.bank.shell import queries as nodes
from xuefen.bank.standards import actions as standards
from xuefen.faces.cli.demo import stage
from xuefen.faces.cli.demo.story import Story, tell
from xuefen.faces.cli.node import name_site
from xuefen.faces.cli.output import console, plain_refusals, progress, write_json


@plain_refusals
def demo(arguments: Namespace) -> int:
    """Run the story in a new demo bank; an older demo was emptied before, and a bank that is not a demo is never touched."""
    node = nodes.node()
    if node is not None and not node.is_demo:
        console.print(
            f"{settings.XUEFEN_HOME} 里是一家真的学分银行，演示不会动它。请换一个文件夹：XUEFEN_HOME=… make demo\n"
            f"{settings.XUEFEN_HOME} holds a real bank; the demo never touches one. Use another folder: XUEFEN_HOME=… make demo",
            style="red", markup=False,
        )  # fmt: skip
        return 1
    now = clock.now()
    shell.name_node(
        code="demo", name_zh="浙江省学分银行（演示）", name_en="Zhejiang Credit Bank (demo)", origin="demo.xuefen.local/log",
        is_demo=True, now=now,
    )  # fmt: skip
    name_site(
        place=("浙江省（演示）", "Zhejiang (demo)"), name=("浙江省学分银行（演示）", "Zhejiang Credit Bank (demo)")
    )
    standards.load_shipped_packs(by=stage.HOUSE, now=now)
    folder = Path(settings.XUEFEN_HOME) / "demo"
    with progress() as bar:
        task = bar.add_task("…", total=None)
        story = Story(
            now=now, folder=folder, rows=arguments.rows,
            say=lambda zh, en: bar.console.print(f"{zh}  {en}", markup=False),
            moved=lambda done, total: bar.update(task, description="存入 deposit", completed=done, total=total),
        )  # fmt: skip
        counts = tell(story)
    arguments.beside = {one.folder: one.arguments for one in story.witnesses}
    write_json(counts, arguments.json)
    _report(counts)
    if arguments.serve:
        _sign_ins(story, arguments)
    return 0


def _report(counts: dict[str, object]) -> None:
    console.print(
        f"{counts['institutions']} 家机构 institutions · {counts['items']} 个目录项 items · {counts['learners']} 人 learners\n"
        f"已读 read {counts['rows_read']} ＝ 存入 accepted {counts['accepted']} ＋ 没通过 refused {counts['refused']}"
        f" ＋ 重复 duplicates {counts['duplicates']}\n"
        f"申请 applications {counts['applications']} · 日志 log {counts['log_size']} · {counts['seconds']} s",
        markup=False,
    )
    for path in counts["certificates"]:  # type: ignore[attr-defined]
        console.print(f"  {path}", markup=False)


def _sign_ins(story: Story, arguments: Namespace) -> None:
    """Who can sign in, printed once the story is over."""
    console.print(
        f"\nhttp://{arguments.host}:{arguments.port}   密码 password: {stage.PASSWORD}", style="bold", markup=False
    )
    for username, (name, role, _, _) in stage.STAFF.items():
        console.print(f"  {username:<18}{name}  {role.value}", markup=False)
    for name, account_no in story.sign_ins.items():
        console.print(f"  {account_no:<18}{name}  learner", markup=False)
