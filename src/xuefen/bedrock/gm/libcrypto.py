"""OpenSSL 3's libcrypto through ctypes, for SM2 signatures, which `cryptography` does not offer.

Only provider-era functions are used (EVP_PKEY with OSSL_PARAM; EC_GROUP and EC_POINT for point arithmetic).
Every call that can fail leaves OpenSSL's per-thread error queue empty: the interpreter's ssl module may share the
same library and would otherwise take our error for its own.
"""

import ctypes
import functools
import importlib.util
import sys
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from ctypes import POINTER, c_char_p, c_int, c_size_t, c_uint, c_ulong, c_void_p
from pathlib import Path
from typing import Any

from xuefen.bedrock.gm.errors import AlgorithmMissing, KeyInvalid

SYSTEM_NAMES = ("libcrypto.so.3", "libcrypto.3.dylib")

_NID_SM2 = 1172
_POINT_COMPRESSED, _POINT_UNCOMPRESSED = 2, 4
_SELECT_PUBLIC_KEY, _SELECT_KEY_PAIR = 0x86, 0x87
_PARAM_UNSIGNED, _PARAM_UTF8, _PARAM_OCTETS = 2, 4, 5
_PARAM_UNMODIFIED = c_size_t(-1).value
_MAX_DER_SIGNATURE = 72


class _Param(ctypes.Structure):
    """OSSL_PARAM of openssl/core.h."""

    _fields_ = (
        ("key", c_char_p),
        ("data_type", c_uint),
        ("data", c_void_p),
        ("data_size", c_size_t),
        ("return_size", c_size_t),
    )


_FUNCTIONS: dict[str, tuple[Any, Sequence[Any]]] = {
    "OpenSSL_version": (c_char_p, (c_int,)),
    "ERR_clear_error": (None, ()),
    "ERR_peek_last_error": (c_ulong, ()),
    "ERR_error_string_n": (None, (c_ulong, c_char_p, c_size_t)),
    "BN_bin2bn": (c_void_p, (c_char_p, c_int, c_void_p)),
    "BN_clear_free": (None, (c_void_p,)),
    "EC_GROUP_new_by_curve_name": (c_void_p, (c_int,)),
    "EC_GROUP_free": (None, (c_void_p,)),
    "EC_POINT_new": (c_void_p, (c_void_p,)),
    "EC_POINT_free": (None, (c_void_p,)),
    "EC_POINT_mul": (c_int, (c_void_p,) * 6),
    "EC_POINT_oct2point": (c_int, (c_void_p, c_void_p, c_char_p, c_size_t, c_void_p)),
    "EC_POINT_point2oct": (c_size_t, (c_void_p, c_void_p, c_int, c_char_p, c_size_t, c_void_p)),
    "EVP_MD_fetch": (c_void_p, (c_void_p, c_char_p, c_char_p)),
    "EVP_MD_free": (None, (c_void_p,)),
    "EVP_MD_CTX_new": (c_void_p, ()),
    "EVP_MD_CTX_free": (None, (c_void_p,)),
    "EVP_MD_CTX_set_pkey_ctx": (None, (c_void_p, c_void_p)),
    "EVP_PKEY_free": (None, (c_void_p,)),
    "EVP_PKEY_CTX_new_from_name": (c_void_p, (c_void_p, c_char_p, c_char_p)),
    "EVP_PKEY_CTX_new_from_pkey": (c_void_p, (c_void_p, c_void_p, c_char_p)),
    "EVP_PKEY_CTX_free": (None, (c_void_p,)),
    "EVP_PKEY_CTX_set1_id": (c_int, (c_void_p, c_char_p, c_int)),
    "EVP_PKEY_fromdata_init": (c_int, (c_void_p,)),
    "EVP_PKEY_fromdata": (c_int, (c_void_p, POINTER(c_void_p), c_int, POINTER(_Param))),
    "EVP_DigestSignInit_ex": (c_int, (c_void_p, c_void_p, c_char_p, c_void_p, c_char_p, c_void_p, c_void_p)),
    "EVP_DigestSign": (c_int, (c_void_p, c_char_p, POINTER(c_size_t), c_char_p, c_size_t)),
    "EVP_DigestVerifyInit_ex": (c_int, (c_void_p, c_void_p, c_char_p, c_void_p, c_char_p, c_void_p, c_void_p)),
    "EVP_DigestVerify": (c_int, (c_void_p, c_char_p, c_size_t, c_char_p, c_size_t)),
}


