"""SM2 and Ed25519 keys: encodings, refusals, threads, and the libraries they may come from."""

import copy
import os
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xuefen.bedrock import gm
from xuefen.bedrock.gm.libcrypto import bundled_libraries
from xuefen.bedrock.gm.sm2 import ORDER

PRIME = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
KEY = gm.SM2PrivateKey(bytes(31) + b"\x07")
ED_KEY = gm.Ed25519PrivateKey(bytes(range(32)))

scalars = st.integers(1, ORDER - 2).map(lambda number: number.to_bytes(32, "big"))
components = st.integers(1, ORDER - 1)


def raw_signature(r: int, s: int) -> bytes:
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


@settings(max_examples=40, deadline=None)
@given(scalar=scalars, message=st.binary(max_size=300), user_id=st.binary(min_size=1, max_size=40))
def test_sm2_sign_verify_roundtrip(scalar: bytes, message: bytes, user_id: bytes) -> None:
    key = gm.SM2PrivateKey(scalar)
    signature = key.sign(message, user_id=user_id)
    assert len(signature) == 64
    assert key.public.verify(message, signature, user_id=user_id)
    assert not key.public.verify(message + b"\0", signature, user_id=user_id)
    assert not key.public.verify(message, signature, user_id=user_id + b"\0")
    assert gm.load_public("sm2sm3", key.public.raw).verify(message, signature, user_id=user_id)


