"""What a verifier can say of a certificate's standing: expired, suspended, revoked. As ``sentences``."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from xuefen.bank.certificates.rules.sentences import BAD, GOOD, SKIPPED, UNKNOWN, Sentence
from xuefen.bank.certificates.types import Check

SENTENCES: Mapping[str, Sentence] = MappingProxyType(
    {
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
        # suspension
        "suspension_good": (
            Check.SUSPENSION, GOOD,
            "没有暂停使用，刚刚查过。",
            "Not suspended; looked up just now.",
        ),
        "suspension_good_as_of": (
            Check.SUSPENSION, GOOD,
            "截至 {zh_time} 的状态表，没有暂停使用。",
            "Not suspended in the status list of {time}.",
        ),
        "suspension_number_only": (
            Check.SUSPENSION, GOOD,
            "编号本身没有暂停；真证书（如果有）不受影响。",
            "The number itself is not suspended; a genuine certificate, if there is one, still stands.",
        ),
        "suspension_no_list": (
            Check.SUSPENSION, GOOD,
            "签发机构没有为它设暂停用的状态表：它不会被暂停。",
            "Its issuer keeps no list of suspended ones for it: it cannot be suspended.",
        ),
        "suspension_suspended": (
            Check.SUSPENSION, BAD,
            "{zh_at}起暂停使用：{zh_reason}。",
            "Suspended since {at}: {en_reason}.",
        ),
        "suspension_bit_suspended": (
            Check.SUSPENSION, BAD,
            "签发机构的状态表说它暂停使用。",
            "The issuer's status list says that it is suspended.",
        ),
        "suspension_moot": (
            Check.SUSPENSION, SKIPPED,
            "不用再看：已经被吊销。",
            "Not looked at: it was revoked.",
        ),
        "suspension_list_elsewhere": (
            Check.SUSPENSION, UNKNOWN,
            "没有查：状态表在别处（{where}），本行不替人上网去取。",
            "Not checked: the status list lies elsewhere ({where}), and nothing is fetched from there.",
        ),
        "suspension_not_checked": (
            Check.SUSPENSION, UNKNOWN,
            "没有查：离线核验，手边没有签发机构的状态表。",
            "Not checked: offline, and there is no status list of the issuer at hand.",
        ),
        "suspension_list_invalid": (
            Check.SUSPENSION, UNKNOWN,
            "没有查：状态表的签名不对，不能用。",
            "Not checked: the status list is not signed by the issuer and was not used.",
        ),
        "suspension_list_stale": (
            Check.SUSPENSION, UNKNOWN,
            "查不准：状态表是 {zh_time} 的，太旧或早于这份证书。",
            "Cannot be told: the status list is of {time}, too old or older than the certificate.",
        ),
        "suspension_skipped": (
            Check.SUSPENSION, SKIPPED,
            "不用再看：读不出证书编号。",
            "Not looked at: there is no certificate number to read.",
        ),
        # revocation
        "revocation_good": (
            Check.REVOCATION, GOOD,
            "没有被吊销，刚刚查过。",
            "Not revoked; looked up just now.",
        ),
        "revocation_good_as_of": (
            Check.REVOCATION, GOOD,
            "截至 {zh_time} 的状态表，没有被吊销。",
            "Not revoked in the status list of {time}.",
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
        "revocation_bit_revoked": (
            Check.REVOCATION, BAD,
            "签发机构的状态表说它已被吊销。",
            "The issuer's status list says that it was revoked.",
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
