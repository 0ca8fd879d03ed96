"""Where the bank's keys come from. A node with a hardware module supplies its own KeyProvider."""

import os
import re
import secrets
import shutil
import threading
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from xuefen.bedrock.gm.errors import KeyFileDamaged, KeyMissing
from xuefen.bedrock.gm.keyfile import ScryptCost, read_key_file, sync_folder, write_key_file
from xuefen.bedrock.gm.signatures import Algorithm, Signer, SigningKey, generate

_PURPOSE = re.compile(r"[a-z][a-z0-9-]{0,39}")

BANK_PURPOSES: Mapping[str, Algorithm | int] = MappingProxyType(
    {
        "log": "sm2sm3",
        "certificates": "sm2sm3",
        "witness": "sm2sm3",
        "witness-ed25519": "ed25519",
        "wrap": 16,
        "blind": 32,
    }
)
"""What a bank node needs: signers by algorithm, secrets by their length in bytes.

"log" signs checkpoints, the two witness keys cosign those of others, "certificates" signs certificates, "wrap" wraps
learners' data keys, "blind" keys the blind index.
"""


class KeyProvider(Protocol):
    """Hands out keys by purpose. Both methods raise KeyMissing when there is no such key."""

    def signer(self, purpose: str) -> Signer:
        """Return the signing key for `purpose`."""

    def secret(self, purpose: str) -> bytes:
        """Return the symmetric key for `purpose`."""


def _file(folder: Path, purpose: str) -> Path:
    if not _PURPOSE.fullmatch(purpose):
        raise KeyMissing(f"not a key purpose: {purpose!r}")
    return folder / f"{purpose}.key"


class FileKeyProvider:
    """Keys in a folder of sealed files, all under one passphrase; each is opened at first use and then kept.

    Besides KeyMissing, `signer` and `secret` raise WrongPassphrase and KeyFileDamaged. Safe to share between threads.
    """

    def __init__(self, folder: Path | str, passphrase: str) -> None:
        self._folder = Path(folder)
        self._passphrase = passphrase
        self._opened: dict[str, SigningKey | bytes] = {}
        self._lock = threading.Lock()

    @classmethod
    def create(
        cls,
        folder: Path | str,
        passphrase: str,
        *,
        purposes: Mapping[str, Algorithm | int] = BANK_PURPOSES,
        cost: ScryptCost | None = None,
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
            for purpose, kind in purposes.items():
                key = secrets.token_bytes(kind) if isinstance(kind, int) else generate(kind)
                write_key_file(_file(building, purpose), key, name=purpose, passphrase=passphrase, cost=cost)
            os.rename(building, folder)  # replaces an empty folder only
        except BaseException:
            shutil.rmtree(building)
            raise
        sync_folder(folder.parent)
        return cls(folder, passphrase)

    def _key(self, purpose: str) -> SigningKey | bytes:
        path = _file(self._folder, purpose)
        with self._lock:
            if purpose not in self._opened:
                try:
                    named = read_key_file(path, passphrase=self._passphrase)
                except FileNotFoundError as error:
                    raise KeyMissing(f"no key for {purpose!r} in {self._folder}") from error
                # Files swapped by hand would have the log's key sign certificates.
                if named.name != purpose:
                    raise KeyFileDamaged(path, f"made for {named.name!r}")
                self._opened[purpose] = named.key
            return self._opened[purpose]

    def signer(self, purpose: str) -> SigningKey:
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
