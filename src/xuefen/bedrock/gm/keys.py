"""Where the bank's keys come from: a folder of sealed files, and a PKCS#11 token beside it."""

import fcntl
import os
import re
import secrets
import shutil
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from xuefen.bedrock import disk
from xuefen.bedrock.gm.errors import KeyFileDamaged, KeyMissing
from xuefen.bedrock.gm.keyfile import (
    SECRET,
    ScryptCost,
    destroy_key_file,
    read_key_file,
    write_key_file,
)
from xuefen.bedrock.gm.keyring import FILE, RING_FILE, SEALED, TOKEN, Held, Ring, read_ring, write_ring
from xuefen.bedrock.gm.signatures import Algorithm, Signer, generate, key_id
from xuefen.bedrock.gm.token import Token

_PURPOSE = re.compile(r"[a-z][a-z0-9-]{0,39}")

BANK_PURPOSES: Mapping[str, Algorithm | int] = MappingProxyType(
    {
        "log": "sm2sm3",
        "certificates": "sm2sm3",
        "credentials": "ed25519",
        "pdf": "p256sha256",
        "witness": "sm2sm3",
        "witness-ed25519": "ed25519",
        "wrap": 16,
        "blind": 32,
    }
)
"""What a bank node needs: signers by algorithm, secrets by their length in bytes.

"log" signs checkpoints, the two witness keys cosign those of others, "certificates" signs certificates, "credentials"
signs the same in the form the rest of the world reads, "pdf" signs PDFs as their readers know it, "wrap" wraps learners'
data keys, "blind" keys the blind index.
"""


class KeyProvider(Protocol):
    """Hands out keys by purpose. Every method raises KeyMissing when there is no such key."""

    def signer(self, purpose: str) -> Signer:
        """Return the signing key in use for `purpose`."""

    def secret(self, purpose: str) -> bytes:
        """Return the symmetric key in use for `purpose`."""

    def held(self, purpose: str) -> tuple[Held, ...]:
        """Return what is known of every key of `purpose`, the one in use first."""

    def purposes(self) -> tuple[str, ...]:
        """Return every purpose there is a key for."""

    def overlapping(self, purpose: str, *, at: datetime) -> list[Signer]:
        """Return the replaced keys that sign beside the one in use at this moment, from the newest on."""

    def earlier_secrets(self, purpose: str) -> list[bytes]:
        """Return the replaced secrets that are still kept, from the newest on."""

    def rotate(self, purpose: str, *, now: datetime, until: datetime) -> Held:
        """Put a new key of the same kind in use; the present one is known until `until`. Atomic; returns the new key."""

    def retire(self, purpose: str, *, now: datetime) -> list[Held]:
        """Destroy the private halves of replaced keys whose last moment has passed; return which."""


def _file(folder: Path, purpose: str, generation: int = 1) -> Path:
    if not _PURPOSE.fullmatch(purpose):
        raise KeyMissing(f"not a key purpose: {purpose!r}")
    return folder / (f"{purpose}.key" if generation == 1 else f"{purpose}.{generation}.key")


