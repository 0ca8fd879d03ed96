"""What a verifier can say of a file itself: code → question, state, Chinese, English. The rest is in ``sentences_standing``."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from xuefen.bank.certificates.types import Check, VerdictState

GOOD, BAD, UNKNOWN, SKIPPED = VerdictState.GOOD, VerdictState.BAD, VerdictState.UNKNOWN, VerdictState.SKIPPED

Sentence = tuple[Check, VerdictState, str, str]
SENTENCES: Mapping[str, Sentence] = MappingProxyType(
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
            "这个 PDF 里没有证书数据，也没有读到证书的二维码：不是本系统签发的文件，或者是看不清二维码的扫描件。",
            "This PDF carries no certificate data and no code of a certificate: it was not issued by this system,"
            " or it is a scan whose code cannot be read.",
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
        "format_badge_many": (
            Check.FORMAT, BAD,
            "这张图片里有不止一个徽章，说不清哪个算数，所以一个也不核验。",
            "There is more than one badge inside this picture; nobody can say which one counts, so none is verified.",
        ),
        "format_no_code": (
            Check.FORMAT, BAD,
            "图片里没有读到证书的二维码，也没有徽章；请把二维码拍得近一些、正一些、亮一些，再试一次。",
            "Neither the QR code of a certificate nor a badge was found in the picture;"
            " take the code closer, straighter and in better light, and try again.",
        ),
        "format_other_code": (
            Check.FORMAT, BAD,
            "图片里的二维码不是学分银行证书的。",
            "The QR code in the picture is not that of a credit bank's certificate.",
        ),
        "format_many_codes": (
            Check.FORMAT, BAD,
            "里面有几份证书的二维码，请一次只核验一份。",
            "It shows the QR codes of several certificates; verify one at a time.",
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
            "PDF 里没有封印：文件被另存、截断或改动过。",
            "The PDF does not carry its seal: it was saved again, cut off or changed.",
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
        # holder
        "holder_bound": (
            Check.HOLDER, GOOD,
            "出示的人有凭证里写明的密钥：{zh_time}签名出示给“{audience}”。",
            "Whoever presents it holds the key named in it: signed at {time} for “{audience}”.",
        ),
        "holder_wrong": (
            Check.HOLDER, BAD,
            "出示的人没有用凭证里写明的密钥正确签名（{detail}）：可能是别人的凭证，或者是为别处出示的。",
            "Whoever presents it did not sign as asked with the key named in it ({detail}): it may be somebody else's, or"
            " meant for another place.",
        ),
        "holder_not_shown": (
            Check.HOLDER, UNKNOWN,
            "凭证写明了持有人的密钥，但这次没有用它签名：不知道出示的人是不是本人，请让本人重新出示。",
            "The credential names its holder's key, but this was not signed with it: nobody can tell who presents it; ask"
            " the holder to present it anew.",
        ),
        "holder_not_bound": (
            Check.HOLDER, UNKNOWN,
            "要求出示的人用密钥签名，但这份凭证没有写明持有人的密钥，请当面核对姓名。",
            "A signature of the holder was asked for, but this credential names no key of theirs; compare the name face to face.",
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
        # witnesses
        "witnesses_good": (
            Check.WITNESSES, GOOD,
            "{n} 个见证人里有 {have} 个签了名，要求 {need} 个。",
            "{have} of {n} witnesses cosigned the log; {need} are asked for.",
        ),
        "witnesses_none_required": (
            Check.WITNESSES, GOOD,
            "没有要求见证人签名。",
            "No witnesses are asked for.",
        ),
        "witnesses_too_few": (
            Check.WITNESSES, BAD,
            "{n} 个见证人里只有 {have} 个签了名，要求 {need} 个：见证还没有到，或者别人看到的是另一份日志。",
            "Only {have} of {n} witnesses cosigned the log and {need} are asked for: they are late, or others see another log.",
        ),
        "witnesses_wrong": (
            Check.WITNESSES, BAD,
            "有一个见证人的签名对不上：检查点被改动过。",
            "A witness's signature does not match: the checkpoint was changed.",
        ),
        "witnesses_not_carried": (
            Check.WITNESSES, UNKNOWN,
            "没有查：二维码放不下见证人的签名；PDF 和 JSON 文件里有。",
            "Not checked: a code has no room for cosignatures; the PDF and JSON files have them.",
        ),
        "witnesses_skipped": (
            Check.WITNESSES, SKIPPED,
            "不用再看：没有可信的日志证明。",
            "Not looked at: there is no log proof to rely on.",
        ),
    }
)  # fmt: skip