@settings(max_examples=60, deadline=None)
@given(position=st.integers(0, 511))
def test_sm2_any_flipped_bit_is_refused(position: int) -> None:
    signature = bytearray(KEY.sign(b"one"))
    signature[position // 8] ^= 1 << position % 8
    assert not KEY.public.verify(b"one", bytes(signature))


def test_sm2_signature_has_one_encoding_only() -> None:
    signature = KEY.sign(b"one")
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    for other in (b"", signature[:63], signature + b"\0", gm.signature_to_der(signature)):
        assert not KEY.public.verify(b"one", other)
    for bad_r, bad_s in ((0, s), (r, 0), (ORDER, s), (r, ORDER), (2**256 - 1, s), (r, ORDER - s), (r, ORDER - r)):
        assert not KEY.public.verify(b"one", raw_signature(bad_r, bad_s))
    if r + ORDER < 2**256:
        assert not KEY.public.verify(b"one", raw_signature(r + ORDER, s))


@given(r=components, s=components)
def test_der_roundtrip(r: int, s: int) -> None:
    signature = raw_signature(r, s)
    assert gm.signature_from_der(gm.signature_to_der(signature)) == signature


@given(r=components, s=components, junk=st.binary(min_size=1, max_size=4))
def test_der_junk_is_refused(r: int, s: int, junk: bytes) -> None:
    der = gm.signature_to_der(raw_signature(r, s))
    body = der[2:]
    padded = b"\x02" + bytes((body[1] + 1,)) + b"\0" + body[2:]
    for bad in (
        der + junk,
        der[:-1],
        b"\x30\x81" + der[1:],
        b"\x30\x80" + body + b"\0\0",
        b"\x31" + der[1:],
        bytes((0x30, len(padded))) + padded,
        bytes((0x30, len(body) + len(junk))) + body + junk,
    ):
        with pytest.raises(gm.SignatureMalformed):
            gm.signature_from_der(bad)


@given(st.binary(max_size=80))
def test_der_reader_never_fails_otherwise(data: bytes) -> None:
    try:
        signature = gm.signature_from_der(data)
    except gm.SignatureMalformed:
        return
    assert gm.signature_to_der(signature) == data


def test_der_negative_and_zero_numbers_are_refused() -> None:
    for bad in ("3006020100020101", "3006020101020100", "3006020181020101", "3005020002020101"):
        with pytest.raises(gm.SignatureMalformed):
            gm.signature_from_der(bytes.fromhex(bad))
    assert gm.signature_from_der(bytes.fromhex("3006020101020102")) == raw_signature(1, 2)


@settings(max_examples=30, deadline=None)
@given(scalar=scalars)
def test_compressed_point_is_the_same_key(scalar: bytes) -> None:
    public = gm.SM2PrivateKey(scalar).public
    compressed = bytes((2 + public.raw[64] % 2,)) + public.raw[1:33]
    assert gm.SM2PublicKey(compressed) == public
    assert gm.SM2PublicKey(compressed).raw == public.raw
    mirrored = gm.SM2PublicKey(bytes((3 - public.raw[64] % 2,)) + public.raw[1:33])
    assert mirrored != public
    assert int.from_bytes(mirrored.raw[33:], "big") + int.from_bytes(public.raw[33:], "big") == PRIME


def curve_square(x: int) -> int:
    b = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
    return (x**3 - 3 * x + b) % PRIME


def test_points_off_the_curve_are_refused() -> None:
    raw = KEY.public.raw
    on_curve = {x: pow(curve_square(x), (PRIME - 1) // 2, PRIME) == 1 for x in range(1, 50)}
    good_x = next(x for x, exists in on_curve.items() if exists)
    bad_x = next(x for x, exists in on_curve.items() if not exists)
    assert gm.SM2PublicKey(b"\x02" + good_x.to_bytes(32, "big")).raw[1:33] == good_x.to_bytes(32, "big")
    off_curve = (
        raw[:64] + bytes((raw[64] ^ 1,)),
        b"\x02" + bad_x.to_bytes(32, "big"),
        b"\x02" + (good_x + PRIME).to_bytes(32, "big"),
        b"\x04" + bytes(64),
    )
    wrong_form = (bytes((6 + raw[64] % 2,)) + raw[1:], b"", b"\0", bytes(65), raw + b"\0", raw[1:])
    for bad in off_curve + wrong_form:
        with pytest.raises(gm.KeyInvalid):
            gm.SM2PublicKey(bad)


def test_private_scalars_out_of_range_are_refused() -> None:
    for number in (0, ORDER - 1, ORDER, 2**256 - 1):
        with pytest.raises(gm.KeyInvalid):
            gm.SM2PrivateKey(number.to_bytes(32, "big"))
    for bad in (b"", bytes(31) + b"\1\1", b"\1" * 31):
        with pytest.raises(gm.KeyInvalid):
            gm.SM2PrivateKey(bad)
    largest = gm.SM2PrivateKey((ORDER - 2).to_bytes(32, "big"))
    assert largest.public.verify(b"x", largest.sign(b"x"))


def test_user_id_bounds() -> None:
    longest = b"a" * 8190
    assert KEY.public.verify(b"x", KEY.sign(b"x", user_id=longest), user_id=longest)
    for bad in (b"", longest + b"a"):
        with pytest.raises(ValueError, match="user id"):
            KEY.sign(b"x", user_id=bad)
        with pytest.raises(ValueError, match="user id"):
            KEY.public.verify(b"x", bytes(64), user_id=bad)


@given(seed=st.binary(min_size=32, max_size=32), message=st.binary(max_size=300))
def test_ed25519_roundtrip(seed: bytes, message: bytes) -> None:
    key = gm.Ed25519PrivateKey(seed)
    public = gm.load_public("ed25519", key.public.raw)
    assert public.verify(message, key.sign(message))
    assert not public.verify(message + b"\0", key.sign(message))
    assert not public.verify(message, key.sign(message)[:-1])


@pytest.mark.parametrize("algorithm", ["sm2sm3", "ed25519", "p256sha256"])
def test_generated_keys_differ_and_keep_their_shape(algorithm: gm.Algorithm) -> None:
    first, second = gm.generate(algorithm), gm.generate(algorithm)
    assert first.public != second.public
    assert first.algorithm == first.public.algorithm == algorithm
    again = gm.load_private(algorithm, first.secret_bytes())
    assert again.public == first.public
    assert len({first.public, again.public, second.public}) == 2
    assert gm.load_public(algorithm, first.public.raw).verify(b"m", first.sign(b"m"))
    assert not second.public.verify(b"m", first.sign(b"m"))
    assert first.secret_bytes().hex() not in repr(first)


def test_unknown_algorithms_and_bad_keys_are_refused() -> None:
    for attempt in (
        lambda: gm.load_public("rsa", bytes(32)),
        lambda: gm.load_private("rsa", bytes(32)),
        lambda: gm.load_public("ed25519", bytes(31)),
        lambda: gm.load_private("ed25519", bytes(33)),
        lambda: gm.load_public("sm2sm3", ED_KEY.public.raw),
    ):
        with pytest.raises(gm.KeyInvalid):
            attempt()


def test_key_id_depends_on_algorithm_and_key() -> None:
    assert gm.key_id(ED_KEY.public) == gm.sm3(b"ed25519" + ED_KEY.public.raw).hex()[:16]
    assert gm.key_id(KEY.public) == gm.sm3(b"sm2sm3" + KEY.public.raw).hex()[:16]
    assert KEY.public != ED_KEY.public


def test_threads_share_one_key() -> None:
    def work(number: int) -> bool:
        message = str(number).encode()
        own = gm.SM2PrivateKey.generate()
        signature = KEY.sign(message)
        return (
            KEY.public.verify(message, signature)
            and not KEY.public.verify(b"x" + message, signature)
            and not own.public.verify(message, signature)
        )

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(400)))


def test_a_copy_outlives_its_original() -> None:
    original = gm.SM2PrivateKey.generate()
    copied = copy.copy(original)
    del original
    assert copied.public.verify(b"m", copied.sign(b"m"))


def test_private_keys_do_not_leave_the_process_by_pickling() -> None:
    with pytest.raises((AttributeError, TypeError, ValueError)):
        pickle.dumps(KEY)


def test_refusals_leave_no_error_for_the_ssl_module() -> None:
    """The interpreter may share our libcrypto; an error left in its queue would surface in a TLS connection."""
    library = gm.find_libcrypto()
    public = gm.SM2PublicKey(KEY.public.raw, library=library)
    assert not public.verify(b"m", raw_signature(1, ORDER - 1))
    with pytest.raises(gm.KeyInvalid):
        gm.SM2PublicKey(b"\x04" + bytes(64), library=library)
    assert library._lib.ERR_peek_last_error() == 0


def bundled() -> list[Path]:
    libraries = bundled_libraries()
    if not libraries:
        pytest.skip("psycopg[binary] is not installed as a wheel with its own libcrypto")
    return libraries


def test_bundled_library_takes_over_when_the_system_has_none() -> None:
    library = gm.find_libcrypto(system_names=("libcrypto-not-installed.so.3",), bundled=bundled())
    assert library.path == str(bundled()[0])
    assert library.version.startswith("OpenSSL 3")
    own = gm.SM2PrivateKey(KEY.secret_bytes(), library=library)
    assert own.public == KEY.public
    assert KEY.public.verify(b"m", own.sign(b"m"))
    assert own.public.verify(b"m", KEY.sign(b"m"))
    assert not own.public.verify(b"n", KEY.sign(b"m"))


def test_library_of_another_kind_is_passed_over() -> None:
    unsuitable = "libc.so.6" if sys.platform == "linux" else "libSystem.dylib"
    assert gm.find_libcrypto(system_names=(unsuitable,), bundled=bundled()).path == str(bundled()[0])


def test_no_library_is_one_clear_error() -> None:
    with pytest.raises(gm.AlgorithmMissing) as caught:
        gm.find_libcrypto(system_names=("libcrypto-not-installed.so.3",), bundled=())
    assert caught.value.algorithms == ("SM2",)
    assert "libcrypto-not-installed.so.3" in str(caught.value)
    assert "缺少密码算法" in str(caught.value)
    with pytest.raises(gm.AlgorithmMissing, match="no libcrypto 3 to try"):
        gm.find_libcrypto(system_names=(), bundled=())


def test_selftest_passes_here() -> None:
    gm.selftest()


@pytest.mark.parametrize(
    ("configuration", "missing"),
    [
        ("[init]\nproviders=p\n[p]\nnull=n\n[n]\nactivate=1\n", {"SM2", "SM3"}),
        ("[init]\nalg_section=a\n[a]\ndefault_properties=fips=yes\n", {"SM2", "SM3", "SM4"}),
    ],
    ids=["empty provider", "fips policy"],
)
def test_selftest_names_what_an_openssl_policy_took_away(tmp_path: Path, configuration: str, missing: set[str]) -> None:
    config = tmp_path / "openssl.cnf"
    config.write_text("openssl_conf=init\n" + configuration)
    program = (
        "from xuefen.bedrock import gm\n"
        "try: gm.selftest()\n"
        "except gm.AlgorithmMissing as error: print('missing', *sorted(error.algorithms))\n"
    )
    environment = {**os.environ, "OPENSSL_CONF": str(config), "PYTHONPATH": os.pathsep.join(sys.path)}
    result = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=60, check=True
    )
    assert result.stdout.split() == ["missing", *sorted(missing)]
