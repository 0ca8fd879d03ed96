"""Sealed records and sealed key files: what was written comes back, anything else is refused with the right words."""

import json
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xuefen.bedrock import gm

QUICK = gm.ScryptCost(n=16, r=1, p=1)
KEY = b"0123456789abcdef"
PHRASE = "四方学分 correct horse"


@given(key=st.binary(min_size=16, max_size=16), plain=st.binary(max_size=200), aad=st.binary(max_size=40))
def test_seal_roundtrip(key: bytes, plain: bytes, aad: bytes) -> None:
    sealed = gm.seal(key, plain, aad=aad)
    assert len(sealed) == len(plain) + 28
    assert gm.open_sealed(key, sealed, aad=aad) == plain
    with pytest.raises(gm.DecryptionFailed):
        gm.open_sealed(key, sealed, aad=aad + b"\0")


def test_every_changed_or_cut_sealed_record_is_refused() -> None:
    sealed = gm.seal(KEY, b"110101199003077758", aad=b"learner 7")
    for position in range(len(sealed)):
        changed = bytearray(sealed)
        changed[position] ^= 1
        for bad in (bytes(changed), sealed[:position]):
            with pytest.raises(gm.DecryptionFailed):
                gm.open_sealed(KEY, bad, aad=b"learner 7")
    with pytest.raises(gm.DecryptionFailed):
        gm.open_sealed(KEY[::-1], sealed, aad=b"learner 7")
    with pytest.raises(gm.DecryptionFailed):
        gm.sm4_gcm_decrypt(KEY, b"short", nonce=bytes(12))


def test_sealing_twice_never_looks_the_same() -> None:
    assert len({gm.seal(KEY, b"same")[:12] for _ in range(1000)}) == 1000


def test_keys_of_another_length_are_refused() -> None:
    for bad in (b"", KEY[:15], KEY + KEY):
        with pytest.raises(ValueError, match="SM4 key"):
            gm.seal(bad, b"x")
        with pytest.raises(ValueError, match="SM4 key"):
            gm.open_sealed(bad, bytes(28))


def write(path: Path, key: gm.SigningKey | bytes, *, name: str = "log") -> None:
    gm.write_key_file(path, key, name=name, passphrase=PHRASE, cost=QUICK)