class Pkey:
    """One EVP_PKEY, freed with its last user. OpenSSL allows any number of threads to use it at once."""

    __slots__ = ("__weakref__", "pointer")

    def __init__(self, pointer: c_void_p, free: Callable[[c_void_p], None]) -> None:
        self.pointer = pointer
        weakref.finalize(self, free, pointer).atexit = False


class LibCrypto:
    """One loaded OpenSSL 3 libcrypto that has SM2 and SM3.

    Raises AlgorithmMissing when `path` is not such a library. Contexts are made for each operation (about 4% of a
    signature's time) instead of shared, so every method may be called from any thread.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        try:
            self._lib = ctypes.CDLL(path)
            for name, (result, arguments) in _FUNCTIONS.items():
                function = getattr(self._lib, name)
                function.restype, function.argtypes = result, arguments
        except (OSError, AttributeError) as error:
            raise AlgorithmMissing("SM2", detail=f"{path}: {error}") from error
        self._group = c_void_p(self._lib.EC_GROUP_new_by_curve_name(_NID_SM2))
        digest = c_void_p(self._lib.EVP_MD_fetch(None, b"SM3", None))
        context = c_void_p(self._lib.EVP_PKEY_CTX_new_from_name(None, b"SM2", None))
        complete = bool(self._group and digest and context)
        self._lib.EVP_MD_free(digest)
        self._lib.EVP_PKEY_CTX_free(context)
        if not complete:
            self._lib.EC_GROUP_free(self._group)
            raise AlgorithmMissing("SM2", detail=f"{path}: built without SM2 or SM3; {self._take_error()}")

    @property
    def version(self) -> str:
        """The library's own version sentence, for example "OpenSSL 3.0.19 27 Jan 2026"."""
        return bytes(self._lib.OpenSSL_version(0)).decode()

    def _take_error(self) -> str:
        code = self._lib.ERR_peek_last_error()
        buffer = ctypes.create_string_buffer(256)
        self._lib.ERR_error_string_n(code, buffer, len(buffer))
        self._lib.ERR_clear_error()
        return buffer.value.decode(errors="replace") if code else "no reason given"

    def _require(self, outcome: int | None, what: str) -> None:
        if not outcome or outcome < 0:
            raise RuntimeError(f"libcrypto: {what}: {self._take_error()}")

    @contextmanager
    def _point(self) -> Iterator[c_void_p]:
        point = c_void_p(self._lib.EC_POINT_new(self._group))
        self._require(point.value, "EC_POINT_new")
        try:
            yield point
        finally:
            self._lib.EC_POINT_free(point)

    def _uncompressed(self, point: c_void_p) -> bytes:
        buffer = ctypes.create_string_buffer(65)
        size = self._lib.EC_POINT_point2oct(self._group, point, _POINT_UNCOMPRESSED, buffer, len(buffer), None)
        if size != len(buffer):
            raise KeyInvalid(f"not a usable SM2 point: {self._take_error()}")
        return buffer.raw

    def point_from_octets(self, octets: bytes) -> bytes:
        """Return the 65-byte uncompressed form of a 33- or 65-byte SM2 point; KeyInvalid if it is off the curve."""
        with self._point() as point:
            if self._lib.EC_POINT_oct2point(self._group, point, octets, len(octets), None) != 1:
                raise KeyInvalid(f"not a point of the SM2 curve: {self._take_error()}")
            return self._uncompressed(point)

    def point_from_scalar(self, scalar: bytes) -> bytes:
        """Return the public point (65 bytes) of a private scalar (big-endian)."""
        number = c_void_p(self._lib.BN_bin2bn(scalar, len(scalar), None))
        self._require(number.value, "BN_bin2bn")
        try:
            with self._point() as point:
                outcome = self._lib.EC_POINT_mul(self._group, point, number, None, None, None)
                self._require(outcome, "EC_POINT_mul")
                return self._uncompressed(point)
        finally:
            self._lib.BN_clear_free(number)

    def sm2_key(self, point: bytes, *, scalar: bytes | None = None) -> Pkey:
        """Load an SM2 key: a public point, with its private scalar (32 bytes, big-endian) when signing is wanted."""
        items = [(b"group", _PARAM_UTF8, b"SM2"), (b"pub", _PARAM_OCTETS, point)]
        if scalar is not None:
            native = scalar if sys.byteorder == "big" else scalar[::-1]
            items.append((b"priv", _PARAM_UNSIGNED, native))
        buffers = [ctypes.create_string_buffer(data, len(data)) for _, _, data in items]
        parameters = (_Param * (len(items) + 1))()
        for index, ((name, kind, data), buffer) in enumerate(zip(items, buffers, strict=True)):
            parameters[index] = _Param(name, kind, ctypes.addressof(buffer), len(data), _PARAM_UNMODIFIED)
        context = c_void_p(self._lib.EVP_PKEY_CTX_new_from_name(None, b"SM2", None))
        self._require(context.value, "EVP_PKEY_CTX_new_from_name")
        pointer = c_void_p()
        selection = _SELECT_PUBLIC_KEY if scalar is None else _SELECT_KEY_PAIR
        try:
            self._require(self._lib.EVP_PKEY_fromdata_init(context), "EVP_PKEY_fromdata_init")
            outcome = self._lib.EVP_PKEY_fromdata(context, ctypes.byref(pointer), selection, parameters)
            if outcome != 1:
                raise KeyInvalid(f"not an SM2 key: {self._take_error()}")
        finally:
            self._lib.EVP_PKEY_CTX_free(context)
        return Pkey(pointer, self._lib.EVP_PKEY_free)

    @contextmanager
    def _digest_context(self, key: Pkey, user_id: bytes) -> Iterator[c_void_p]:
        """A digest context bound to the signer's distinguishing id: OpenSSL has no default for it."""
        context = c_void_p(self._lib.EVP_MD_CTX_new())
        key_context = c_void_p(self._lib.EVP_PKEY_CTX_new_from_pkey(None, key.pointer, None))
        try:
            self._require(context.value, "EVP_MD_CTX_new")
            self._require(key_context.value, "EVP_PKEY_CTX_new_from_pkey")
            outcome = self._lib.EVP_PKEY_CTX_set1_id(key_context, user_id, len(user_id))
            self._require(outcome, "EVP_PKEY_CTX_set1_id")
            self._lib.EVP_MD_CTX_set_pkey_ctx(context, key_context)
            yield context
        finally:
            self._lib.EVP_MD_CTX_free(context)
            self._lib.EVP_PKEY_CTX_free(key_context)

    def sm2_sign(self, key: Pkey, message: bytes, *, user_id: bytes) -> bytes:
        """Return the DER signature of `message` (SM3 over the id's prefix and the message)."""
        with self._digest_context(key, user_id) as context:
            outcome = self._lib.EVP_DigestSignInit_ex(context, None, b"SM3", None, None, key.pointer, None)
            self._require(outcome, "EVP_DigestSignInit_ex")
            buffer = ctypes.create_string_buffer(_MAX_DER_SIGNATURE)
            size = c_size_t(len(buffer))
            outcome = self._lib.EVP_DigestSign(context, buffer, ctypes.byref(size), message, len(message))
            self._require(outcome, "EVP_DigestSign")
            return buffer.raw[: size.value]

    def sm2_verify(self, key: Pkey, message: bytes, der: bytes, *, user_id: bytes) -> bool:
        """Return whether `der` is a signature of `message`; anything but a clear yes is False."""
        with self._digest_context(key, user_id) as context:
            outcome = self._lib.EVP_DigestVerifyInit_ex(context, None, b"SM3", None, None, key.pointer, None)
            self._require(outcome, "EVP_DigestVerifyInit_ex")
            accepted: bool = self._lib.EVP_DigestVerify(context, der, len(der), message, len(message)) == 1
            if not accepted:
                self._lib.ERR_clear_error()
            return accepted


