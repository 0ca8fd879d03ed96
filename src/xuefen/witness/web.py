"""The witness's address: ``POST /add-checkpoint``, and a page of plain text that says who it is and how far each log is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from http import HTTPStatus
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from xuefen.bank.shell import clock
from xuefen.bank.shell.problems import Denied
from xuefen.bank.translog.rules import MAX_REQUEST, refusal
from xuefen.bedrock.cosignatures import vkey_of
from xuefen.witness.store import Witness

PATIENCE = 30.0
"""Seconds a log has to send its request."""
_PLAIN = "text/plain; charset=utf-8"
Answer = tuple[int, str, bytes]


def application(witness: Witness) -> Callable[..., Iterable[bytes]]:
    """The witness as a WSGI application."""

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        status, kind, body = _answer(witness, environ)
        start_response(
            f"{status} {HTTPStatus(status).phrase}", [("Content-Type", kind), ("Content-Length", str(len(body)))]
        )
        return [body]

    return answer


def _answer(witness: Witness, environ: dict[str, Any]) -> Answer:
    way = (environ["REQUEST_METHOD"], environ.get("PATH_INFO", "/").rstrip("/"))
    if way == ("GET", ""):
        return 200, _PLAIN, _told(witness).encode()
    if way[1] != "/add-checkpoint":
        return 404, _PLAIN, b"not found\n"
    if way[0] != "POST":
        return 405, _PLAIN, b"POST only\n"
    length = environ.get("CONTENT_LENGTH") or ""
    if not length.isascii() or not length.isdigit():
        return 411, _PLAIN, b"say how long the request is\n"
    if int(length) > MAX_REQUEST:
        return 413, _PLAIN, b"request too large\n"
    try:
        return 200, _PLAIN, witness.add_checkpoint(environ["wsgi.input"].read(int(length)), now=clock.now())
    except Denied as denied:
        return refusal(denied)


def _told(witness: Witness) -> str:
    """What those who ask us need, and what anybody may compare."""
    keys = "".join(f"{vkey_of(verifier)}\n" for verifier in witness.verifiers)
    return f"{keys}\n" + "".join(f"{log.origin} {log.size} {log.at}".rstrip() + "\n" for log in witness.seen())


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 128


class _Handler(WSGIRequestHandler):
    timeout = PATIENCE

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: who asks is no secret, and a log of it helps nobody."""


def server(witness: Witness, *, host: str, port: int) -> WSGIServer:
    """A bound server; ``serve_forever`` runs it. Raises OSError when the address is taken."""
    return make_server(host, port, application(witness), server_class=_Server, handler_class=_Handler)
