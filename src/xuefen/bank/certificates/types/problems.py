"""What people are told when something about a certificate or a share link cannot be."""

from __future__ import annotations

from xuefen.bank.shell.problems import Problem

CERTIFICATE_UNKNOWN = Problem(
    "certificate_unknown",
    "没有找到这份证书，或者不在您的范围内。",
    "There is no such certificate, or it is outside your scope.",
    status=404,
)
CERTIFICATE_NUMBER = Problem(
    "certificate_number",
    "证书编号不对，请核对：ZS 开头，后面 16 位数字。",
    "This is no certificate number: it begins with ZS, then 16 digits.",
)
CERTIFICATE_NOT_SEALED = Problem(
    "certificate_not_sealed",
    "证书已经签发，正在写入公开日志，大约一分钟后可以下载。",
    "The certificate is issued and on its way into the public log; it can be downloaded in about a minute.",
    status=409,
)
NOTHING_TO_STATE = Problem(
    "nothing_to_state",
    "账户里还没有有效的学习成果，无法开具证明。",
    "There is no valid outcome in the account yet, so there is nothing to state.",
)
CONVERSION_NOT_ARCHIVED = Problem(
    "conversion_not_archived",
    "申请 {application} 还没有归档，归档后才能签发转换证书。",
    "Application {application} is not archived yet; the certificate is issued after that.",
    status=409,
)
CERTIFICATE_ONCE = Problem(
    "certificate_once",
    "申请 {application} 的转换证书已经签发，编号 {number}。",
    "The certificate for application {application} has been issued already: {number}.",
    status=409,
)
CERTIFICATE_STATE = Problem(
    "certificate_state",
    "证书现在是“{state_zh}”，不能这样办。",
    "The certificate is {state}; this cannot be done with it.",
    status=409,
)
STATUS_REASON = Problem(
    "status_reason",
    "请从列出的原因中选择一个：{reasons}。",
    "Choose one of the listed reasons: {reasons}.",
)
NODE_UNNAMED = Problem(
    "node_unnamed",
    "学分银行还没有初始化，请先运行 xuefen init。",
    "This bank has not been set up yet; run xuefen init first.",
    status=503,
)
CERTIFICATE_EXPIRY = Problem(
    "certificate_expiry", "截止日期不能早于今天。", "The last day of validity cannot lie in the past."
)
FONTS_MISSING = Problem(
    "fonts_missing",
    "缺少中文字体，无法生成 PDF。请管理员运行 scripts/fonts.py。",
    "The Chinese fonts are missing, so no PDF can be set. Ask the administrator to run scripts/fonts.py.",
    status=503,
)
GLYPH_MISSING = Problem(
    "glyph_missing",
    "现有字体里没有“{text}”里的某个字，不能生成 PDF；JSON 证书不受影响。请联系管理员安装含有这个字的字体。",
    "The fonts lack a character of “{text}”, so the PDF cannot be set; the JSON certificate is not affected."
    " Ask the administrator for a font that has it.",
)
VERIFY_TOO_LARGE = Problem(
    "verify_too_large",
    "文件超过 {most_mb} MB，不会是证书，没有打开。",
    "The file is larger than {most_mb} MB; it is no certificate and was not opened.",
    status=413,
)
VERIFY_BUSY = Problem(
    "verify_busy",
    "现在核验文件的人太多，请过几秒再试；按证书编号核验不用等。",
    "Too many files are being verified right now; try again in a few seconds. By its number there is no wait.",
    status=503,
)
VERIFY_UNREADABLE = Problem(
    "verify_unreadable",
    "文件读不出来：它不是完整的证书 PDF 或 JSON，也不是读得出来的照片（PNG、JPEG、WebP）。",
    "The file cannot be read: it is neither a whole certificate as PDF or JSON nor a photo that reads (PNG, JPEG, WebP).",
)
PICTURE_UNREADABLE = Problem(
    "picture_unreadable",
    "图片读不出来：请用 PNG、JPEG 或 WebP 格式，边长不要太大，文件要完整。",
    "The picture cannot be read: use a whole PNG, JPEG or WebP that is not too large.",
)
CODE_UNREADABLE = Problem(
    "code_unreadable",
    "这不是证书二维码里的内容：请扫描证书上的二维码，把读到的整行文字放进来。",
    "This is not what a certificate's QR code says: scan the code on the certificate and give the whole line it reads as.",
)
FILE_OR_CODE = Problem(
    "file_or_code",
    "请给出一个文件，或者用 --qr 给出二维码读到的文字，两者选一。",
    "Give either a file or, with --qr, what the QR code says.",
)
PDF_IDENTITY = Problem(
    "pdf_identity",
    "给 PDF 签名用的证书文件（XUEFEN_PDF_P12）打不开：请管理员检查路径和口令。",
    "The file to sign PDFs with (XUEFEN_PDF_P12) cannot be opened; ask the administrator to check its path and passphrase.",
    status=503,
)
TEMPLATE_PICTURE = Problem(
    "template_picture",
    "图片不能用：{zh}。",
    "The picture cannot be used: {en}.",
)
TEMPLATE_TEXT = Problem(
    "template_text",
    "这一行最多 {most} 个字，不能有换行或不可见字符。",
    "At most {most} characters, without line breaks or invisible characters.",
)
TEMPLATE_SCOPE = Problem(
    "template_scope",
    "没有这个机构，或者它的证书样式不归您管。",
    "There is no such institution, or its certificates are not yours to design.",
    status=404,
)
TRUST_UNREADABLE = Problem(
    "trust_unreadable",
    "信任文件 {file} 缺失或读不出来，没有它就无法核验签名。请从签发机构的网站重新下载。",
    "The trust file {file} is missing or cannot be read; no signature can be checked without it."
    " Download it again from the issuer's site.",
)
POLICY_UNREADABLE = Problem(
    "policy_unreadable",
    "见证要求文件 {file} 缺失或读不懂。要写明认哪些见证人、至少几个签名（C2SP tlog-policy 格式，只用一组）。",
    "The witness policy {file} is missing or cannot be read. It names witnesses and how many must sign"
    " (C2SP tlog-policy, one group).",
    status=422,
)
SHARE_GONE = Problem(
    "share_gone",
    "这个链接没有了：可能已过期、被本人收回，或者地址不完整。请向给您链接的人再要一个。",
    "This link is gone: it ended, its owner took it back, or the address is incomplete. Ask for a new one.",
    status=404,
)
SHARE_DAYS_CHOICE = Problem("share_days", "链接的有效天数应为 7、30 或 90 天。", "A link is open for 7, 30 or 90 days.")
SHARE_TOO_MANY = Problem(
    "share_too_many",
    "同时有效的链接最多 {limit} 个，请先收回用不着的。",
    "At most {limit} links can be open at a time; take back those you no longer need.",
    status=409,
)
CREDENTIAL_FORM = Problem(
    "credential_form",
    "这份证书没有 {form} 格式：学习成果证明用 clr，转换证书用 ob。",
    "This certificate does not come as {form}: a statement comes as clr, a conversion certificate as ob.",
)
CREDENTIAL_TOO_LONG = Problem(
    "credential_too_long",
    "学习成果超过 {most} 项，不能做成一份通用凭证。PDF 和 JSON 证书不受影响。",
    "More than {most} outcomes do not fit into one portable credential. PDF and JSON are not affected.",
)
ISSUERS_UNREADABLE = Problem(
    "issuers_unreadable",
    "外部机构名单 {file} 读不出来，请按 docs/credentials.md 改正。",
    "The list of outside issuers {file} cannot be read; mend it as docs/credentials.md says.",
    status=503,
)
BADGE_NONE = Problem(
    "badge_none",
    "文件里没有 Open Badges 3.0 徽章或可验证的学习记录：{why}",
    "There is no Open Badges 3.0 badge or verifiable record in the file: {why}",
)
BADGE_REFUSED = Problem("badge_refused", "没有收下：{zh}", "Not accepted: {en}")
BADGE_OTHER_PERSON = Problem(
    "badge_other_person",
    "徽章上写的姓名和您账户的姓名不一样，不能收进您的账户。",
    "The name on the badge is not the name of your account, so it cannot be kept there.",
)
BADGE_OWN = Problem(
    "badge_own",
    "这份凭证是本行自己签发的，里面的成果已经在您的账户里。",
    "This bank issued the credential itself; what it lists is in your account already.",
)
BADGE_TWICE = Problem("badge_twice", "这枚徽章已经在您的账户里。", "This badge is in your account already.", status=409)
CREDENTIAL_WRONG = Problem(
    "credential_wrong",
    "这份凭证不能签：{where} 不符合要求。",
    "This credential cannot be signed: {where} is not as it should be.",
    status=400,
)
CREDENTIAL_ISSUER = Problem(
    "credential_issuer",
    "凭证里的签发机构应为 {did}。",
    "The issuer in the credential must be {did}.",
    status=400,
)
HOLDER_KEY = Problem(
    "holder_key",
    "持有人的密钥不对：{zh}。请给公钥，写成 did:key:z6Mk… 或 JWK（Ed25519、P-256）。",
    "The holder's key is not right: {en}. Give a public key, as did:key:z6Mk… or as a JWK (Ed25519, P-256).",
)
CHOICE_EMPTY = Problem("choice_empty", "请至少选一项要出示的内容。", "Choose at least one thing to show.")
CHOICE_LINES = Problem(
    "choice_lines",
    "选的明细不对：这份证书有 {count} 项，从 0 数起，至少选一项。",
    "The chosen details are not right: this certificate has {count}, counted from 0; choose at least one.",
)
