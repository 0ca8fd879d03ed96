"""Every sentence a verifier can say: code → question, state, Chinese, English."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from xuefen.bank.certificates.types import Check, Verdict, VerdictState

GOOD, BAD, UNKNOWN, SKIPPED = VerdictState.GOOD, VerdictState.BAD, VerdictState.UNKNOWN, VerdictState.SKIPPED

_SENTENCES: Mapping[str, tuple[Check, VerdictState, str, str]] = MappingProxyType(
    {
        # format
        "format_good": (
            Check.FORMAT, GOOD,
            "文件能读，符合公开的证书格式。",
            "The file reads well and follows the published certificate format.",
        ),
        "format_wrong": (
            Check.FORMAT, BAD,
            "文件能读，但不符合公开的证书格式（{where}）。",
            "The file reads, but does not follow the published certificate format ({where}).",
        ),
        "format_reflowed": (
            Check.FORMAT, BAD,
            "文件被重新排版或另存过，不是签发时的原样。",
            "The file was reformatted or saved again; it is not byte for byte what was issued.",
        ),
        "format_damaged": (
            Check.FORMAT,
            BAD,
            "文件里的证书数据损坏了，读不出来：签发之后被改动过，或者传输中出了错。",
            "The certificate data in the file is damaged and cannot be read: it was changed, or spoilt on its way.",
        ),
        "format_no_certificate": (
            Check.FORMAT, BAD,
            "这个 PDF 里没有证书数据，不是本系统签发的文件。",
            "This PDF carries no certificate data; it was not issued by this system.",
        ),
        "format_code": (
            Check.FORMAT, GOOD,
            "二维码能读，符合公开的格式；纸面上的姓名和学分要与这里显示的一致。",
            "The code reads well and follows the published format; name and credits on the paper must be those shown here.",
        ),
        "format_credential": (
            Check.FORMAT, GOOD,
            "文件能读，是一份{zh}。",
            "The file reads well: a credential of the kind {en}.",
        ),
        "format_badge_2": (
            Check.FORMAT, BAD,
            "这是旧版（2.0）的开放徽章，它自己不带签名，本系统不核验；请向发证机构索取 3.0 版。",
            "An Open Badge of the older version 2.0, which carries no signature of its own and is not verified here;"
            " ask its issuer for version 3.0.",
        ),
        "format_badge_empty": (
            Check.FORMAT, BAD,
            "这张图片里没有徽章数据：它只是一张图。",
            "There is no badge inside this picture: it is only a picture.",
        ),
        # signature
        "signature_good": (
            Check.SIGNATURE, GOOD,
            "签名对得上，签发以后没有人改过一个字。",
            "The signature matches: nobody has changed a character since it was issued.",
        ),
        "signature_wrong": (
            Check.SIGNATURE, BAD,
            "签名对不上：签发之后内容被改动过。",
            "The signature does not match: the content was changed after it was issued.",
        ),
        "signature_seal_wrong": (
            Check.SIGNATURE, BAD,
            "PDF 的封印对不上：封印之后文件被改动过。",
            "The seal of the PDF does not match: the file was changed after it was sealed.",
        ),
        "signature_seal_missing": (
            Check.SIGNATURE, BAD,
            "PDF 末尾没有封印：文件被另存、截断或改动过。",
            "The PDF does not end with its seal: it was saved again, cut off or changed.",
        ),
        "signature_unreadable": (
            Check.SIGNATURE, BAD,
            "签名部分残缺，无法核对。",
            "The signature is damaged and cannot be checked.",
        ),
        "signature_unsupported": (
            Check.SIGNATURE, UNKNOWN,
            "没有核对：签名的种类不支持，或者公钥要联网去取（{detail}）。",
            "Not checked: a kind of signature that is not supported, or a key that lies elsewhere ({detail}).",
        ),
        "signature_key_unknown": (
            Check.SIGNATURE, UNKNOWN,
            "没有核对：手边的信任文件里没有签名用的密钥 {key}。",
            "Not checked: the trust file at hand has no key {key}, which is to have signed.",
        ),
        "signature_unclear": (
            Check.SIGNATURE, BAD,
            "签名管不到文件里的全部内容（{detail}），不能算数。",
            "The signature does not cover all that the file says ({detail}), so it does not count.",
        ),
        "signature_inner_wrong": (
            Check.SIGNATURE, BAD,
            "记录里有一份徽章的签名对不上：它的内容被改动过。",
            "The signature of a badge inside the record does not match: its content was changed.",
        ),
        "signature_inner_unsupported": (
            Check.SIGNATURE, UNKNOWN,
            "记录本身的签名对得上，但里面有一份徽章的签名没法核对。",
            "The record's own signature matches, but that of a badge inside could not be checked.",
        ),
        "signature_skipped": (
            Check.SIGNATURE, SKIPPED,
            "不用再看：读不出证书内容。",
            "Not looked at: there is no certificate content to read.",
        ),
        # issuer
        "issuer_good": (
            Check.ISSUER, GOOD,
            "签名的是{zh}，当时有签发资格。",
            "Signed by {en}, entitled to issue at the time.",
        ),
        "issuer_foreign_key": (
            Check.ISSUER, BAD,
            "文件自称{zh}签发，但签名用的不是它的密钥。",
            "The file claims to be issued by {en}, but the key that signed it is not theirs.",
        ),
        "issuer_key_time": (
            Check.ISSUER, BAD,
            "签名密钥是{zh}的，但在签发的那一天不在有效期内。",
            "The key belongs to {en}, but was not valid on the day of issue.",
        ),
        "issuer_name_wrong": (
            Check.ISSUER, BAD,
            "签名密钥是{zh}的，文件却写着别的签发机构。",
            "The key belongs to {en}, but the file names another issuer.",
        ),
        "issuer_unconfirmed": (
            Check.ISSUER, UNKNOWN,
            "文件自称{zh}签发，签名不对，不能确认。",
            "The file claims to be issued by {en}; the signature is wrong, so this cannot be confirmed.",
        ),
        "issuer_known": (
            Check.ISSUER, GOOD,
            "签名的是{zh}，本行认可的外部机构。",
            "Signed by {en}, an outside issuer this bank believes.",
        ),
        "issuer_stranger": (
            Check.ISSUER, UNKNOWN,
            "文件自称{zh}签发，签名的密钥也这么说，但本行不认识这个机构。",
            "The file claims to be issued by {en} and its key says so too, but this bank does not know them.",
        ),
        "issuer_code_stranger": (
            Check.ISSUER, UNKNOWN,
            "二维码自称机构 {node} 签发；签名的密钥不认识，不能确认。",
            "The code claims to be issued by {node}; the key that signed it is not known here, so this cannot be confirmed.",
        ),
        "issuer_not_signer": (
            Check.ISSUER, BAD,
            "文件写的签发机构是{zh}，签名的却是别人。",
            "The file names {en} as its issuer, but somebody else signed it.",
        ),
        "issuer_skipped": (
            Check.ISSUER, SKIPPED,
            "不用再看：读不出证书内容。",
            "Not looked at: there is no certificate content to read.",
        ),
        # log
        "log_good": (
            Check.LOG, GOOD,
            "在公开日志第 {index} 条。",
            "Entry {index} of the public log.",
        ),
        "log_not_found": (
            Check.LOG, BAD,
            "公开日志里找不到这份内容。",
            "This content is not in the public log.",
        ),
        "log_proof_truncated": (
            Check.LOG, BAD,
            "日志证明不完整，缺了 {missing} 段，不能证明这份内容在公开日志里。",
            "The log proof is cut short by {missing} hashes; it does not show that this content is in the public log.",
        ),
        "log_proof_wrong": (
            Check.LOG, BAD,
            "日志证明算不到检查点，不能证明这份内容在公开日志里。",
            "The log proof does not lead to the checkpoint; it does not show that this content is in the public log.",
        ),
        "log_code_wrong": (
            Check.LOG, BAD,
            "日志证明算到的检查点，不是这个机构的日志签名的那一个。",
            "The log proof leads to a checkpoint that this issuer's log did not sign.",
        ),
        "log_checkpoint_wrong": (
            Check.LOG, BAD,
            "日志检查点被改动过，或者不是这个机构的日志签名的。",
            "The log's checkpoint was changed, or was not signed by this issuer's log.",
        ),
        "log_not_carried": (
            Check.LOG, UNKNOWN,
            "没有查：二维码太小，放不下日志证明；PDF 和 JSON 文件里有。",
            "Not checked: the code was too small for the log proof; the PDF and JSON files have it.",
        ),
        "log_skipped": (
            Check.LOG, SKIPPED,
            "不用再看：读不出证书内容。",
            "Not looked at: there is no certificate content to read.",
        ),
        # expiry
        "expiry_never": (
            Check.EXPIRY, GOOD,
            "长期有效，没有过期。",
            "Valid without limit; it has not expired.",
        ),
        "expiry_good": (
            Check.EXPIRY, GOOD,
            "有效期到 {zh_day}，没有过期。",
            "Valid until {day}; it has not expired.",
        ),
        "expiry_expired": (
            Check.EXPIRY, BAD,
            "已经过期：有效期到 {zh_day}。",
            "Expired: it was valid until {day}.",
        ),
        "expiry_future": (
            Check.EXPIRY, BAD,
            "签发时间在将来，不可信。",
            "The time of issue lies in the future and cannot be believed.",
        ),
        "expiry_untrusted": (
            Check.EXPIRY, SKIPPED,
            "不用再看：签名不对，日期也不可信。",
            "Not looked at: with a wrong signature the dates mean nothing.",
        ),
        "expiry_unconfirmed": (
            Check.EXPIRY, SKIPPED,
            "不用再看：签发机构不能确认，日期也不可信。",
            "Not looked at: with an unconfirmed issuer the dates mean nothing.",
        ),
        "expiry_skipped": (
            Check.EXPIRY, SKIPPED,
            "不用再看：读不出证书内容。",
            "Not looked at: there is no certificate content to read.",
        ),
        # revocation
        "revocation_good": (
            Check.REVOCATION, GOOD,
            "没有被吊销或暂停，刚刚查过。",
            "Neither revoked nor suspended; looked up just now.",
        ),
        "revocation_good_as_of": (
            Check.REVOCATION, GOOD,
            "截至 {zh_time} 的状态表，没有被吊销或暂停。",
            "Neither revoked nor suspended in the status list of {time}.",
        ),
        "revocation_number_only": (
            Check.REVOCATION, GOOD,
            "编号本身没有被吊销；真证书（如果有）不受影响。",
            "The number itself is not revoked; a genuine certificate, if there is one, still stands.",
        ),
        "revocation_no_list": (
            Check.REVOCATION, GOOD,
            "签发机构没有为它设状态表：它签出以后就不能吊销。",
            "Its issuer keeps no status list for it: once signed it cannot be revoked.",
        ),
        "revocation_revoked": (
            Check.REVOCATION, BAD,
            "{zh_at}已被吊销：{zh_reason}。",
            "Revoked on {at}: {en_reason}.",
        ),
        "revocation_suspended": (
            Check.REVOCATION, BAD,
            "{zh_at}起暂停使用：{zh_reason}。",
            "Suspended since {at}: {en_reason}.",
        ),
        "revocation_bit_revoked": (
            Check.REVOCATION, BAD,
            "签发机构的状态表说它已被吊销。",
            "The issuer's status list says that it was revoked.",
        ),
        "revocation_bit_suspended": (
            Check.REVOCATION, BAD,
            "签发机构的状态表说它暂停使用。",
            "The issuer's status list says that it is suspended.",
        ),
        "revocation_list_elsewhere": (
            Check.REVOCATION, UNKNOWN,
            "没有查：状态表在别处（{where}），本行不替人上网去取。",
            "Not checked: the status list lies elsewhere ({where}), and nothing is fetched from there.",
        ),
        "revocation_not_checked": (
            Check.REVOCATION, UNKNOWN,
            "没有查：离线核验，手边没有签发机构的状态表。",
            "Not checked: offline, and there is no status list of the issuer at hand.",
        ),
        "revocation_list_invalid": (
            Check.REVOCATION, UNKNOWN,
            "没有查：状态表的签名不对，不能用。",
            "Not checked: the status list is not signed by the issuer and was not used.",
        ),
        "revocation_list_stale": (
            Check.REVOCATION, UNKNOWN,
            "查不准：状态表是 {zh_time} 的，太旧或早于这份证书。",
            "Cannot be told: the status list is of {time}, too old or older than the certificate.",
        ),
        "revocation_skipped": (
            Check.REVOCATION, SKIPPED,
            "不用再看：读不出证书编号。",
            "Not looked at: there is no certificate number to read.",
        ),
    }
)  # fmt: skip

_HEADLINES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "good": ("这份证书是真的，现在有效", "This certificate is genuine and valid now"),
        "revoked": ("这份证书是真的，但已经被吊销", "This certificate is genuine, but has been revoked"),
        "suspended": ("这份证书是真的，但暂停使用", "This certificate is genuine, but suspended"),
        "expired": ("这份证书是真的，但已经过期", "This certificate is genuine, but has expired"),
        "unchecked": (
            "这份证书是真的，是否吊销没有查到",
            "This certificate is genuine; whether it was revoked could not be told",
        ),
        "stranger": ("签名没有问题，但不认识签发机构", "The signature is sound, but its issuer is not known here"),
        "unread": ("没法核验这份文件", "This file could not be verified"),
        "bad": ("不要相信这份文件", "Do not rely on this file"),
    }
)


def say(code: str, /, **params: object) -> Verdict:
    """The verdict for a code, its sentences filled in."""
    check, state, zh, en = _SENTENCES[code]
    return Verdict(check, state, code, zh.format(**params), en.format(**params))


def codes() -> tuple[str, ...]:
    """All verdict codes, for the page that documents them and its test."""
    return tuple(_SENTENCES)


def headline(verdicts: tuple[Verdict, ...]) -> tuple[str, str]:
    """The one sentence above the verdicts: Chinese, English. A credential has none about the log."""
    by = {verdict.check: verdict for verdict in verdicts}
    core = [by[check] for check in (Check.FORMAT, Check.SIGNATURE, Check.ISSUER, Check.LOG) if check in by]
    revocation, expiry = by[Check.REVOCATION], by[Check.EXPIRY]
    doubtful = [verdict.code for verdict in core if verdict.state is not GOOD and verdict.code != "log_not_carried"]
    if _BEYOND_US & set(doubtful):
        return _HEADLINES["unread"]
    if doubtful == ["issuer_stranger"]:
        return _HEADLINES["bad" if revocation.state is BAD or expiry.state is not GOOD else "stranger"]
    if doubtful:
        return _HEADLINES["bad"]
    if revocation.state is BAD:
        return _HEADLINES[_TAKEN_BACK.get(revocation.code, "bad")]
    if expiry.state is not GOOD:
        return _HEADLINES["expired" if expiry.code == "expiry_expired" else "bad"]
    return _HEADLINES["unchecked" if revocation.state is UNKNOWN else "good"]


_BEYOND_US = {
    "signature_unsupported",
    "signature_key_unknown",
    "signature_inner_unsupported",
    "format_badge_2",
    "format_badge_empty",
}
_TAKEN_BACK = {
    "revocation_revoked": "revoked",
    "revocation_suspended": "suspended",
    "revocation_bit_revoked": "revoked",
    "revocation_bit_suspended": "suspended",
}
