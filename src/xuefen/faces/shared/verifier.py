"""The page that verifies certificates in the browser, without a server: as one page of this site, or as one file for a stick.

Both are made of the same scripts in ``static/xuefen/verify`` (docs/decisions/0018). What they say comes from the same
sentences as every other verifier's.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from xuefen.bank.certificates.rules import words
from xuefen.bank.certificates.rules.credentials import SHOWN_NAMES
from xuefen.bank.certificates.types import CHECK_NAMES, KIND_TITLES, REASON_WORDS, TITLES

STATIC = Path(__file__).resolve().parents[1] / "static" / "xuefen"
SCRIPTS = (
    "vendor/verify-crypto.js", "vendor/jsqr.js", "verify/camera.js", "verify/base.js", "verify/judge.js",
    "verify/code.js", "verify/file.js", "verify/token.js", "verify/offline.js",
)  # fmt: skip
STYLES = ("tokens.css", "verify/offline.css")
_LAZY = "vendor/jsqr.js"  # only for browsers without a reader of their own; a page on a site loads it when it is needed

PAGE = {
    "brand": ("学分银行", "Xuefen"),
    "title_page": ("离线核验证书 · 学分银行", "Verify offline · Xuefen"),
    "heading": ("在您自己的设备上核验", "Verify on your own device"),
    "lead": (
        "签名和日志证明都在这个浏览器里算，文件不会离开您的设备，断网也能用。",
        "Signatures and log proofs are computed in this browser; the file never leaves your device, and no network is needed.",
    ),
    "drop": ("把证书（PDF、JSON、SD-JWT）拖到这里", "Drop the certificate here (PDF, JSON, SD-JWT)"),
    "choose": ("选择文件或图片", "Choose a file or picture"),
    "scan": ("扫二维码", "Scan the QR code"),
    "hold": ("把证书上的二维码对准镜头，放平、靠近一些。", "Hold the QR code before the camera, flat and close."),
    "stop": ("关闭摄像头", "Close the camera"),
    "paste": ("粘贴证书内容", "Paste the certificate"),
    "paste_what": (
        "证书的 JSON，或者二维码里的文字",
        "The certificate's JSON, or what its QR code says",
    ),
    "check": ("核验", "Verify"),
    "whose": (
        "信任文件要从签发机构拿，不要向出示证书的人要。拿到新的信任文件（trust.json）或状态表（status.json、status-0.jwt），也拖到上面。",
        "Get the trust file from the issuer, never from whoever shows the certificate. Drop a newer trust.json, status.json or"
        " status-0.jwt above as well.",
    ),
    "believing": (
        "信任：{name}。信任文件 {trust}，状态表 {status}。",
        "Believed: {name}. Trust file of {trust}, status list of {status}.",
    ),
    "no_status": ("没有", "none"),
    "no_trust": (
        "还没有信任文件，不能核验。请先从签发机构的网站下载 trust.json，拖到上面。",
        "There is no trust file yet, so nothing can be verified. Download trust.json from the issuer's site and drop it above.",
    ),
    "trust_first": ("请先给出信任文件，再给状态表。", "Give the trust file first, then the status list."),
    "took_trust": ("已换成您给的信任文件。", "Your trust file is in use now."),
    "took_status": ("已换成您给的状态表。", "Your status list is in use now."),
    "bad_trust": ("这个信任文件读不出来，没有采用。", "This trust file cannot be read and was not taken."),
    "bad_status": (
        "这份状态表不是该机构签名的，没有采用。",
        "This status list is not signed by the issuer and was not taken.",
    ),
    "unreadable": (
        "文件读不出来：它不是证书的 PDF 或 JSON，或者传输中断了。",
        "The file cannot be read: it is no certificate as PDF or JSON, or it was cut off.",
    ),
    "too_large": (
        "文件太大：PDF 最大 20 MB，JSON 最大 4 MB。",
        "The file is too large: a PDF has at most 20 MB, a JSON 4 MB.",
    ),
    "elsewhere": (
        "这是通用凭证（CLR、Open Badges）或徽章，浏览器里核验不了：请到签发机构网站的核验页，或者用 xuefen verify 命令核验。",
        "This is a credential (CLR, Open Badges) or a badge, which is not verified in the browser: use the verify page of the"
        " issuer's site, or the command xuefen verify.",
    ),
    "no_code": ("这不是学分银行证书的二维码。", "This is not the QR code of a credit bank's certificate."),
    "no_code_in_picture": (
        "图片里没有找到二维码。请拍得近一些、正一些，光线亮一些。",
        "No QR code was found in the picture. Take it closer, straighter and in better light.",
    ),
    "camera_denied": (
        "浏览器没有允许使用摄像头。请在地址栏旁的设置里允许，或者拍一张照片，点“选择文件或图片”。",
        "The browser did not allow the camera. Allow it in the settings beside the address, or take a photo and choose it.",
    ),
    "camera_none": (
        "没有找到摄像头。请用手机拍一张照片，点“选择文件或图片”。",
        "No camera was found. Take a photo with a phone and choose it here.",
    ),
    "camera_busy": (
        "摄像头正被别的程序使用，请先关掉它再试。",
        "Another program is using the camera; close it and try again.",
    ),
    "camera_insecure": (
        "这个地址没有加密（https），浏览器不给用摄像头。请选择一张照片。",
        "This address is not encrypted (https), so the browser keeps the camera. Choose a photo instead.",
    ),
    "save": ("把这一页存成一个文件（可放 U 盘）", "Save this page as one file (for a USB stick)"),
    "checked_here": ("在这台设备上核验，没有问过服务器", "Verified on this device, without asking a server"),
    "title": ("名称", "Title"),
    "holder": ("持有人", "Holder"),
    "face_to_face": ("（请当面核对姓名）", " (compare the name face to face)"),
    "content": ("内容", "Content"),
    "issued": ("签发", "Issued"),
    "number": ("编号", "Number"),
    "state_good": ("通过", "passed"),
    "state_bad": ("没通过", "failed"),
    "state_unknown": ("没查到", "could not be told"),
    "state_skipped": ("没有看", "not looked at"),
}


def vocabulary() -> dict[str, Any]:
    """Everything the scripts say."""
    return {
        "sentences": {code: list(sentence) for code, sentence in words.SENTENCES.items()},
        "headlines": {code: list(pair) for code, pair in words.HEADLINES.items()},
        "reasons": {reason.value: list(pair) for reason, pair in REASON_WORDS.items()},
        "titles": {kind.value: _pair(pair) for kind, pair in (*TITLES.items(), *KIND_TITLES.items())},
        "fields": {field: _pair(pair) for field, pair in SHOWN_NAMES.items()},
        "checks": {check.value: _pair(pair) for check, pair in CHECK_NAMES.items()},
        "page": {key: _pair(pair) for key, pair in PAGE.items()},
    }


def _pair(pair: tuple[str, str]) -> dict[str, str]:
    return {"zh": pair[0], "en": pair[1]}


def site_page(*, static: str, log: str, save: str) -> str:
    """The page for this site: scripts and styles below ``static``, trust file and status list below ``log``."""
    link = f'<p><a href="{save}" download data-w="save"></a></p>'
    return _filled(
        policy="",
        reader=f"{static}{_LAZY}",
        styles="\n".join(f'<link rel="stylesheet" href="{static}{name}">' for name in STYLES),
        data=_data("words", _json(vocabulary()))
        + _data("trust", "", f"{log}trust.json")
        + _data("status", "", f"{log}status.json"),
        save=link,
        scripts="\n".join(f'<script src="{static}{name}"></script>' for name in SCRIPTS if name != _LAZY),
    )  # fmt: skip


def single_file(*, trust: bytes | None, status: bytes | None) -> str:
    """The page as one file that asks for nothing: its own policy forbids every connection."""
    scripts = [_inline(name) for name in SCRIPTS]
    styles = [re.sub(r"url\([^)]*\)", "none", _inline(name)) for name in STYLES]
    policy = (
        f"default-src 'none'; script-src {_digests(scripts)}; style-src {_digests(styles)}; img-src data:;"
        " base-uri 'none'; form-action 'none'"
    )
    return _filled(
        policy=f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        reader="",
        styles="\n".join(f"<style>{text}</style>" for text in styles),
        data=_data("words", _json(vocabulary())) + "".join(
            _data(name, _escaped(content.decode("utf-8"))) for name, content in (("trust", trust), ("status", status)) if content
        ),
        save="",
        scripts="\n".join(f"<script>{text}</script>" for text in scripts),
    )  # fmt: skip


def _filled(**parts: str) -> str:
    frame = (STATIC / "verify/offline.html").read_text(encoding="utf-8")
    return re.sub(r"\{(\w+)\}", lambda found: parts[found[1]], frame)


def _inline(name: str) -> str:
    text = (STATIC / name).read_text(encoding="utf-8")
    if re.search(r"</(script|style)", text, re.IGNORECASE):
        raise ValueError(f"{name} cannot stand inside a page")
    return text


def _digests(texts: Iterable[str]) -> str:
    return " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in texts)


def _data(name: str, content: str, source: str = "") -> str:
    """A block of data; it is no script, so no policy needs to allow it."""
    address = f' data-src="{source}"' if source else ""
    return f'<script type="application/json" id="{name}"{address}>{content}</script>\n'


def _json(value: object) -> str:
    return _escaped(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def _escaped(text: str) -> str:
    """JSON that cannot end the block it stands in: ``<`` only ever stands inside its strings."""
    return text.replace("<", "\\u003c")
