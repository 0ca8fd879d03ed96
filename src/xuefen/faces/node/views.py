"""The log and what an offline verifier needs, as plain files anybody may copy (https://c2sp.org/tlog-tiles).

No session, no language, no database: a mirror or a cache may stand in front of these addresses. The one exception is the
witness, which answers other logs (https://c2sp.org/tlog-witness).
"""

from __future__ import annotations

import re
from pathlib import Path

from django.conf import settings
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from xuefen.bank.shell import clock
from xuefen.bank.shell import queries as shell
from xuefen.bank.shell.problems import Denied
from xuefen.bank.translog import actions as translog
from xuefen.bank.translog import queries as log
from xuefen.bank.translog.rules import MAX_REQUEST, refusal
from xuefen.bedrock.tiles import size_with

FULL = re.compile(r"(?:entries|\d{1,2})/(?:x\d{3}/){0,5}\d{3}")
PARTIAL = re.compile(FULL.pattern + r"\.p/(?:[1-9]|[1-9]\d|1\d\d|2[0-4]\d|25[0-5])")
CREDENTIAL_FILE = re.compile(
    r"(?:issuer|statement|conversion)\.json|(?:revocation|suspension)-[0-9]{1,8}\.json|status-[0-9]{1,8}\.jwt", re.ASCII
)
YEAR = 365 * 24 * 3600  # seconds


def _file(path: Path, *, content_type: str, cache: str) -> HttpResponse:
    """The file, or a short 404. The caller has made sure that the path stays below its folder."""
    try:
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return HttpResponse("not found\n", status=404, content_type="text/plain; charset=utf-8")
    response = HttpResponse(content, content_type=content_type)
    response.headers["Cache-Control"] = cache
    response.headers["Access-Control-Allow-Origin"] = "*"  # public facts: a verifier in a browser may read them too
    return response


@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """For whoever watches over the bank: ``ok`` when this process and its database answer, else 503."""
    try:
        named = shell.node() is not None
    except OperationalError:
        return HttpResponse("database away\n", status=503, content_type="text/plain")
    return HttpResponse("ok\n" if named else "not named yet\n", status=200 if named else 503, content_type="text/plain")


@require_safe
def checkpoint(request: HttpRequest) -> HttpResponse:
    """The newest signed checkpoint; it changes with every sealing, so nobody may keep it."""
    return _file(Path(settings.XUEFEN_LOG) / "checkpoint", content_type="text/plain; charset=utf-8", cache="no-cache")


@require_safe
def tile(request: HttpRequest, path: str) -> HttpResponse:
    """A tile or an entry bundle. Full ones never change; a partial one is dropped once its tile is full.

    One that the published checkpoint does not cover is not there: a sealing that was cut off wrote it, or one that goes on,
    and the next may write it differently.
    """
    full = FULL.fullmatch(path)
    if not (full or PARTIAL.fullmatch(path)) or size_with(f"tile/{path}") > log.published_size():
        return HttpResponse("not found\n", status=404, content_type="text/plain; charset=utf-8")
    cache = f"public, max-age={YEAR}, immutable" if full else "public, max-age=60"
    return _file(Path(settings.XUEFEN_LOG) / "tile" / path, content_type="application/octet-stream", cache=cache)


@csrf_exempt  # logs have no session: the note itself says who signed it
@require_POST
def add_checkpoint(request: HttpRequest) -> HttpResponse:
    """Cosign another log's checkpoint, or say in one line and the status of the protocol why not."""
    if int(request.headers.get("Content-Length") or 0) > MAX_REQUEST:
        return HttpResponse("request too large\n", status=413, content_type="text/plain; charset=utf-8")
    try:
        lines = translog.add_checkpoint(body=request.body, now=clock.now())
    except Denied as denied:
        status, kind, said = refusal(denied)
        return HttpResponse(said, status=status, content_type=kind)
    return HttpResponse(lines, content_type="text/plain; charset=utf-8")


@require_safe
def trust(request: HttpRequest) -> HttpResponse:
    """Whom to believe: this node's names and public keys."""
    return _published("trust.json")


@require_safe
def pdf_signer(request: HttpRequest) -> HttpResponse:
    """The certificate that PDFs are signed under, for a reader that is to trust it."""
    path = Path(settings.XUEFEN_PUBLIC) / "pdf-signer.pem"
    return _file(path, content_type="application/x-pem-file", cache="no-cache")


@require_safe
def status(request: HttpRequest) -> HttpResponse:
    """Which certificates no longer count, signed."""
    return _published("status.json")


@require_safe
def credentials(request: HttpRequest, name: str) -> HttpResponse:
    """A status list, the issuer's profile or a type's metadata: what verifiable credentials of this node lead to."""
    if not CREDENTIAL_FILE.fullmatch(name):
        return HttpResponse("not found\n", status=404, content_type="text/plain; charset=utf-8")
    return _published(f"credentials/{name}", "application/statuslist+jwt" if name.endswith(".jwt") else "")


def _published(name: str, content_type: str = "") -> HttpResponse:
    path = Path(settings.XUEFEN_PUBLIC) / name
    return _file(path, content_type=content_type or "application/json", cache="no-cache")
