"""Keys in a PKCS#11 token: a real one, in software."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.soft_token import PIN
from xuefen.bedrock.gm import (
    FileKeyProvider,
    KeyMissing,
    Pkcs11Token,
    ScryptCost,
    TokenAddress,
    TokenUnusable,
    WrongPassphrase,
    load_public,
)

CHEAP = ScryptCost(n=16)
NOW = datetime(2026, 11, 20, tzinfo=UTC)
PURPOSES = {"log": "sm2sm3", "credentials": "ed25519", "wrap": 16}


def token(uri: str, name: str) -> Pkcs11Token:
    return Pkcs11Token(TokenAddress.parse(uri.replace("?", f";object={name}?")))


def make(uri: str, folder: Path, name: str) -> FileKeyProvider:
    return FileKeyProvider.create(folder, "words", purposes=PURPOSES, cost=CHEAP, token=token(uri, name))


def test_signing_keys_stay_inside_and_files_need_the_token(token_uri: str, tmp_path: Path) -> None:
    provider = make(token_uri, tmp_path / "keys", "inside")
    assert {p: provider.held(p)[0].place for p in PURPOSES} == {
        "log": "file+token", "credentials": "token", "wrap": "file+token",
    }  # fmt: skip
    assert sorted(path.name for path in (tmp_path / "keys").glob("*.key")) == ["log.key", "wrap.key"]
    for purpose in ("log", "credentials"):
        held, signature = provider.held(purpose)[0], provider.signer(purpose).sign(b"fact")
        assert load_public(held.kind, held.public).verify(b"fact", signature)
    again = FileKeyProvider(tmp_path / "keys", "words", token=token(token_uri, "inside"))
    assert again.secret("wrap") == provider.secret("wrap")
    assert again.signer("credentials").public == provider.signer("credentials").public


def test_a_stolen_folder_and_its_passphrase_are_worth_nothing(token_uri: str, tmp_path: Path) -> None:
    make(token_uri, tmp_path / "keys", "stolen")
    bare = FileKeyProvider(tmp_path / "keys", "words")
    with pytest.raises(KeyMissing, match="XUEFEN_KEYS"):
        bare.signer("log")
    with pytest.raises(KeyMissing, match="XUEFEN_KEYS"):
        bare.signer("credentials")
    (tmp_path / "keys" / "ring.json").unlink()  # the thief makes the files look like plain ones
    with pytest.raises(WrongPassphrase):
        FileKeyProvider(tmp_path / "keys", "words").secret("wrap")
    make(token_uri, tmp_path / "other", "another")
    shutil.copytree(tmp_path / "keys", tmp_path / "copied")
    shutil.copy(tmp_path / "other" / "ring.json", tmp_path / "copied" / "ring.json")
    with pytest.raises(WrongPassphrase):  # another bank's key in the same token opens nothing either
        FileKeyProvider(tmp_path / "copied", "words", token=token(token_uri, "another")).secret("wrap")


def test_rotation_makes_the_next_key_inside_and_destroys_the_old(token_uri: str, tmp_path: Path) -> None:
    provider = make(token_uri, tmp_path / "keys", "turning")
    old, signature = provider.held("credentials")[0], provider.signer("credentials").sign(b"before")
    fresh = provider.rotate("credentials", now=NOW, until=NOW + timedelta(days=7))
    assert (fresh.place, fresh.generation, fresh.kind) == ("token", 2, "ed25519") and fresh.public != old.public
    assert [s.public.raw for s in provider.overlapping("credentials", at=NOW)] == [old.public]
    assert provider.retire("credentials", now=NOW + timedelta(days=8))
    assert load_public("ed25519", old.public).verify(b"before", signature)
    with pytest.raises(TokenUnusable):
        token(token_uri, "turning").signer(old.file, old.public)
    assert provider.rotate("log", now=NOW, until=NOW).place == "file+token"
    provider.retire("log", now=NOW)
    assert provider.signer("log").public.verify(b"after", provider.signer("log").sign(b"after"))


def test_a_bank_that_got_its_token_later_seals_its_files(token_uri: str, tmp_path: Path) -> None:
    plain = FileKeyProvider.create(tmp_path / "keys", "words", purposes=PURPOSES, cost=CHEAP)
    secret, public = plain.secret("wrap"), plain.signer("credentials").public
    provider = FileKeyProvider(tmp_path / "keys", "words", cost=CHEAP, token=token(token_uri, "later"))
    assert provider.secret("wrap") == secret, "keys from before stay usable"
    assert {key.purpose for key in provider.seal()} == set(PURPOSES)
    assert provider.seal() == []
    assert all(path.name.endswith(".sealed.key") for path in (tmp_path / "keys").glob("*.key"))
    anew = FileKeyProvider(tmp_path / "keys", "words", token=token(token_uri, "later"))
    assert anew.secret("wrap") == secret and anew.signer("credentials").public == public
    with pytest.raises(KeyMissing, match="XUEFEN_KEYS"):
        FileKeyProvider(tmp_path / "keys", "words").secret("wrap")
    assert anew.rotate("credentials", now=NOW, until=NOW).place == "token", "the next one is made inside"


def test_a_forked_worker_signs_too(token_uri: str, tmp_path: Path) -> None:
    provider = make(token_uri, tmp_path / "keys", "forked")
    provider.signer("credentials").sign(b"in the parent")
    child = os.fork()
    if child == 0:
        try:
            (tmp_path / "signature").write_bytes(provider.signer("credentials").sign(b"in the child"))
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    held = provider.held("credentials")[0]
    assert load_public("ed25519", held.public).verify(b"in the child", (tmp_path / "signature").read_bytes())
    assert provider.signer("credentials").sign(b"and again")


def test_what_is_wrong_with_the_token_is_said(token_uri: str, tmp_path: Path) -> None:
    for uri in ("file:x", "pkcs11:token=a", "pkcs11:?module-path=/x", "pkcs11:token=a;slot=1?module-path=/x"):
        with pytest.raises(TokenUnusable):
            TokenAddress.parse(uri)
    with pytest.raises(TokenUnusable, match="PIN file"):
        TokenAddress.parse("pkcs11:token=a?module-path=/x&pin-source=file:/nowhere")
    assert PIN not in repr(TokenAddress.parse(token_uri))
    for uri in ("pkcs11:token=the%20bank?module-path=/nowhere.so", token_uri.replace("the%20bank", "none")):
        with pytest.raises(TokenUnusable):
            token(uri, "x").makes("ed25519")
    make(token_uri, tmp_path / "keys", "damaged")
    emptied = token(token_uri, "damaged")
    emptied.destroy("damaged.seal")
    with pytest.raises(TokenUnusable, match="no such key"):  # and no new one is made in its place
        FileKeyProvider(tmp_path / "keys", "words", token=token(token_uri, "damaged")).secret("wrap")
