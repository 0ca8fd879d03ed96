"""SM3, the hash of GB/T 32905-2016, through the interpreter's own OpenSSL."""

import functools
import hashlib
import hmac

from xuefen.bedrock.gm.errors import AlgorithmMissing


@functools.cache
def _fresh() -> "hashlib._Hash":
    """An empty hash to copy: looking the algorithm up by name takes longer than hashing a short text."""
    try:
        return hashlib.new("sm3")
    except ValueError as error:
        raise AlgorithmMissing("SM3", detail=str(error)) from error


def sm3(data: bytes) -> bytes:
    """Return the 32-byte SM3 digest of `data`; raise AlgorithmMissing when the interpreter lacks SM3."""
    digest = _fresh().copy()
    digest.update(data)
    return digest.digest()


def hmac_sm3(key: bytes, data: bytes) -> bytes:
    """Return the 32-byte HMAC (RFC 2104) of `data` under `key` with SM3."""
    try:
        return hmac.digest(key, data, "sm3")
    except ValueError as error:
        raise AlgorithmMissing("SM3", detail=str(error)) from error
