"""What the public pages show, made from what the rooms answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from xuefen.bank.catalogue import queries as catalogue
from xuefen.bank.certificates.types import CHECK_NAMES, Report, VerdictState
from xuefen.bank.conversion.types import RuleView
from xuefen.bank.translog import queries as translog
from xuefen.faces.shared.i18n import t
from xuefen.faces.shared.words import credits_text, date_text

CHECK_STATES = {VerdictState.GOOD: "y", VerdictState.BAD: "n", VerdictState.UNKNOWN: "s", VerdictState.SKIPPED: "s"}


def verdict(report: Report) -> dict[str, Any]:
    """The card of a verified file; the seal is stamped only when every answer is good."""
    first_bad = next((v for v in report.verdicts if v.state is VerdictState.BAD), None)
    when = t("{d}核验", "Verified {d}", d=date_text(report.checked_at, "year_time"))
    return {
        "ok": report.ok,
        "title": (_unbroken(report.headline_zh), report.headline_en),
        "sub": when if report.ok or first_bad is None else (first_bad.zh, first_bad.en),
        "stamp": "核验属实" if report.ok else "",
        "facts": report.facts,
        "checks": [
            {"state": CHECK_STATES[v.state], "label": CHECK_NAMES[v.check], "text": (v.zh, v.en)}
            for v in report.verdicts
        ],
        "number": report.number,
    }


def _unbroken(sentence: str) -> SafeString:
    """A Chinese sentence that breaks between its clauses only: large letters on a phone must not tear a word apart."""
    clauses = [f"{clause}，" for clause in sentence.split("，")]
    clauses[-1] = clauses[-1].removesuffix("，")
    return format_html_join("", '<span class="xf-nowrap">{}</span>', ((clause,) for clause in clauses))


def log_facts() -> dict[str, Any]:
    """The log's standing. The note is shown as it was published, byte for byte."""
    try:
        note = translog.fetch(translog.CHECKPOINT).decode()
    except FileNotFoundError:
        return {"size": 0, "waiting": translog.queue_length(), "note": "", "origin": ""}
    published = translog.published_checkpoint()
    assert published is not None
    return {
        "size": published.size,
        "waiting": translog.queue_length(),
        "note": note,
        "origin": published.origin,
        "root": published.root.hex(),
    }


def rule_rows(rules: Iterable[RuleView]) -> list[dict[str, Any]]:
    """Rules with the names of what they take and give; one query for all names."""
    listed = list(rules)
    wanted = {item for rule in listed for item in _item_ids(rule.body)}
    names = {item_id: facts.name for item_id, facts in catalogue.items_by_id(wanted).items()}
    return [
        {
            "rule": rule,
            "sources": [names.get(item, "–") for item in rule.body["sources"]],
            "gives": _gives(rule.body, names),
            "conditions": t("；", "; ").join(_conditions(rule.body.get("conditions", {}))),
            "basis": (rule.body["basis"]["zh"], rule.body["basis"]["en"]),
        }
        for rule in listed
    ]


def _item_ids(body: Mapping[str, Any]) -> set[int]:
    return {*body["sources"], *(target["item_id"] for target in body.get("targets", ()))}


def _gives(body: Mapping[str, Any], names: Mapping[int, str]) -> str:
    if body.get("elective"):
        stated = body.get("result")
        return t("选修学分", "elective credit") + (f" {credits_text(stated)}" if stated else "")
    return t("、", ", ").join(names.get(target["item_id"], "–") for target in body["targets"])


def _conditions(asked: Mapping[str, Any]) -> Iterator[str]:
    """What a rule asks of its sources, in words; marks are hundredths."""
    if asked.get("min_mark") is not None:
        yield t("成绩不低于 {x} 分", "a mark of {x} or more", x=f"{asked['min_mark'] / 100:g}")
    if asked.get("min_level") is not None:
        yield t("等级不低于 {n} 级", "level {n} or higher", n=asked["min_level"])
    if asked.get("max_age_years") is not None:
        yield t("取得不超过 {n} 年", "at most {n} {n:year|years} old", n=asked["max_age_years"])
    if asked.get("min_quality"):
        yield t("质量等级不低于 {x}", "quality grade {x} or better", x=asked["min_quality"])
    if asked.get("min_assurance") is not None:
        yield t("实名等级不低于 {n} 级", "identity level {n} or higher", n=asked["min_assurance"])
    if asked.get("online") is False:
        yield t("不收网络课程", "no online outcomes")
