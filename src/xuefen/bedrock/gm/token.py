"""A PKCS#11 token (hardware module, or SoftHSM) that keeps keys nobody can read out.

Ed25519 keys are made and used inside. What a token does not compute (SM2 in most of them, and the bank's symmetric secrets)
stays in key files that only the token opens: their passphrase is finished by an HMAC under a key that never leaves it.
"""

import os
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal, Protocol, TypeVar
from urllib.parse import parse_qs, unquote

from xuefen.bedrock.gm.errors import GmError
from xuefen.bedrock.gm.signatures import Ed25519PublicKey, Signer

_T = TypeVar("_T")
_ED25519 = "1.3.101.112"


class TokenUnusable(GmError):
    """The token cannot be reached, refused the PIN, or does not hold what the ring says."""

    def __init__(self, detail: str, zh: str) -> None:
        super().__init__(f"the PKCS#11 token cannot be used: {detail} / 密码令牌无法使用：{zh}")


class Token(Protocol):
    """What the key folder asks of a token. Every method raises TokenUnusable."""

    def makes(self, kind: str) -> bool:
        """Return whether keys of this kind are made and used inside."""

    def generate(self, purpose: str) -> tuple[str, Signer]:
        """Make a signing key inside; return the label it is found by and its signer."""

    def signer(self, label: str, public: bytes) -> Signer:
        """Return the signer of a key made before; TokenUnusable when it is not there."""

    def finish(self, passphrase: str, *, name: str, new: bool = False) -> str:
        """Return the passphrase of the file called `name`, which nobody can compute without the token. For a `new` file the
        token's own key is made when there is none yet.
        """

    def destroy(self, label: str) -> None:
        """Destroy a key; one that is gone already is fine."""


@dataclass(frozen=True, slots=True)
class TokenAddress:
    """Where a token is, as a PKCS#11 URI (RFC 7512) spells it."""

    module: str
    token: str
    name: str  # what the labels of this bank's keys begin with
    pin: str = field(repr=False)

    @classmethod
    def parse(cls, uri: str, *, pin: str = "") -> "TokenAddress":
        """Read `pkcs11:token=LABEL[;object=NAME]?module-path=PATH[&pin-source=FILE]`. Raises TokenUnusable."""
        scheme, _, rest = uri.partition(":")
        path, _, query = rest.partition("?")
        told = dict(part.partition("=")[::2] for part in path.split(";") if part)
        asked = {key: values[0] for key, values in parse_qs(query, keep_blank_values=True).items()}
        if scheme != "pkcs11" or not told.get("token") or not asked.get("module-path"):
            raise TokenUnusable(
                "write pkcs11:token=LABEL?module-path=/path/to/module.so",
                "请写成 pkcs11:token=标签?module-path=/模块路径.so",
            )
        unknown = (set(told) - {"token", "object"}) | (set(asked) - {"module-path", "pin-source"})
        if unknown:
            raise TokenUnusable(f"unknown attribute {min(unknown)!r}", f"不认识的属性 {min(unknown)!r}")
        source = asked.get("pin-source", "").removeprefix("file:")
        try:
            pin = Path(source).read_text(encoding="utf-8").strip() if source else pin
        except OSError as error:
            raise TokenUnusable(f"PIN file: {error}", f"PIN 文件读不出：{error}") from error
        return cls(asked["module-path"], unquote(told["token"]), unquote(told.get("object", "xuefen")), pin)


