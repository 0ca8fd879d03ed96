"""``xuefen witness serve``: a witness on a machine without a bank."""

from __future__ import annotations

from argparse import Namespace

from django.conf import settings

from xuefen.bedrock.cosignatures import vkey_of
from xuefen.faces.cli.output import plain_refusals, result
from xuefen.witness.store import Witness
from xuefen.witness.web import server


@plain_refusals
def serve(arguments: Namespace) -> int:
    """Says what the logs' operators need, then answers until stopped."""
    witness = Witness(
        folder=arguments.home / "witness",
        name=arguments.name,
        logs=arguments.log,
        passphrase=settings.XUEFEN_PASSPHRASE,
    )
    with server(witness, host=arguments.host, port=arguments.port) as running:
        for verifier in witness.verifiers:
            result.print(f"witness       {vkey_of(verifier)}", markup=False, soft_wrap=True)
        for log in witness.seen():
            result.print(f"watch {log.origin} {log.size}", markup=False)
        result.print(f"http://{arguments.host}:{arguments.port}  (Ctrl-C 结束 to stop)", markup=False)
        running.serve_forever()
    return 0
