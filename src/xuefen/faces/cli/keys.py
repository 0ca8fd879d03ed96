"""``xuefen keys`` and ``xuefen custody``."""

from __future__ import annotations

from argparse import Namespace

from xuefen.bank.custody import actions, queries
from xuefen.bank.custody.types import KEY_STATE_WORDS, OVERLAP, Standing
from xuefen.bank.shell import clock
from xuefen.bank.shell.actor import Actor
from xuefen.bank.translog import actions as translog
from xuefen.faces.cli.output import plain_refusals, result, write_json

HOUSE = Actor.system("command line")


@plain_refusals
def show(arguments: Namespace) -> int:
    """Purposes, algorithms, ids and dates; nothing secret is read, so no passphrase is needed."""
    rows = [row.to_json() for row in queries.key_rows()]
    if arguments.json != "-":
        for row in rows:
            since = row["since"] or "随银行建立 with the bank"
            until = row["until"] or "使用中 in use"
            kept = row["kept_in"] or "已销毁 destroyed"
            name = f"{row['purpose']}.{row['generation']}"
            line = f"{name:<20} {row['algorithm']!s:<8} {row['key_id'] or '–':<17} {since} → {until}  [{kept}]"
            result.print(line, markup=False)
    write_json({"keys": rows}, arguments.json)
    return 0


@plain_refusals
def custody(arguments: Namespace) -> int:
    """What the desk's page of keys and log shows, of the same query; 1 when something needs somebody at once."""
    found = queries.standing(HOUSE, now=clock.now())
    if arguments.json != "-":
        _print(found)
    write_json(found.to_json(), arguments.json)
    return 0 if found.ok else 1


def _print(found: Standing) -> None:
    for key in found.keys:
        held = key.row.held
        said = " ".join((*KEY_STATE_WORDS[key.state], *(("泄露 stolen",) if key.compromised else ())))
        line = f"{held.purpose}.{held.generation}"
        result.print(
            f"{line:<20} {key.algorithm:<11} {key.days:>5} 天 days  {said}  [{' '.join(key.kept)}]", markup=False
        )
    drill, log = found.drill, found.log
    if drill is None:
        result.print("还没有演练过 never rehearsed: xuefen keys drill")
    else:
        well = "ok " if drill.report["ok"] else "BAD"
        result.print(f"{well} 演练 rehearsed {drill.at:%Y-%m-%d} {drill.report['purpose']} · {drill.by}", markup=False)
    sealed = f"{log.sealed_at:%Y-%m-%d %H:%M} UTC" if log.sealed_at else "–"
    result.print(f"log: {log.size} ({sealed}), {log.waiting} 条等待 waiting, {log.cosigned}/{log.need or len(log.witnesses)}"
                 " 见证 cosigned", markup=False)  # fmt: skip
    if log.stalled(found.at):
        result.print("BAD 等太久了 waits too long: xuefen sequencer", style="red")
    for one in log.witnesses:
        result.print(f"    {one.name} {one.size} {one.error}".rstrip(), markup=False)
    anchor = log.anchor
    if anchor.off is not None:
        result.print(f"anchor: {anchor.off.sentence('zh')} {anchor.off.sentence('en')}", markup=False)
    else:
        result.print(
            f"anchor: {anchor.contract} {anchor.newest.size if anchor.newest else 0} {anchor.trouble}", markup=False
        )
    if log.alarm is not None:
        result.print(f"BAD {log.alarm.code}: {log.alarm.sentence('zh')}", style="red", markup=False)
        for zh, en in (("", log.alarm.sentence("en")), *log.steps):
            result.print(f"    {zh} {en}", markup=False)


@plain_refusals
def rotate(arguments: Namespace) -> int:
    """Replace one key; for the log the next checkpoint, signed by both keys, is made at once."""
    now = clock.now()
    done = actions.rotate(
        purpose=arguments.purpose,
        reason=arguments.reason,
        overlap=OVERLAP if arguments.overlap is None else arguments.overlap,
        compromised_since=arguments.compromised,
        by=HOUSE,
        now=now,
    )
    translog.seal_all(now=clock.now())
    if arguments.json != "-":
        result.print(f"ok: {done.purpose} {done.replaced or '–'} → {done.key_id or '–'}", markup=False)
        if done.key_id:
            result.print(f"    {done.replaced}: {done.until.isoformat()}", markup=False)
    facts = {"purpose": done.purpose, "key_id": done.key_id, "replaced": done.replaced, "until": done.until.isoformat()}
    write_json(facts, arguments.json)
    return 0


@plain_refusals
def tidy(arguments: Namespace) -> int:
    """What the worker does every ten minutes, once."""
    done = actions.tidy(now=clock.now())
    if arguments.json != "-":
        result.print(f"ok: {done}")
    write_json({"done": done}, arguments.json)
    return 0


@plain_refusals
def drill(arguments: Namespace) -> int:
    """A timed report; the audit trail keeps it."""
    report = actions.drill(
        purpose=arguments.purpose, compromised_since=arguments.compromised, by=HOUSE, now=clock.now()
    )
    if arguments.json != "-":
        for step in report.steps:
            result.print(
                f"{'ok ' if step.ok else 'BAD'} {step.seconds:7.3f} s  {step.zh} {step.en}: {step.found}", markup=False
            )
        numbers = report.affected_certificates
        result.print(f"要重发的证书 certificates to issue again: {len(numbers)}  {' '.join(numbers[:5])}", markup=False)
        result.print(f"其后的检查点 checkpoints since: {report.affected_checkpoints}", markup=False)
    write_json(report.to_json(), arguments.json)
    return 0 if report.ok else 1


@plain_refusals
def seal(arguments: Namespace) -> int:
    """For a bank that got its token later: what only a passphrase opened needs the token from now on."""
    sealed = actions.seal_files(by=HOUSE, now=clock.now())
    if arguments.json != "-":
        for key in sealed:
            result.print(f"{key.purpose}.{key.generation} → {key.place}", markup=False)
        result.print(f"ok: {len(sealed)}")
    write_json({"sealed": [f"{key.purpose}.{key.generation}" for key in sealed]}, arguments.json)
    return 0
