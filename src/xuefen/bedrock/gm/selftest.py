"""Known-answer tests a node runs once before it serves anyone."""

from cryptography.exceptions import InternalError

from xuefen.bedrock.gm.errors import AlgorithmMissing, DecryptionFailed
from xuefen.bedrock.gm.sm2 import SM2PrivateKey
from xuefen.bedrock.gm.sm3 import hmac_sm3, sm3
from xuefen.bedrock.gm.sm4 import open_sealed, seal, sm4_permute

# GB/T 32918.5-2017 annex A, GB/T 32905-2016 A.1, GB/T 32907-2016 A.1.
_SM2_SCALAR = bytes.fromhex("3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8")
_SM2_POINT = bytes.fromhex(
    "0409F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020"
    "CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13"
)
_SM2_SIGNATURE = bytes.fromhex(
    "F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3"
    "B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA"
)
_SM2_MESSAGE = b"message digest"
_SM3_ABC = bytes.fromhex("66C7F0F462EEEDD9D1F2D46BDC10E4E24167C4875CF2F7A2297DA02B8F4BA8E0")
_SM4_KEY = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210")
_SM4_CIPHER = bytes.fromhex("681EDF34D206965E86B3E94F536E4246")


def _sm2_works() -> bool:
    key = SM2PrivateKey(_SM2_SCALAR)
    return (
        key.public.raw == _SM2_POINT
        and key.public.verify(_SM2_MESSAGE, _SM2_SIGNATURE)
        and not key.public.verify(_SM2_MESSAGE + b".", _SM2_SIGNATURE)
        and key.public.verify(_SM2_MESSAGE, key.sign(_SM2_MESSAGE))
    )


def _sm3_works() -> bool:
    return sm3(b"abc") == _SM3_ABC and len(hmac_sm3(b"key", b"abc")) == len(_SM3_ABC)


def _sm4_works() -> bool:
    if sm4_permute(_SM4_KEY, _SM4_KEY) != _SM4_CIPHER:
        return False
    sealed = seal(_SM4_KEY, b"abc", aad=b"self-test")
    try:
        open_sealed(_SM4_KEY, sealed, aad=b"another")
    except DecryptionFailed:
        return open_sealed(_SM4_KEY, sealed, aad=b"self-test") == b"abc"
    return False


def selftest() -> None:
    """Check SM2, SM3 and SM4 against their standards' examples (a few milliseconds).

    Raises AlgorithmMissing naming every algorithm that is absent or gives a wrong answer.
    """
    missing: list[str] = []
    details: list[str] = []
    for name, works in (("SM3", _sm3_works), ("SM4", _sm4_works), ("SM2", _sm2_works)):
        try:
            if not works():
                missing.append(name)
                details.append(f"{name} gives a wrong answer")
        except AlgorithmMissing as error:
            missing.extend(set(error.algorithms) - set(missing))
            details.append(error.detail)
        except (InternalError, RuntimeError) as error:  # a library restricted by policy fails in its own way
            missing.append(name)
            details.append(f"{name}: {type(error).__name__}")
    if missing:
        raise AlgorithmMissing(*missing, detail="; ".join(details))