class FileKeyProvider:
    """Keys in a folder of sealed files, all under one passphrase; each is opened at first use and then kept.

    With a token, new keys are made inside it where it can, else in files that only the token opens; keys from before stay
    usable until they are replaced or sealed. A changed ring is noticed at the next use (one stat), so running processes
    follow a rotation by themselves. Besides KeyMissing, methods raise WrongPassphrase, KeyFileDamaged and TokenUnusable.
    Safe to share between threads.
    """

    def __init__(
        self, folder: Path | str, passphrase: str, *, cost: ScryptCost | None = None, token: Token | None = None
    ) -> None:
        self._folder = Path(folder)
        self._passphrase = passphrase
        self._cost = cost
        self._token = token
        self._opened: dict[str, Signer | bytes] = {}
        self._ring: Ring | None = None
        self._stamp: tuple[int, int, int] | None = None
        self._lock = threading.Lock()

    @classmethod
    def create(
        cls,
        folder: Path | str,
        passphrase: str,
        *,
        purposes: Mapping[str, Algorithm | int] = BANK_PURPOSES,
        cost: ScryptCost | None = None,
        token: Token | None = None,
    ) -> "FileKeyProvider":
        """Make new keys in `folder`, which must be absent or empty; the whole set appears at once or not at all.

        Raises FileExistsError when the folder holds anything, and ValueError for an empty passphrase.
        """
        folder = Path(folder)
        folder.parent.mkdir(parents=True, exist_ok=True)
        if folder.exists() and any(folder.iterdir()):
            raise FileExistsError(f"key folder is not empty: {folder}")
        building = folder.with_name(f".{folder.name}.{secrets.token_hex(8)}.tmp")
        building.mkdir(mode=0o700)
        try:
            maker = cls(building, passphrase, cost=cost, token=token)
            made = [maker._make(purpose, 1, kind, since=None) for purpose, kind in purposes.items()]
            if token is not None:  # a folder of plain files needs no ring to begin with
                write_ring(building, Ring(tuple(made)))
            os.rename(building, folder)  # replaces an empty folder only
        except BaseException:
            shutil.rmtree(building)
            raise
        disk.sync(folder.parent)
        return cls(folder, passphrase, cost=cost, token=token)

    # --- reading -----------------------------------------------------------------------------------------------------

    def _known(self) -> Ring:
        """The ring as it is on disk now; the caller holds the lock."""
        try:
            found = os.stat(self._folder / RING_FILE)
            stamp = (found.st_mtime_ns, found.st_ino, found.st_size)
        except FileNotFoundError:
            stamp = None
        if self._ring is None or stamp != self._stamp:
            ring = read_ring(self._folder)
            files = {key.file for key in ring.keys}
            self._opened = {file: key for file, key in self._opened.items() if file in files}
            self._ring, self._stamp = ring, stamp
        return self._ring

    def _open(self, held: Held) -> Signer | bytes:
        """The private half; the caller holds the lock."""
        if held.place == TOKEN and held.file not in self._opened:
            self._opened[held.file] = self._the_token().signer(held.file, held.public)
        if held.file not in self._opened:
            path = self._folder / held.file
            try:
                named = read_key_file(path, passphrase=self._passphrase_of(held))
            except FileNotFoundError as error:
                raise KeyMissing(f"no key for {held.purpose!r} in {self._folder}") from error
            # Files swapped by hand would have the log's key sign certificates.
            if named.name != held.purpose:
                raise KeyFileDamaged(path, f"made for {named.name!r}")
            if not isinstance(named.key, bytes) and key_id(named.key.public) != held.key_id:
                raise KeyFileDamaged(path, f"not the key {held.key_id} the ring tells of")
            self._opened[held.file] = named.key
        return self._opened[held.file]

    def _the_token(self) -> Token:
        if self._token is None:
            raise KeyMissing(
                f"keys of {self._folder} are in a PKCS#11 token: set XUEFEN_KEYS / 密钥在密码令牌里，请设置 XUEFEN_KEYS"
            )
        return self._token

    def _passphrase_of(self, held: Held, *, new: bool = False) -> str:
        if held.place != SEALED:
            return self._passphrase
        return self._the_token().finish(self._passphrase, name=held.file, new=new)

    def _key(self, purpose: str) -> Signer | bytes:
        _file(self._folder, purpose)
        with self._lock:
            held = self._known().current(purpose)
            if held is None:
                self._ring = None  # it may have been added since the folder was read
                held = self._known().current(purpose)
            if held is None:
                raise KeyMissing(f"no key for {purpose!r} in {self._folder}")
            return self._open(held)

    def signer(self, purpose: str) -> Signer:
        """Return the signing key for `purpose`; KeyMissing when there is none or it holds a secret."""
        key = self._key(purpose)
        if isinstance(key, bytes):
            raise KeyMissing(f"the key for {purpose!r} is a secret, it cannot sign")
        return key

    def secret(self, purpose: str) -> bytes:
        """Return the symmetric key for `purpose`; KeyMissing when there is none or it holds a signing key."""
        key = self._key(purpose)
        if not isinstance(key, bytes):
            raise KeyMissing(f"the key for {purpose!r} signs, it is no secret")
        return key

    def purposes(self) -> tuple[str, ...]:
        """Return every purpose there is a key for."""
        with self._lock:
            return tuple(sorted({key.purpose for key in self._known().keys}))

    def held(self, purpose: str) -> tuple[Held, ...]:
        """Return what is known of every key of `purpose`, the one in use first; KeyMissing when there is none."""
        _file(self._folder, purpose)
        with self._lock:
            found = self._known().of(purpose)
        if not found:
            raise KeyMissing(f"no key for {purpose!r} in {self._folder}")
        return found

    def overlapping(self, purpose: str, *, at: datetime) -> list[Signer]:
        """Return the replaced keys that still sign beside the one in use at this moment, from the newest on."""
        past = [key for key in self.held(purpose)[1:] if key.file and key.until is not None and key.until > at]
        with self._lock:
            return [key for key in map(self._open, past) if not isinstance(key, bytes)]

    def earlier_secrets(self, purpose: str) -> list[bytes]:
        """Return the replaced secrets that are still kept, from the newest on."""
        past = [key for key in self.held(purpose)[1:] if key.file]
        with self._lock:
            return [key for key in map(self._open, past) if isinstance(key, bytes)]

    # --- changing ----------------------------------------------------------------------------------------------------

    @contextmanager
    def _alone(self) -> Iterator[Ring]:
        """Nobody else changes the folder meanwhile; files a killed change left behind are destroyed first."""
        with (self._folder / ".lock").open("w") as lock, self._lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._ring = None
            ring = self._known()
            files = {key.file for key in ring.keys}
            for path in self._folder.glob("*.key"):
                if path.name not in files:
                    destroy_key_file(path)
            yield ring

    def rotate(self, purpose: str, *, now: datetime, until: datetime) -> Held:
        """Make a new key of the same kind and put it in use, in one step; the present one is known until `until`.

        Killed anywhere, the folder stands before or after the change. Raises KeyMissing for a purpose without a key.
        """
        _file(self._folder, purpose)
        with self._alone() as ring:
            old = ring.current(purpose)
            if old is None:
                raise KeyMissing(f"no key for {purpose!r} in {self._folder}")
            present = self._open(old)
            kind = len(present) if isinstance(present, bytes) else present.algorithm
            fresh = self._make(purpose, old.generation + 1, kind, since=now)
            write_ring(self._folder, ring.with_next(fresh, until=until))
            self._ring = None
        return fresh

    def retire(self, purpose: str, *, now: datetime) -> list[Held]:
        """Destroy the private halves of replaced keys whose last moment has passed; their public halves stay known."""
        with self._alone() as ring:
            over = [k for k in ring.of(purpose)[1:] if k.file and k.until is not None and k.until <= now]
            for key in over:
                ring = ring.without_file(key)
            if over:
                write_ring(self._folder, ring)
                self._ring = None
                for key in over:
                    self._destroy(key)
        return over

    def seal(self) -> list[Held]:
        """Put every key file that the passphrase alone opens under the token as well; return which. Killed anywhere, each
        key is in its old file or its new one, and saying it again goes on.
        """
        self._the_token()
        with self._alone() as ring:
            plain = [key for key in ring.keys if key.file and key.place == FILE]
            done = []
            for key in plain:
                sealed = replace(key, place=SEALED, file=f"{key.file.removesuffix('.key')}.sealed.key")
                opened = read_key_file(self._folder / key.file, passphrase=self._passphrase).key
                write_key_file(
                    self._folder / sealed.file,
                    opened,
                    name=key.purpose,
                    passphrase=self._passphrase_of(sealed, new=True),
                    cost=self._cost,
                )
                ring = ring.with_other(key, sealed)
                done.append(sealed)
                write_ring(self._folder, ring)
                destroy_key_file(self._folder / key.file)
            self._ring = None
        return done

    def _make(self, purpose: str, generation: int, kind: Algorithm | int, *, since: datetime | None) -> Held:
        """A new key in the token where it makes such keys, else in a file; not in the ring yet."""
        if self._token is not None and not isinstance(kind, int) and self._token.makes(kind):
            label, signer = self._token.generate(purpose)
            return Held(purpose, generation, kind, key_id(signer.public), signer.public.raw, label, since, place=TOKEN)
        key = secrets.token_bytes(kind) if isinstance(kind, int) else generate(kind)
        path = _file(self._folder, purpose, generation)
        held = Held(purpose, generation, SECRET, "", b"", path.name, since, place=SEALED if self._token else FILE)
        if not isinstance(key, bytes):
            held = replace(held, kind=key.algorithm, key_id=key_id(key.public), public=key.public.raw)
        write_key_file(path, key, name=purpose, passphrase=self._passphrase_of(held, new=True), cost=self._cost)
        return held

    def _destroy(self, key: Held) -> None:
        if key.place == TOKEN:
            self._the_token().destroy(key.file)
        else:
            destroy_key_file(self._folder / key.file)
