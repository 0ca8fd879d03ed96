"""The words of ``xuefen anchor``."""

from __future__ import annotations

from xuefen.faces.cli.parser import Commands, Needs, _add, _group, lazily


def anchor_commands(commands: Commands) -> None:
    """``anchor account|deploy|send|check``."""
    actions = _group(
        commands, "anchor", "Checkpoints in a contract on an EVM chain; off unless XUEFEN_ANCHOR says where."
    )
    _add(actions, "account", "The address of the account that writes there.", needs=Needs.DATABASE,
         run=lazily("anchor", "account"))  # fmt: skip
    made = _add(actions, "deploy", "Put a contract for this log on a chain; ends with the setting to make.",
                needs=Needs.DATABASE, run=lazily("anchor", "deploy"))  # fmt: skip
    made.add_argument("--url", required=True, help="the chain's JSON-RPC address")
    sent = _add(actions, "send", "Write the newest checkpoint into the contract now.", needs=Needs.DATABASE,
                run=lazily("anchor", "send"))  # fmt: skip
    checked = _add(actions, "check", "Compare what the contract holds with our checkpoints; 1 when they differ.",
                   needs=Needs.DATABASE, run=lazily("anchor", "check"))  # fmt: skip
    for command in (made, sent, checked):
        command.add_argument("--json", nargs="?", const="-", metavar="OUT")
