"""Key files: one private key or secret, sealed with SM4-GCM under a passphrase stretched by scrypt (RFC 7914).

A file carries an SM3 checksum of its own text. It protects nothing against an attacker (the seal does), but tells a
damaged disk from a mistyped passphrase, which need different help.
"""

import hashlib
import json
import os
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xuefen.bedrock import disk
from xuefen.bedrock.gm.errors import DecryptionFailed, KeyFileDamaged, KeyInvalid, WrongPassphrase
from xuefen.bedrock.gm.signatures import SigningKey, key_id, load_private
from xuefen.bedrock.gm.sm3 import sm3
from xuefen.bedrock.gm.sm4 import KEY_SIZE, open_sealed, seal

FORMAT = "xuefen-key/1"
SECRET = "secret"  # noqa: S105 - the kind of a file, not a password
_FIELDS = {"format", "name", "kind", "public", "key_id", "scrypt", "sealed", "checksum"}
_SALT_SIZE = 16


@dataclass(frozen=True, slots=True)
class ScryptCost:
    """scrypt's parameters; the default takes 32 MiB and about a quarter of a second (OWASP's 2**15, 8, 3)."""

    n: int = 2**15
    r: int = 8
    p: int = 3

    def __post_init__(self) -> None:
        # The upper bounds keep a forged file from eating the machine: at most 1 GiB.
        power_of_two = self.n >= 16 and self.n & (self.n - 1) == 0
        if not (power_of_two and self.n <= 2**20 and 1 <= self.r <= 8 and 1 <= self.p <= 16):
            raise ValueError("scrypt parameters out of bounds")


@dataclass(frozen=True, slots=True)
class NamedKey:
    """What a key file holds: its name and either a signing key or a symmetric secret."""

    name: str
    key: SigningKey | bytes

    def __repr__(self) -> str:
        return f"NamedKey(name={self.name!r}, key={'<secret>' if isinstance(self.key, bytes) else self.key!r})"


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """What a key file says without its passphrase. ``public`` and ``key_id`` are empty for a secret."""

    name: str
    kind: str
    public: bytes
    key_id: str


def _stretch(passphrase: str, *, salt: bytes, cost: ScryptCost) -> bytes:
    # One passphrase typed on two keyboards must give the same bytes, hence the normal form.
    text = unicodedata.normalize("NFKC", passphrase).encode()
    memory = 128 * cost.r * (cost.n + cost.p) + 2**20
    return hashlib.scrypt(text, salt=salt, n=cost.n, r=cost.r, p=cost.p, maxmem=memory, dklen=KEY_SIZE)


def _canonical(document: Mapping[str, Any]) -> bytes:
    return (json.dumps(document, indent=1, sort_keys=True, ensure_ascii=True) + "\n").encode("ascii")


def _header(document: Mapping[str, Any]) -> bytes:
    """The associated data: everything in the file that is neither sealed nor the checksum."""
    return _canonical({name: value for name, value in document.items() if name not in ("sealed", "checksum")})


def _with_checksum(document: dict[str, Any]) -> bytes:
    return _canonical({**document, "checksum": sm3(_canonical(document)).hex()})


def write_key_file(
    path: Path, key: SigningKey | bytes, *, name: str, passphrase: str, cost: ScryptCost | None = None
) -> None:
    """Seal a signing key or a secret into a new file (mode 0600).

    Raises FileExistsError rather than overwrite, and ValueError for an empty passphrase or secret.
    """
    if not passphrase:
        raise ValueError("a key file needs a passphrase")
    if key == b"":
        raise ValueError("an empty secret protects nothing")
    cost = cost or ScryptCost()
    salt = os.urandom(_SALT_SIZE)
    signing = None if isinstance(key, bytes) else key
    document: dict[str, Any] = {
        "format": FORMAT,
        "name": name,
        "kind": signing.algorithm if signing else SECRET,
        "public": signing.public.raw.hex() if signing else None,
        "key_id": key_id(signing.public) if signing else None,
        "scrypt": {"salt": salt.hex(), "n": cost.n, "r": cost.r, "p": cost.p},
    }
    plain = key if isinstance(key, bytes) else key.secret_bytes()
    sealing_key = _stretch(passphrase, salt=salt, cost=cost)
    document["sealed"] = seal(sealing_key, plain, aad=_header(document)).hex()
    disk.create(path, _with_checksum(document))


def _parse(path: Path) -> tuple[dict[str, Any], bytes, ScryptCost]:
    """Return the checked document, its salt and its cost; KeyFileDamaged unless it is exactly as written."""
    data = path.read_bytes()
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise KeyFileDamaged(path, "not JSON") from error
    if not isinstance(document, dict) or set(document) != _FIELDS or document["format"] != FORMAT:
        raise KeyFileDamaged(path, "not a key file of this format")
    if _with_checksum({name: value for name, value in document.items() if name != "checksum"}) != data:
        raise KeyFileDamaged(path, "checksum differs")
    try:
        stretching = dict(document["scrypt"])
        salt = bytes.fromhex(stretching.pop("salt"))
        return document, salt, ScryptCost(**stretching)
    except (TypeError, ValueError, KeyError) as error:
        raise KeyFileDamaged(path, "scrypt parameters") from error


def read_key_facts(path: Path) -> KeyFacts:
    """What the file is, without opening it. Raises FileNotFoundError, KeyFileDamaged."""
    document, _, _ = _parse(path)
    try:
        public = bytes.fromhex(document["public"] or "")
    except (TypeError, ValueError) as error:
        raise KeyFileDamaged(path, "public key") from error
    return KeyFacts(str(document["name"]), str(document["kind"]), public, document["key_id"] or "")


def destroy_key_file(path: Path) -> None:
    """Overwrite a key file and remove it; one that is gone already is fine.

    Copies a file system or a disk keeps of its own (snapshots, wear levelling) are beyond reach: docs/operations.md.
    """
    try:
        with path.open("r+b") as stream:
            size = os.fstat(stream.fileno()).st_size
            stream.write(os.urandom(size))
            stream.flush()
            os.fsync(stream.fileno())
    except FileNotFoundError:
        return
    path.unlink(missing_ok=True)
    disk.sync(path.parent)


def read_key_file(path: Path, *, passphrase: str) -> NamedKey:
    """Open a key file.

    Raises FileNotFoundError, KeyFileDamaged when the text is not as written or the key does not match its public
    half, and WrongPassphrase when the text is whole but does not open.
    """
    document, salt, cost = _parse(path)
    try:
        sealed = bytes.fromhex(document["sealed"])
    except (TypeError, ValueError) as error:
        raise KeyFileDamaged(path, "sealed part") from error
    try:
        plain = open_sealed(_stretch(passphrase, salt=salt, cost=cost), sealed, aad=_header(document))
    except DecryptionFailed as error:
        raise WrongPassphrase(path) from error
    if document["kind"] == SECRET:
        return NamedKey(name=document["name"], key=plain)
    try:
        key = load_private(document["kind"], plain)
    except KeyInvalid as error:
        raise KeyFileDamaged(path, str(error)) from error
    if key.public.raw.hex() != document["public"]:
        raise KeyFileDamaged(path, "public and private key differ")
    return NamedKey(name=document["name"], key=key)