@pytest.mark.parametrize("algorithm", ["sm2sm3", "ed25519"])
def test_key_file_roundtrip(tmp_path: Path, algorithm: gm.Algorithm) -> None:
    key = gm.generate(algorithm)
    path = tmp_path / "log.key"
    write(path, key)
    named = gm.read_key_file(path, passphrase=PHRASE)
    assert named.name == "log"
    assert not isinstance(named.key, bytes)
    assert key.public.verify(b"m", named.key.sign(b"m"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert key.secret_bytes().hex() not in path.read_text()
    assert json.loads(path.read_text())["key_id"] == gm.key_id(key.public)
    assert [entry.name for entry in tmp_path.iterdir()] == ["log.key"]


def test_secret_file_roundtrip_hides_the_secret(tmp_path: Path) -> None:
    path = tmp_path / "wrap.key"
    write(path, KEY, name="wrap")
    named = gm.read_key_file(path, passphrase=PHRASE)
    assert named.key == KEY
    assert "0123456789" not in repr(named)


def test_default_cost_is_written_into_the_file(tmp_path: Path) -> None:
    path = tmp_path / "wrap.key"
    gm.write_key_file(path, KEY, name="wrap", passphrase=PHRASE)
    assert json.loads(path.read_text())["scrypt"]["n"] == 2**15
    assert gm.read_key_file(path, passphrase=PHRASE).key == KEY


def test_passphrase_typed_full_width_is_the_same(tmp_path: Path) -> None:
    path = tmp_path / "a.key"
    gm.write_key_file(path, KEY, name="a", passphrase="abc１２３é", cost=QUICK)
    assert gm.read_key_file(path, passphrase="abc123e\u0301").key == KEY


def test_key_file_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "log.key"
    write(path, KEY)
    before = path.read_bytes()
    with pytest.raises(FileExistsError):
        write(path, bytes(16))
    assert path.read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 1


def test_only_one_of_many_writers_wins(tmp_path: Path) -> None:
    path = tmp_path / "log.key"
    start = threading.Barrier(8)

    def attempt(number: int) -> int | None:
        start.wait()
        try:
            write(path, bytes((number,)) * 16)
        except FileExistsError:
            return None
        return number

    with ThreadPoolExecutor(8) as pool:
        winners = [number for number in pool.map(attempt, range(1, 9)) if number is not None]
    assert len(winners) == 1
    assert gm.read_key_file(path, passphrase=PHRASE).key == bytes(winners) * 16


def test_wrong_passphrase(tmp_path: Path) -> None:
    path = tmp_path / "log.key"
    write(path, gm.generate("sm2sm3"))
    for wrong in ("", PHRASE + " ", PHRASE.upper()):
        with pytest.raises(gm.WrongPassphrase, match="口令不正确"):
            gm.read_key_file(path, passphrase=wrong)


def test_every_flipped_bit_and_every_cut_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "log.key"
    write(path, gm.generate("sm2sm3"))
    whole = path.read_bytes()
    broken = tmp_path / "broken.key"
    for position in range(len(whole)):
        for bit in (1, 0x20, 0x80):
            changed = bytearray(whole)
            changed[position] ^= bit
            broken.write_bytes(changed)
            with pytest.raises(gm.KeyFileDamaged):
                gm.read_key_file(broken, passphrase=PHRASE)
        broken.write_bytes(whole[:position])
        with pytest.raises(gm.KeyFileDamaged):
            gm.read_key_file(broken, passphrase=PHRASE)


@pytest.mark.parametrize("text", [b"[]", b"{}", b"null", b"\xff", b"[" * 100_000, b'{"format": "other"}'])
def test_other_files_are_no_key_files(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "log.key"
    path.write_bytes(text)
    with pytest.raises(gm.KeyFileDamaged):
        gm.read_key_file(path, passphrase=PHRASE)


def forge(path: Path, **changes: object) -> None:
    """Rewrite some fields and make the checksum right again, as a person with bad intent would."""

    def render(fields: dict[str, object]) -> bytes:
        return (json.dumps(fields, indent=1, sort_keys=True) + "\n").encode()

    document = json.loads(path.read_text()) | changes
    del document["checksum"]
    path.write_bytes(render({**document, "checksum": gm.sm3(render(document)).hex()}))


def test_forging_helper_makes_valid_files(tmp_path: Path) -> None:
    path = tmp_path / "log.key"
    write(path, KEY)
    forge(path)
    assert gm.read_key_file(path, passphrase=PHRASE).key == KEY


@pytest.mark.parametrize(
    "changes", [{"name": "certificates"}, {"kind": "secret"}, {"kind": "ed25519"}, {"public": "00"}, {"sealed": ""}]
)
def test_forged_header_does_not_open(tmp_path: Path, changes: dict[str, object]) -> None:
    path = tmp_path / "log.key"
    write(path, gm.generate("sm2sm3"))
    forge(path, **changes)
    with pytest.raises(gm.WrongPassphrase):
        gm.read_key_file(path, passphrase=PHRASE)


@pytest.mark.parametrize(
    "scrypt",
    [
        {"salt": "00", "n": 2**30, "r": 8, "p": 1},
        {"salt": "00", "n": 17, "r": 8, "p": 1},
        {"salt": "00", "n": "16", "r": 8, "p": 1},
        {"salt": "zz", "n": 16, "r": 8, "p": 1},
        {"salt": 5, "n": 16, "r": 8, "p": 1},
        {"salt": "00", "n": 16, "r": 8},
        {"salt": "00", "n": 16, "r": 8, "p": 1, "q": 1},
        {"n": 16, "r": 8, "p": 1},
        7,
    ],
)
def test_forged_scrypt_parameters_are_refused_before_use(tmp_path: Path, scrypt: object) -> None:
    path = tmp_path / "log.key"
    write(path, KEY)
    forge(path, scrypt=scrypt)
    with pytest.raises((gm.KeyFileDamaged, gm.WrongPassphrase)):
        gm.read_key_file(path, passphrase=PHRASE)


def test_sealed_part_that_is_not_hex_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "log.key"
    write(path, KEY)
    forge(path, sealed=5)
    with pytest.raises(gm.KeyFileDamaged, match="sealed part"):
        gm.read_key_file(path, passphrase=PHRASE)


def test_empty_passphrase_or_secret_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="passphrase"):
        gm.write_key_file(tmp_path / "a.key", KEY, name="a", passphrase="")
    with pytest.raises(ValueError, match="empty secret"):
        gm.write_key_file(tmp_path / "a.key", b"", name="a", passphrase=PHRASE)
    assert list(tmp_path.iterdir()) == []


def create(folder: Path) -> gm.FileKeyProvider:
    return gm.FileKeyProvider.create(folder, PHRASE, cost=QUICK)


def test_provider_gives_the_banks_keys_again_after_restart(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "keys"
    first: gm.KeyProvider = create(folder)
    second: gm.KeyProvider = gm.FileKeyProvider(str(folder), PHRASE)
    for purpose in ("log", "certificates"):
        assert first.signer(purpose).algorithm == "sm2sm3"
        assert second.signer(purpose).public.verify(b"m", first.signer(purpose).sign(b"m"))
    assert len(first.secret("wrap")) == 16
    assert len(first.secret("blind")) == 32
    assert first.secret("wrap") == second.secret("wrap")
    assert first.secret("blind") == second.secret("blind")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert sorted(entry.name for entry in folder.iterdir()) == [
        "blind.key",
        "certificates.key",
        "credentials.key",
        "log.key",
        "pdf.key",
        "witness-ed25519.key",
        "witness.key",
        "wrap.key",
    ]


def test_provider_keeps_what_it_opened(tmp_path: Path) -> None:
    provider = create(tmp_path / "keys")
    with ThreadPoolExecutor(8) as pool:
        signers = set(pool.map(lambda _: id(provider.signer("log")), range(32)))
    assert len(signers) == 1


def test_provider_refuses_unknown_or_mistaken_purposes(tmp_path: Path) -> None:
    provider = create(tmp_path / "keys")
    for attempt in (
        lambda: provider.signer("other"),
        lambda: provider.signer("wrap"),
        lambda: provider.secret("log"),
        lambda: provider.secret("../keys/wrap"),
        lambda: provider.secret(""),
    ):
        with pytest.raises(gm.KeyMissing):
            attempt()


def test_provider_refuses_swapped_files_and_wrong_passphrase(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    create(folder)
    with pytest.raises(gm.WrongPassphrase):
        gm.FileKeyProvider(folder, "guess").signer("log")
    (folder / "log.key").unlink()
    (folder / "certificates.key").rename(folder / "log.key")
    with pytest.raises(gm.KeyFileDamaged, match="certificates"):
        gm.FileKeyProvider(folder, PHRASE).signer("log")


def test_provider_creates_all_or_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    with pytest.raises(gm.KeyMissing):
        gm.FileKeyProvider.create(folder, PHRASE, purposes={"log": "sm2sm3", "../x": 16}, cost=QUICK)
    with pytest.raises(ValueError, match="passphrase"):
        gm.FileKeyProvider.create(folder, "", cost=QUICK)
    assert list(tmp_path.iterdir()) == []
    folder.mkdir()
    create(folder).signer("log")
    before = (folder / "log.key").read_bytes()
    with pytest.raises(FileExistsError):
        create(folder)
    assert (folder / "log.key").read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["keys"]
