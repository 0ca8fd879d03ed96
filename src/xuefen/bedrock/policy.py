"""Which witnesses must have cosigned a checkpoint: "k of n", as text in the form of https://c2sp.org/tlog-policy.

Read are policies whose quorum is one witness, one group of witnesses, or ``none``; groups of groups are refused.
Lines about logs are checked and passed over: the log's key comes with the trust in the issuer.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from xuefen.bedrock.cosignatures import load_verifier
from xuefen.bedrock.notes import NoteInvalid, PublicKey, VerifierKey, open_note, parse_note

MOST_WITNESSES = 32
_ALLOWED = re.compile(r"[^\x00-\x08\x0b-\x1f\x7f]*")


class PolicyInvalid(ValueError):
    """A policy that cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class Policy:
    """At least ``need`` of these witnesses, each given by its verifier key. Raises PolicyInvalid."""

    need: int
    vkeys: tuple[str, ...]

    def __post_init__(self) -> None:
        if not 1 <= len(self.vkeys) <= MOST_WITNESSES or not 1 <= self.need <= len(self.vkeys):
            raise PolicyInvalid(f"{self.need} of {len(self.vkeys)} witnesses")
        try:
            parsed = [VerifierKey.parse(vkey) for vkey in self.vkeys]
        except NoteInvalid as error:
            raise PolicyInvalid(str(error)) from error
        if any(not key.algorithm.endswith("-cosignature") for key in parsed):
            raise PolicyInvalid("a key that is no witness's")
        if len({(key.algorithm, key.raw_public) for key in parsed}) < len(parsed):
            raise PolicyInvalid("one key twice")

    def met_by(self, note: bytes, load: Callable[[str, bytes], PublicKey]) -> int:
        """How many of the witnesses signed this note.

        Raises SignatureInvalid when a signature under a witness's name and key is wrong, NoteMalformed, and what ``load``
        raises for a point off its curve.
        """
        verifiers = [load_verifier(vkey, load) for vkey in self.vkeys]
        named = {(key.name, key.id) for key in map(VerifierKey.parse, self.vkeys)}
        if not any((line.name, line.key_id) in named for line in parse_note(note).unverified):
            return 0
        return len(open_note(note, verifiers).verified)

    @property
    def text(self) -> str:
        """The policy as a file."""
        names = [f"w{number}" for number in range(1, len(self.vkeys) + 1)]
        witnesses = "".join(f"witness {name} {vkey}\n" for name, vkey in zip(names, self.vkeys, strict=True))
        return f"{witnesses}group witnesses {self.need} {' '.join(names)}\nquorum witnesses\n"


def read_policy(text: str) -> Policy | None:
    """A policy file; None when it says that no witness is needed. Raises PolicyInvalid."""
    if not _ALLOWED.fullmatch(text):
        raise PolicyInvalid("a control character")
    witnesses: dict[str, str] = {}
    groups: dict[str, Policy] = {}
    quorum: list[str] = []
    for number, line in enumerate(text.split("\n"), 1):
        match line.split():
            case []:
                continue
            case [word, *_] if word.startswith("#"):
                continue
            case ["log", vkey] | ["log", vkey, _]:
                _require_key(vkey)
            case ["witness", name, vkey] | ["witness", name, vkey, _] if _is_new(name, witnesses, groups):
                witnesses[name] = vkey
            case ["group", name, need, *members] if members and _is_new(name, witnesses, groups):
                groups[name] = _group(need, members, witnesses)
            case ["quorum", name] if name == "none" or name in witnesses or name in groups:
                quorum.append(name)
            case _:
                raise PolicyInvalid(f"line {number}")
    if len(quorum) != 1:
        raise PolicyInvalid("exactly one quorum line is needed")
    if quorum == ["none"]:
        return None
    return groups.get(quorum[0]) or Policy(1, (witnesses[quorum[0]],))


def _require_key(vkey: str) -> None:
    try:
        VerifierKey.parse(vkey)
    except NoteInvalid as error:
        raise PolicyInvalid(str(error)) from error


def _is_new(name: str, witnesses: dict[str, str], groups: dict[str, Policy]) -> bool:
    return name != "none" and name not in witnesses and name not in groups


def _group(need: str, members: list[str], witnesses: dict[str, str]) -> Policy:
    if any(member not in witnesses for member in members):
        raise PolicyInvalid("a group holds witnesses defined above it, and no groups")
    count = {"all": len(members), "any": 1}.get(need) or (int(need) if re.fullmatch("[1-9][0-9]{0,2}", need) else 0)
    return Policy(count, tuple(witnesses[member] for member in members))
