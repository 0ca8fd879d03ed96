"""What a witness remembers: of each log how far it cosigned. One SQLite file; a trigger never lets it go back."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from xuefen.bank.shell.problems import Denied
from xuefen.bank.translog import rules
from xuefen.bank.translog.types import WITNESS_NAME, Watched
from xuefen.bedrock import merkle, notes
from xuefen.bedrock.cosignatures import CosignatureVerifier, Cosigner, load_verifier
from xuefen.bedrock.gm import FileKeyProvider, KeyInvalid, ScryptCost, load_public
from xuefen.bedrock.gm.signatures import Algorithm

PURPOSES: Mapping[str, Algorithm] = {"witness": "sm2sm3", "witness-ed25519": "ed25519"}
_SCHEMA = """
CREATE TABLE IF NOT EXISTS watched (origin TEXT PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL, at TEXT NOT NULL);
CREATE TRIGGER IF NOT EXISTS watched_grows_only BEFORE UPDATE ON watched
  WHEN NEW.size < OLD.size OR (NEW.size = OLD.size AND OLD.size > 0 AND NEW.root <> OLD.root)
  BEGIN SELECT RAISE(ABORT, 'what was cosigned is never taken back'); END;
CREATE TRIGGER IF NOT EXISTS watched_is_kept BEFORE DELETE ON watched
  BEGIN SELECT RAISE(ABORT, 'what was cosigned is never forgotten'); END;
"""


@dataclass(frozen=True, slots=True)
class Seen:
    """How far a log was cosigned, and when last."""

    origin: str
    size: int
    at: str


class Witness:
    """Keys below ``folder/keys``, state in ``folder/witness.sqlite``, both made at first use.

    ``logs`` are verifier keys; two of one name while a log replaces its key. Raises ``Denied(witness_name)`` for one that cannot
    be read. Safe to share between threads and processes.
    """

    def __init__(
        self, *, folder: Path, name: str, logs: Iterable[str], passphrase: str, cost: ScryptCost | None = None
    ) -> None:
        self.name = name
        self._logs: dict[str, list[notes.NoteVerifier]] = {}
        for vkey in logs:
            verifier = _read(vkey)
            self._logs.setdefault(verifier.name, []).append(verifier)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._state = folder / "witness.sqlite"
        keys = folder / "keys"
        self._keys = (
            FileKeyProvider(keys, passphrase)
            if keys.exists()
            else FileKeyProvider.create(keys, passphrase, purposes=PURPOSES, cost=cost)
        )
        with self._open() as state:
            state.executescript(_SCHEMA)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """One transaction that is on disk when it ends."""
        with closing(sqlite3.connect(self._state, timeout=30, isolation_level=None)) as state:
            state.execute("PRAGMA synchronous = EXTRA")
            yield state

    @property
    def verifiers(self) -> list[notes.NoteVerifier]:
        """What those who ask need to know of us."""
        return [CosignatureVerifier(self.name, self._keys.signer(purpose).public) for purpose in PURPOSES]

    def seen(self) -> list[Seen]:
        """The logs we watch, how far each is; size 0 before the first checkpoint."""
        with self._open() as state:
            known = {row[0]: Seen(*row) for row in state.execute("SELECT origin, size, at FROM watched")}
        return [known.get(origin, Seen(origin, 0, "")) for origin in sorted(self._logs)]

    def add_checkpoint(self, body: bytes, *, now: datetime) -> bytes:
        """Cosign a checkpoint that continues the last one: the signature lines. The new size is on disk before they leave.

        Raises ``Denied``: what ``rules.read_request`` and ``rules.judge`` raise.
        """
        request = rules.read_request(body)
        with self._open() as state:
            state.execute("BEGIN IMMEDIATE")  # the next one waits here
            checkpoint = rules.judge(request, self._watched(state, request))
            state.execute(
                "INSERT INTO watched VALUES (?, ?, ?, ?) ON CONFLICT (origin) DO UPDATE"
                " SET size = excluded.size, root = excluded.root, at = excluded.at",
                (checkpoint.origin, checkpoint.size, checkpoint.root, now.isoformat(timespec="seconds")),
            )
            state.execute("COMMIT")
        text = notes.parse_note(request.note).text
        signers = [Cosigner(self.name, self._keys.signer(purpose), int(now.timestamp())) for purpose in PURPOSES]
        return "".join(notes.signature_by(text, signer).line for signer in signers).encode()

    def _watched(self, state: sqlite3.Connection, request: rules.AddCheckpoint) -> Watched | None:
        known = self._logs.get(request.origin)
        if known is None:
            return None
        signed = {(line.name, line.key_id) for line in notes.parse_note(request.note).unverified}
        verifier = next((v for v in known if (v.name, notes.key_id_of(v)) in signed), known[0])
        row = state.execute("SELECT size, root FROM watched WHERE origin = ?", (request.origin,)).fetchone()
        size, root = row or (0, b"")
        return Watched(request.origin, verifier, merkle.HASH_OF_KEY[verifier.algorithm].name, size, root)


def _read(vkey: str) -> notes.NoteVerifier:
    try:
        verifier = load_verifier(vkey, load_public)
    except (notes.NoteInvalid, KeyInvalid) as error:
        raise Denied(WITNESS_NAME, place="log", why=error) from error
    if verifier.algorithm not in merkle.HASH_OF_KEY:
        raise Denied(WITNESS_NAME, place="log", why=f"{vkey}: no log's key")
    return verifier
