"""Chinese commercial cryptography (SM2, SM3, SM4), Ed25519, P-256, and the files that keep keys."""

from xuefen.bedrock.gm.errors import (
    AlgorithmMissing,
    DecryptionFailed,
    GmError,
    KeyFileDamaged,
    KeyInvalid,
    KeyMissing,
    SignatureMalformed,
    WrongPassphrase,
)
from xuefen.bedrock.gm.keyfile import NamedKey, ScryptCost, read_key_file, write_key_file
from xuefen.bedrock.gm.keyring import Held
from xuefen.bedrock.gm.keys import BANK_PURPOSES, FileKeyProvider, KeyProvider
from xuefen.bedrock.gm.libcrypto import LibCrypto, find_libcrypto
from xuefen.bedrock.gm.p256 import P256PrivateKey, P256PublicKey
from xuefen.bedrock.gm.selftest import selftest
from xuefen.bedrock.gm.signatures import (
    Algorithm,
    Ed25519PrivateKey,
    Ed25519PublicKey,
    PublicKey,
    Signer,
    SigningKey,
    Verifier,
    generate,
    key_id,
    load_private,
    load_public,
)
from xuefen.bedrock.gm.slots import SlotFile, joined
from xuefen.bedrock.gm.sm2 import DEFAULT_USER_ID, SM2PrivateKey, SM2PublicKey, signature_from_der, signature_to_der
from xuefen.bedrock.gm.sm3 import hmac_sm3, sm3
from xuefen.bedrock.gm.sm4 import open_sealed, seal, sm4_gcm_decrypt, sm4_gcm_encrypt
from xuefen.bedrock.gm.token import Pkcs11Token, Token, TokenAddress, TokenUnusable

__all__ = [
    "BANK_PURPOSES",
    "DEFAULT_USER_ID",
    "Algorithm",
    "AlgorithmMissing",
    "DecryptionFailed",
    "Ed25519PrivateKey",
    "Ed25519PublicKey",
    "FileKeyProvider",
    "GmError",
    "Held",
    "KeyFileDamaged",
    "KeyInvalid",
    "KeyMissing",
    "KeyProvider",
    "LibCrypto",
    "NamedKey",
    "P256PrivateKey",
    "P256PublicKey",
    "Pkcs11Token",
    "PublicKey",
    "SM2PrivateKey",
    "SM2PublicKey",
    "ScryptCost",
    "SignatureMalformed",
    "Signer",
    "SigningKey",
    "SlotFile",
    "Token",
    "TokenAddress",
    "TokenUnusable",
    "Verifier",
    "WrongPassphrase",
    "find_libcrypto",
    "generate",
    "hmac_sm3",
    "joined",
    "key_id",
    "load_private",
    "load_public",
    "open_sealed",
    "read_key_file",
    "seal",
    "selftest",
    "signature_from_der",
    "signature_to_der",
    "sm3",
    "sm4_gcm_decrypt",
    "sm4_gcm_encrypt",
    "write_key_file",
]