def bundled_libraries() -> list[Path]:
    """Return the libcrypto 3 copies shipped inside the psycopg[binary] wheel (none when it is not installed)."""
    spec = importlib.util.find_spec("psycopg_binary")
    if spec is None or spec.origin is None:
        return []
    package = Path(spec.origin).parent
    wheel_folders = (package.parent / "psycopg_binary.libs", package / ".dylibs")
    return [found for folder in wheel_folders for found in sorted(folder.glob("libcrypto*3*"))]


def find_libcrypto(*, system_names: Iterable[str] = SYSTEM_NAMES, bundled: Iterable[Path] | None = None) -> LibCrypto:
    """Load the first library that has SM2: the system's, else the one inside psycopg[binary].

    Some distributions build OpenSSL without SM2, so finding a file is not enough; each candidate is asked.
    Raises AlgorithmMissing with the reason for every candidate.
    """
    copies = bundled_libraries() if bundled is None else bundled
    reasons = []
    for candidate in (*system_names, *map(str, copies)):
        try:
            return LibCrypto(candidate)
        except AlgorithmMissing as error:
            reasons.append(error.detail)
    raise AlgorithmMissing("SM2", detail="; ".join(reasons) or "no libcrypto 3 to try")


@functools.cache
def default_libcrypto() -> LibCrypto:
    """The library this process uses, found once."""
    return find_libcrypto()
