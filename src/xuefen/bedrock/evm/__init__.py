"""The contract that keeps a log's checkpoints on an EVM chain, and the few calls it takes (extra ``xuefen[evm]``).

``CheckpointAnchors.json`` is what ``solc`` made of ``CheckpointAnchors.sol``; docs/anchoring.md says how.
"""

import hashlib
import importlib
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, TypeVar

_T = TypeVar("_T")

PATIENCE = 20
"""Seconds a chain has to answer, and to take a transaction into a block."""


class ChainUnusable(Exception):
    """The chain, the contract or the account does not do what was asked; the text says why."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """Where a checkpoint stands on the chain."""

    chain_id: int
    contract: str
    tx: str
    block: int


@cache
def artefact() -> dict[str, Any]:
    """The compiled contract: ``abi``, ``bytecode`` and how it was compiled."""
    text = resources.files(__name__).joinpath("CheckpointAnchors.json").read_text(encoding="ascii")
    found: dict[str, Any] = json.loads(text)
    return found


def log_id(origin: str) -> bytes:
    """How the contract names a log."""
    return hashlib.sha256(origin.encode()).digest()


def address_of(key: str) -> str:
    """The account of a private key (hex). Raises ChainUnusable."""
    account: str = _account(key).address
    return account


class Chain:
    """One EVM node over JSON-RPC. Methods raise ChainUnusable and nothing else."""

    def __init__(self, url: str) -> None:
        web3 = _web3()
        self._w3 = web3.Web3(web3.HTTPProvider(url, request_kwargs={"timeout": PATIENCE}))

    def deploy(self, *, origin: str, key: str) -> Receipt:
        """Put the contract for this log on the chain, owned by the key's account."""
        made = artefact()

        def act() -> Receipt:
            factory = self._w3.eth.contract(abi=made["abi"], bytecode=made["bytecode"])
            done = self._send(factory.constructor(log_id(origin)), key)
            return Receipt(self._w3.eth.chain_id, done["contractAddress"], _tx(done), done["blockNumber"])

        return self._plainly(act)

    def anchor(self, *, contract: str, origin: str, size: int, root: bytes, key: str) -> Receipt:
        """Write size and root into the contract; once it stands there, again only says where."""

        def act() -> Receipt:
            found = self._contract(contract, origin)
            if bytes(found.functions.rootAt(size).call()) != root:
                done = self._send(found.functions.anchor(size, root), key)
                return Receipt(self._w3.eth.chain_id, contract, _tx(done), done["blockNumber"])
            (event,) = found.events.Anchored().get_logs(from_block=0, argument_filters={"size": size})
            return Receipt(self._w3.eth.chain_id, contract, _tx(event), event["blockNumber"])

        return self._plainly(act)

    def root_at(self, *, contract: str, origin: str, size: int) -> bytes | None:
        """The root the contract holds for a size; None when it holds none."""
        root = self._plainly(lambda: bytes(self._contract(contract, origin).functions.rootAt(size).call()))
        return root if any(root) else None

    def newest(self, *, contract: str, origin: str) -> int:
        """The largest size the contract holds."""
        return self._plainly(lambda: int(self._contract(contract, origin).functions.newest().call()))

    def _contract(self, address: str, origin: str) -> Any:
        found = self._w3.eth.contract(address=self._w3.to_checksum_address(address), abi=artefact()["abi"])
        if not self._w3.eth.get_code(found.address):
            raise ChainUnusable(f"no contract at {address}")
        if bytes(found.functions.log().call()) != log_id(origin):
            raise ChainUnusable(f"the contract at {address} is for another log than {origin}")
        return found

    def _send(self, call: Any, key: str) -> Any:
        account, eth = _account(key), self._w3.eth
        plain = {
            "from": account.address,
            "nonce": eth.get_transaction_count(account.address),
            "gasPrice": eth.gas_price,  # the oldest form of a transaction: every chain takes it
            "chainId": eth.chain_id,
        }
        signed = account.sign_transaction(call.build_transaction(plain))
        done = eth.wait_for_transaction_receipt(eth.send_raw_transaction(signed.raw_transaction), timeout=PATIENCE)
        if done["status"] != 1:
            raise ChainUnusable("the contract refused: only the account that deployed it anchors, and sizes only grow")
        return done

    def _plainly(self, act: Callable[[], _T]) -> _T:
        try:
            return act()
        except ChainUnusable:
            raise
        except Exception as error:  # web3 raises its own, requests', and its codecs' errors
            raise ChainUnusable(f"{type(error).__name__}: {error}"[:300]) from error


def _tx(told: Any) -> str:
    return "0x" + bytes(told["transactionHash"]).hex()


def _web3() -> Any:
    # One of its libraries lets every thread recurse 100,000 deep. A stranger's nested JSON would then end the process.
    usual = sys.getrecursionlimit()
    try:
        return [importlib.import_module(name) for name in ("eth_account", "web3")][-1]
    except ImportError as error:
        raise ChainUnusable("install xuefen[evm]") from error
    finally:
        sys.setrecursionlimit(usual)


def _account(key: str) -> Any:
    _web3()
    from eth_account import Account

    try:
        return Account.from_key(key)
    except Exception as error:
        raise ChainUnusable("the key of the chain's account is not 32 bytes in hex") from error
