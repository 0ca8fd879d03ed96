"""The ring of a key folder: which key of each purpose is in use, and which were before it.

`ring.json` holds public facts only and is replaced in one step, so it alone decides: a key file it does not name is not in
use, whenever a kill came. A folder without it holds one key for each purpose, `<purpose>.key`.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from xuefen.bedrock import disk
from xuefen.bedrock.gm.errors import KeyFileDamaged
from xuefen.bedrock.gm.keyfile import SECRET, KeyFacts, read_key_facts

RING_FILE = "ring.json"
RING_FORMAT = "xuefen-ring/1"

FILE, SEALED, TOKEN = "file", "file+token", "token"
"""Where a private half is kept: a file the passphrase opens, a file that needs the token as well, the token itself."""


@dataclass(frozen=True, slots=True)
class Held:
    """One key of a purpose, past or present; public facts only.

    ``since`` None: made with the folder. ``until`` None: in use. ``file`` names the private half (in a token: its label);
    empty: it was destroyed. ``place`` is FILE, SEALED or TOKEN.
    """

    purpose: str
    generation: int
    kind: str
    key_id: str
    public: bytes
    file: str
    since: datetime | None
    until: datetime | None = None
    place: str = FILE

    @property
    def signs(self) -> bool:
        """Whether it is a signing key, not a secret."""
        return self.kind != SECRET

    def to_json(self) -> dict[str, Any]:
        """As it stands in the ring."""
        return {
            "purpose": self.purpose,
            "generation": self.generation,
            "kind": self.kind,
            "key_id": self.key_id,
            "public": self.public.hex(),
            "file": self.file,
            "since": self.since.isoformat() if self.since else None,
            "until": self.until.isoformat() if self.until else None,
            "place": self.place,
        }


@dataclass(frozen=True, slots=True)
class Ring:
    """Every key of a folder, by purpose and generation."""

    keys: tuple[Held, ...]

    def of(self, purpose: str) -> tuple[Held, ...]:
        """The keys of a purpose, the one in use first, then the replaced ones from the newest on."""
        return tuple(sorted((k for k in self.keys if k.purpose == purpose), key=lambda k: -k.generation))

    def current(self, purpose: str) -> Held | None:
        """The key in use for a purpose; None when there is none."""
        return next(iter(self.of(purpose)), None)

    def with_next(self, fresh: Held, *, until: datetime) -> "Ring":
        """The ring after ``fresh`` took the place of its purpose's present key, whose last moment is ``until``."""
        old = self.current(fresh.purpose)
        return Ring((*(replace(k, until=until) if k == old else k for k in self.keys), fresh))

    def with_other(self, known: Held, other: Held) -> "Ring":
        """The ring once what is known of a key changed."""
        return Ring(tuple(other if k == known else k for k in self.keys))

    def without_file(self, gone: Held) -> "Ring":
        """The ring once the private half of a replaced key is destroyed."""
        return self.with_other(gone, replace(gone, file=""))


def read_ring(folder: Path) -> Ring:
    """The folder's ring; keys it does not speak of are first ones, made with the folder. Raises KeyFileDamaged."""
    path = folder / RING_FILE
    try:
        document = json.loads(path.read_bytes())
        if document["format"] != RING_FORMAT:
            raise KeyFileDamaged(path, "another format")
        told = [_held(entry) for entry in document["keys"]]
    except FileNotFoundError:
        told = []
    except (ValueError, KeyError, TypeError) as error:
        raise KeyFileDamaged(path, "not a ring of keys") from error
    known = {key.purpose for key in told}
    return Ring((*told, *_first_keys(folder, without=known)))


def write_ring(folder: Path, ring: Ring) -> None:
    """Replace the folder's ring in one step."""
    ordered = sorted(ring.keys, key=lambda k: (k.purpose, k.generation))
    document = {"format": RING_FORMAT, "keys": [key.to_json() for key in ordered]}
    disk.replace(folder / RING_FILE, (json.dumps(document, indent=1) + "\n").encode("ascii"), mode=0o600)
    disk.sync(folder)


def _held(entry: dict[str, Any]) -> Held:
    moments = {name: datetime.fromisoformat(entry[name]) if entry[name] else None for name in ("since", "until")}
    return Held(**{**entry, **moments, "public": bytes.fromhex(entry["public"])})


def _first_keys(folder: Path, *, without: Iterable[str]) -> list[Held]:
    paths = (path for path in sorted(folder.glob("*.key")) if "." not in path.stem and path.stem not in without)
    return [_as_held(read_key_facts(path), path) for path in paths]


def _as_held(facts: KeyFacts, path: Path) -> Held:
    # The name of the file, not the one inside it: a swapped file is to be noticed when it is opened.
    return Held(path.stem, 1, facts.kind, facts.key_id, facts.public, path.name, since=None)