class TokenSigner:
    """An Ed25519 key that stays in the token."""

    algorithm: ClassVar[Literal["ed25519"]] = "ed25519"

    __slots__ = ("_sign", "public")

    def __init__(self, sign: Callable[[bytes], bytes], public: Ed25519PublicKey) -> None:
        self._sign = sign
        self.public = public

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte signature of `message`."""
        return self._sign(message)

    def __repr__(self) -> str:
        return f"TokenSigner(public={self.public.raw.hex()})"


class Pkcs11Token:
    """One token behind one session per process. Safe to share between threads, and after a fork."""

    def __init__(self, address: TokenAddress) -> None:
        self._address = address
        self._lock = threading.Lock()
        self._pid = 0
        self._session: Any = None
        self._found: dict[str, Any] = {}

    def makes(self, kind: str) -> bool:
        """Return whether keys of this kind are made and used inside: Ed25519, where the token computes it."""
        if kind != "ed25519":
            return False
        return self._do(lambda p, session: p.Mechanism.EDDSA in session.token.slot.get_mechanisms())

    def generate(self, purpose: str) -> tuple[str, Signer]:
        """Make an Ed25519 key inside, never to be read out, and try it."""
        label = f"{self._address.name}.{purpose}.{secrets.token_hex(4)}"

        def make(p: Any, session: Any) -> bytes:
            curve = p.util.ec.encode_named_curve_parameters(_ED25519)
            domain = session.create_domain_parameters(p.KeyType.EC_EDWARDS, {p.Attribute.EC_PARAMS: curve}, local=True)
            public, _ = domain.generate_keypair(
                mechanism=p.Mechanism.EC_EDWARDS_KEY_PAIR_GEN,
                store=True,
                label=label,
                private_template={p.Attribute.SENSITIVE: True, p.Attribute.EXTRACTABLE: False},
            )
            return bytes(public[p.Attribute.EC_POINT])[-32:]  # some tokens tell the bare point, most an OCTET STRING

        signer = self.signer(label, self._do(make))
        if not signer.public.verify(b"xuefen", signer.sign(b"xuefen")):
            raise TokenUnusable("its Ed25519 signatures do not verify", "它的 Ed25519 签名验证不过")
        return label, signer

    def signer(self, label: str, public: bytes) -> Signer:
        """Return the signer of a key made before; TokenUnusable when the token holds none of this name."""
        self._do(lambda p, session: self._find(p, session, p.ObjectClass.PRIVATE_KEY, label))

        def sign(message: bytes) -> bytes:
            return self._do(
                lambda p, session: bytes(
                    self._find(p, session, p.ObjectClass.PRIVATE_KEY, label).sign(message, mechanism=p.Mechanism.EDDSA)
                )
            )

        return TokenSigner(sign, Ed25519PublicKey(public))

    def finish(self, passphrase: str, *, name: str, new: bool = False) -> str:
        """Return `passphrase` followed by the token's HMAC-SHA-256 of the file's name."""
        label = f"{self._address.name}.seal"

        def mac(p: Any, session: Any) -> str:
            try:
                key = self._find(p, session, p.ObjectClass.SECRET_KEY, label)
            except p.NoSuchKey:
                if not new:
                    raise
                key = session.generate_key(
                    p.KeyType.GENERIC_SECRET,
                    256,
                    label=label,
                    store=True,
                    mechanism=p.Mechanism.GENERIC_SECRET_KEY_GEN,
                    capabilities=p.MechanismFlag.SIGN,
                    template={p.Attribute.SENSITIVE: True, p.Attribute.EXTRACTABLE: False},
                )
            return bytes(key.sign(f"xuefen:{name}".encode(), mechanism=p.Mechanism.SHA256_HMAC)).hex()

        return passphrase + self._do(mac)

    def destroy(self, label: str) -> None:
        """Destroy both halves of a key; one that is gone already is fine."""

        def remove(p: Any, session: Any) -> None:
            self._found.pop(label, None)
            for found in list(session.get_objects({p.Attribute.LABEL: label})):
                found.destroy()

        self._do(remove)

    # --- the session -------------------------------------------------------------------------------------------------

    def _find(self, p: Any, session: Any, kind: Any, label: str) -> Any:
        if label not in self._found:
            self._found[label] = session.get_key(object_class=kind, label=label)
        return self._found[label]

    def _do(self, act: Callable[[Any, Any], _T]) -> _T:
        """Act in this process's session; one that broke (a network module restarted) is opened once more."""
        try:
            import pkcs11
        except ImportError as error:
            raise TokenUnusable("install xuefen[pkcs11]", "请安装 xuefen[pkcs11]") from error
        with self._lock:
            try:
                return act(pkcs11, self._opened(pkcs11))
            except pkcs11.NoSuchKey as error:
                raise TokenUnusable("it holds no such key", "里面没有这把密钥") from error
            except (pkcs11.SessionHandleInvalid, pkcs11.SessionClosed, pkcs11.DeviceError, pkcs11.UserNotLoggedIn):
                self._session = None
            except pkcs11.PKCS11Error as error:
                raise _unusable(error) from error
            try:
                return act(pkcs11, self._opened(pkcs11))
            except pkcs11.PKCS11Error as error:
                raise _unusable(error) from error

    def _opened(self, p: Any) -> Any:
        if self._session is None or self._pid != os.getpid():
            library = p.lib(self._address.module)
            if self._pid not in (0, os.getpid()):
                library.reinitialize()  # a forked child may not use its parent's session
            token = library.get_token(token_label=self._address.token)
            try:
                self._session = token.open(rw=True, user_pin=self._address.pin)
            except p.UserAlreadyLoggedIn:  # another folder of this process uses the token too
                self._session = token.open(rw=True)
            self._pid, self._found = os.getpid(), {}
        return self._session


def _unusable(error: Exception) -> TokenUnusable:
    detail = f"{type(error).__name__} {error}".strip()
    return TokenUnusable(detail, detail)
