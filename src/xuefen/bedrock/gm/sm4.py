"""SM4 (GB/T 32907-2016) in Galois/Counter mode: sealing of small personal data and of data keys.

`cryptography` offers SM4-GCM only through its cipher objects, not as an AEAD class; a fresh cipher object for
every record costs about 5 microseconds, which is fast enough to need no caching and so no locking.
"""

import os

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from xuefen.bedrock.gm.errors import AlgorithmMissing, DecryptionFailed

KEY_SIZE = 16
NONCE_SIZE = 12
TAG_SIZE = 16


def _algorithm(key: bytes) -> algorithms.SM4:
    if len(key) != KEY_SIZE:
        raise ValueError(f"an SM4 key has {KEY_SIZE} bytes, not {len(key)}")
    return algorithms.SM4(key)


def sm4_gcm_encrypt(key: bytes, plaintext: bytes, *, nonce: bytes, aad: bytes = b"") -> bytes:
    """Encrypt under an explicit nonce and return ciphertext || 16-byte tag.

    The nonce (8 to 128 bytes, 12 is usual) must never repeat under one key; `seal` takes care of that.
    Raises ValueError for a key or nonce of the wrong length.
    """
    try:
        encryptor = Cipher(_algorithm(key), modes.GCM(nonce)).encryptor()
    except UnsupportedAlgorithm as error:
        raise AlgorithmMissing("SM4-GCM", detail=str(error)) from error
    encryptor.authenticate_additional_data(aad)
    return encryptor.update(plaintext) + encryptor.finalize() + encryptor.tag


def sm4_gcm_decrypt(key: bytes, ciphertext_and_tag: bytes, *, nonce: bytes, aad: bytes = b"") -> bytes:
    """Undo `sm4_gcm_encrypt`; raise DecryptionFailed unless every byte is as it was written."""
    if len(ciphertext_and_tag) < TAG_SIZE:
        raise DecryptionFailed
    mode = modes.GCM(nonce, ciphertext_and_tag[-TAG_SIZE:])
    try:
        decryptor = Cipher(_algorithm(key), mode).decryptor()
    except UnsupportedAlgorithm as error:
        raise AlgorithmMissing("SM4-GCM", detail=str(error)) from error
    decryptor.authenticate_additional_data(aad)
    plaintext = decryptor.update(ciphertext_and_tag[:-TAG_SIZE])
    try:
        return plaintext + decryptor.finalize()
    except InvalidTag:
        raise DecryptionFailed from None


def seal(key: bytes, plaintext: bytes, *, aad: bytes = b"") -> bytes:
    """Return a random 12-byte nonce || ciphertext || 16-byte tag: 28 bytes longer than `plaintext`.

    With random nonces one key should seal no more than 2**32 records (NIST SP 800-38D); `aad` is bound, not stored.
    """
    nonce = os.urandom(NONCE_SIZE)
    return nonce + sm4_gcm_encrypt(key, plaintext, nonce=nonce, aad=aad)


def open_sealed(key: bytes, sealed: bytes, *, aad: bytes = b"") -> bytes:
    """Undo `seal`; raise DecryptionFailed for bytes changed or cut, another key, or another `aad`."""
    if len(sealed) < NONCE_SIZE + TAG_SIZE:
        raise DecryptionFailed
    return sm4_gcm_decrypt(key, sealed[NONCE_SIZE:], nonce=sealed[:NONCE_SIZE], aad=aad)


def sm4_permute(key: bytes, blocks: bytes) -> bytes:
    """Apply the bare SM4 permutation to each 16-byte block.

    Published worked examples are given in this form. It hides no patterns, so never use it on data.
    """
    try:
        encryptor = Cipher(_algorithm(key), modes.ECB()).encryptor()  # noqa: S305 - the primitive itself is meant
    except UnsupportedAlgorithm as error:
        raise AlgorithmMissing("SM4", detail=str(error)) from error
    return encryptor.update(blocks) + encryptor.finalize()
