"""C2SP signed notes and checkpoints: the text by which a log commits to its tree, and who has signed it.

Formats: https://c2sp.org/signed-note and https://c2sp.org/tlog-checkpoint. Four signature types are known here; the last two are
those of witnesses (bedrock/cosignatures.py).

=====================  ================================================  =========================  ============  ===========
algorithm              type bytes                                        public key                 signature     key id hash
=====================  ================================================  =========================  ============  ===========
`ed25519`              0x01                                              32 bytes, RFC 8032         64 bytes      SHA-256
`sm2sm3`               0xff, then "xuefen.org/sm2sm3\\n"                  65 bytes, 0x04 || X || Y   64, r || s    SM3
`ed25519-cosignature`  0x04                                              32 bytes                   8 time || 64  SHA-256
`sm2sm3-cosignature`   0xff, then "xuefen.org/sm2sm3-cosignature\\n"     65 bytes                   8 time || 64  SM3
=====================  ================================================  =========================  ============  ===========

key id = first 4 bytes of hash(key name || 0x0A || type bytes || public key); verifier key = name, "+", key id in 8
lower-case hex digits, "+", base64(type bytes || public key). 0xff is the standard's door for types without a number of
their own, to be followed by a name nobody else will use; who does not know it ignores such signatures, as readers must.
SM2 signatures are over SM3 of the note text with the default user id 1234567812345678 (GB/T 32918, GM/T 0009).

Keys are passed in: anything shaped like the protocols below will do.
"""

from xuefen.bedrock.notes.checkpoints import Checkpoint
from xuefen.bedrock.notes.keys import (
    KeySigner,
    KeyVerifier,
    NoteInvalid,
    NoteMalformed,
    NoteSigner,
    NoteUnverified,
    NoteVerifier,
    PrivateKey,
    PublicKey,
    SignatureInvalid,
    UnknownAlgorithm,
    VerifierKey,
    key_id,
    key_id_of,
)
from xuefen.bedrock.notes.signed import (
    MAX_NOTE_BYTES,
    MAX_SIGNATURES,
    Note,
    Signature,
    add_signatures,
    cosign,
    open_note,
    parse_note,
    read_signatures,
    sign_note,
    signature_by,
)

__all__ = [
    "MAX_NOTE_BYTES",
    "MAX_SIGNATURES",
    "Checkpoint",
    "KeySigner",
    "KeyVerifier",
    "Note",
    "NoteInvalid",
    "NoteMalformed",
    "NoteSigner",
    "NoteUnverified",
    "NoteVerifier",
    "PrivateKey",
    "PublicKey",
    "Signature",
    "SignatureInvalid",
    "UnknownAlgorithm",
    "VerifierKey",
    "add_signatures",
    "cosign",
    "key_id",
    "key_id_of",
    "open_note",
    "parse_note",
    "read_signatures",
    "sign_note",
    "signature_by",
]
