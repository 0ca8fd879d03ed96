"""Verifiable credentials as the W3C writes them: linked data, its canonical form, Data Integrity proofs, status lists.

Nothing here reads a network, a clock or a key store. The contexts are package data (contexts/README.md).
"""

from xuefen.bedrock.vc.bits import BitsInvalid, decode_bits, encode_bits
from xuefen.bedrock.vc.linked import NotLinked, known_contexts, quads_of
from xuefen.bedrock.vc.multibase import MultibaseInvalid, did_key, key_of_method, multikey, read_multikey
from xuefen.bedrock.vc.proofs import CRYPTOSUITE, ProofCheck, ProofState, check_proof, proofs_of, prove, without_proof
from xuefen.bedrock.vc.rdfc import MOST_WORK, Quad, TooMuchWork, canonical_quads

__all__ = [
    "CRYPTOSUITE",
    "MOST_WORK",
    "BitsInvalid",
    "MultibaseInvalid",
    "NotLinked",
    "ProofCheck",
    "ProofState",
    "Quad",
    "TooMuchWork",
    "canonical_quads",
    "check_proof",
    "decode_bits",
    "did_key",
    "encode_bits",
    "key_of_method",
    "known_contexts",
    "multikey",
    "proofs_of",
    "prove",
    "quads_of",
    "read_multikey",
    "without_proof",
]
