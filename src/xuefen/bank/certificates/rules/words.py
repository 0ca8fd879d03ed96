"""Every sentence a verifier can say, by its code, and the one above them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from xuefen.bank.certificates.rules import sentences, sentences_standing
from xuefen.bank.certificates.rules.sentences import BAD, GOOD, SKIPPED, UNKNOWN, Sentence
from xuefen.bank.certificates.types import Check, Verdict

__all__ = ["BAD", "GOOD", "HEADLINES", "SENTENCES", "SKIPPED", "UNKNOWN", "codes", "headline", "say"]

SENTENCES: Mapping[str, Sentence] = MappingProxyType({**sentences.SENTENCES, **sentences_standing.SENTENCES})

HEADLINES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "good": ("这份证书是真的，现在有效", "This certificate is genuine and valid now"),
        "revoked": ("这份证书是真的，但已经被吊销", "This certificate is genuine, but has been revoked"),
        "suspended": ("这份证书是真的，但暂停使用", "This certificate is genuine, but suspended"),
        "expired": ("这份证书是真的，但已经过期", "This certificate is genuine, but has expired"),
        "unchecked": (
            "这份证书是真的，是否吊销没有查到",
            "This certificate is genuine; whether it was revoked could not be told",
        ),
        "unbound": (
            "这份证书是真的，但不知道出示的人是不是本人",
            "This certificate is genuine, but nobody can tell whether its holder presents it",
        ),
        "stranger": ("签名没有问题，但不认识签发机构", "The signature is sound, but its issuer is not known here"),
        "unwitnessed": (
            "签名没有问题，但见证人还不够",
            "The signature is sound, but too few witnesses vouch for the log",
        ),
        "unread": ("没法核验这份文件", "This file could not be verified"),
        "bad": ("不要相信这份文件", "Do not rely on this file"),
    }
)


def say(code: str, /, **params: object) -> Verdict:
    """The verdict for a code, its sentences filled in."""
    check, state, zh, en = SENTENCES[code]
    return Verdict(check, state, code, zh.format(**params), en.format(**params))


def codes() -> tuple[str, ...]:
    """All verdict codes, for the page that documents them and its test."""
    return tuple(SENTENCES)


def headline(verdicts: tuple[Verdict, ...]) -> tuple[str, str]:
    """The one sentence above the verdicts: Chinese, English."""
    return HEADLINES[headline_code(verdicts)]


def headline_code(verdicts: tuple[Verdict, ...]) -> str:
    """Which of the sentences in HEADLINES. A credential has no verdict about the log and its witnesses."""
    by = {verdict.check: verdict for verdict in verdicts}
    core = [by[check] for check in _CORE if check in by]
    revocation, suspension, expiry = by[Check.REVOCATION], by[Check.SUSPENSION], by[Check.EXPIRY]
    doubtful = [v.code for v in core if v.state is not GOOD and v.code not in _NOT_CARRIED]
    if _BEYOND_US & set(doubtful):
        return "unread"
    if len(doubtful) == 1 and doubtful[0] in _ALONE:
        taken_back = BAD in (revocation.state, suspension.state)
        return "bad" if taken_back or expiry.state is not GOOD else _ALONE[doubtful[0]]
    if doubtful or (Check.HOLDER in by and by[Check.HOLDER].state is BAD):
        return "bad"
    if revocation.state is BAD:
        return "revoked"
    if suspension.state is BAD:
        return "suspended"
    if expiry.state is not GOOD:
        return "expired" if expiry.code == "expiry_expired" else "bad"
    if Check.HOLDER in by and by[Check.HOLDER].state is not GOOD:
        return "unbound"
    return "unchecked" if UNKNOWN in (revocation.state, suspension.state) else "good"


_CORE = (Check.FORMAT, Check.SIGNATURE, Check.ISSUER, Check.LOG, Check.WITNESSES)
_NOT_CARRIED = {"log_not_carried", "witnesses_not_carried"}
_BEYOND_US = {
    "signature_unsupported",
    "signature_key_unknown",
    "signature_inner_unsupported",
    "format_badge_2",
    "format_badge_empty",
    "format_badge_many",
    "format_no_code",
    "format_other_code",
    "format_many_codes",
}
_ALONE = {"issuer_stranger": "stranger", "witnesses_too_few": "unwitnessed"}
