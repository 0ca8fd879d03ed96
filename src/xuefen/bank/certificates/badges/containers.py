"""What a badge may be wrapped in: a PNG with a text chunk, an SVG with an element, a JSON Web Token."""

from __future__ import annotations

import json
import re
import struct
import zlib
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from xuefen.bedrock import canon
from xuefen.bedrock.gm import GmError, load_public
from xuefen.bedrock.vc import MultibaseInvalid, key_of_method, multibase, multikey

PNG = b"\x89PNG\r\n\x1a\n"
_TOKEN = re.compile(rb"\s*[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+(~[A-Za-z0-9_~.-]*)?\s*")
_SVG_HEAD = re.compile(rb"\s*(<\?xml|<!--|<!DOCTYPE svg|<svg|<[A-Za-z]+:svg)")
BADGE_CHUNK, OLD_CHUNK = b"openbadgecredential", b"openbadges"
BADGE_SPACE, OLD_SPACE = "https://purl.imsglobal.org/ob/v3p0", "http://openbadges.org"
_RSA_BITS = range(2048, 8193)


class NoBadge(Exception):
    """``why``: "empty" no badge inside, "old" one of version 2, "many" several of them, "unreadable" neither sound nor whole."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why)


def is_token(data: bytes) -> bool:
    """Whether this is a JSON Web Token by its looks, with or without disclosures."""
    return _TOKEN.fullmatch(data) is not None


def is_svg(data: bytes) -> bool:
    """Whether this is an SVG by its looks."""
    return _SVG_HEAD.match(data.removeprefix(b"\xef\xbb\xbf")) is not None and b"svg" in data[:4096]


def from_png(data: bytes) -> bytes:
    """The credential in a baked PNG. Raises NoBadge."""
    found, old, at = [], False, len(PNG)
    while at < len(data):
        if at + 12 > len(data):
            raise NoBadge("unreadable")
        (length,) = struct.unpack_from(">I", data, at)
        kind, content = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        end = at + 12 + length
        if end > len(data) or zlib.crc32(kind + content) != struct.unpack_from(">I", data, end - 4)[0]:
            raise NoBadge("unreadable")
        if kind == b"iTXt":
            keyword, _, rest = content.partition(b"\0")
            old = old or keyword == OLD_CHUNK
            if keyword == BADGE_CHUNK:
                found.append(_text_of(rest))
        at = end
        if kind == b"IEND":
            break
    return _only(found, old=old)


def _text_of(rest: bytes) -> bytes:
    """What stands after the keyword: two flags, language, translated keyword, text. Compressed text is not allowed."""
    if rest[:1] != b"\0":
        raise NoBadge("unreadable")
    parts = rest[2:].split(b"\0", 2)
    if len(parts) != 3:
        raise NoBadge("unreadable")
    return parts[2]


def from_svg(data: bytes) -> bytes:
    """The credential in a baked SVG. Raises NoBadge."""
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise NoBadge("unreadable") from error
    found = []
    for element in root.iter(f"{{{BADGE_SPACE}}}credential"):
        told = element.get("verify") or "".join(element.itertext())
        found.append(told.strip().encode())
    return _only(found, old=next(root.iter(f"{{{OLD_SPACE}}}assertion"), None) is not None)


def _only(found: list[bytes], *, old: bool) -> bytes:
    if not found:
        raise NoBadge("old" if old else "empty")
    if len(found) > 1:
        raise NoBadge("many")
    return found[0]


# --- tokens ----------------------------------------------------------------------------------------------------------


def _json_part(part: str) -> dict[str, Any]:
    value = canon.parse_canonical(multibase.decode_base64url(part))
    if not isinstance(value, dict):
        raise NoBadge("unreadable")
    return value


class Token:
    """A JSON Web Token as it stands. Raises NoBadge when it is none."""

    def __init__(self, text: str) -> None:
        try:
            head, body, signature = text.strip().split(".")
            self.header, self.payload = _json_part(head), _json_part(body)
            self.signature = multibase.decode_base64url(signature)
        except (ValueError, MultibaseInvalid, canon.NotCanonical) as error:
            raise NoBadge("unreadable") from error
        self.signed = f"{head}.{body}".encode()

    def check(self) -> tuple[str, str, str]:
        """(state, controller, key) as in ``Examined``. The key is in the header or in a did:key; else it is not fetched."""
        algorithm, jwk, kid = self.header.get("alg"), self.header.get("jwk"), self.header.get("kid")
        issuer = self.payload.get("iss")
        controller = issuer if isinstance(issuer, str) else ""
        if algorithm not in ("RS256", "EdDSA", "ES256") or "crit" in self.header:
            return "unsupported", controller, f"alg {str(algorithm)[:20]}"
        try:
            if isinstance(jwk, dict):
                good, key = {"RS256": self._rsa, "EdDSA": self._okp, "ES256": self._p256}[algorithm](jwk)
            elif isinstance(kid, str) and algorithm == "EdDSA":
                controller, raw = key_of_method(kid)
                good, key = load_public("ed25519", raw).verify(self.signed, self.signature), multikey(raw)
            else:
                return "unsupported", controller, "kid"
        except (MultibaseInvalid, GmError, ValueError, TypeError, KeyError):
            return "unsupported", controller, "jwk, kid"
        return ("good" if good else "wrong"), controller, key

    def signed_by(self, jwk: object) -> bool:
        """Whether the holder of this key signed it; only kinds of keys that wallets have. False for whatever is no key."""
        ways = {"EdDSA": self._okp, "ES256": self._p256}
        algorithm = self.header.get("alg")
        if (
            not isinstance(jwk, dict)
            or not isinstance(algorithm, str)
            or algorithm not in ways
            or "crit" in self.header
        ):
            return False
        try:
            return ways[algorithm](jwk)[0]
        except (MultibaseInvalid, GmError, ValueError, TypeError, KeyError):
            return False

    def _rsa(self, jwk: dict[str, Any]) -> tuple[bool, str]:
        modulus = int.from_bytes(multibase.decode_base64url(jwk["n"]))
        exponent = int.from_bytes(multibase.decode_base64url(jwk["e"]))
        if jwk.get("kty") != "RSA" or modulus.bit_length() not in _RSA_BITS or not 2 < exponent < 2**32:
            raise ValueError("not an RSA key of a sound size")
        key = rsa.RSAPublicNumbers(exponent, modulus).public_key()
        try:
            key.verify(self.signature, self.signed, padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            return False, thumbprint(jwk, ("e", "kty", "n"))
        return True, thumbprint(jwk, ("e", "kty", "n"))

    def _p256(self, jwk: dict[str, Any]) -> tuple[bool, str]:
        if jwk.get("kty") != "EC" or jwk.get("crv") != "P-256" or len(self.signature) != 64:
            raise ValueError("not a P-256 key")
        x, y = (int.from_bytes(multibase.decode_base64url(jwk[name])) for name in ("x", "y"))
        key = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
        halves = (int.from_bytes(half) for half in (self.signature[:32], self.signature[32:]))
        try:
            key.verify(encode_dss_signature(*halves), self.signed, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            return False, thumbprint(jwk, ("crv", "kty", "x", "y"))
        return True, thumbprint(jwk, ("crv", "kty", "x", "y"))

    def _okp(self, jwk: dict[str, Any]) -> tuple[bool, str]:
        if jwk.get("kty") != "OKP" or jwk.get("crv") != "Ed25519":
            raise ValueError("not an Ed25519 key")
        raw = multibase.decode_base64url(jwk["x"])
        return load_public("ed25519", raw).verify(self.signed, self.signature), multikey(raw)


def thumbprint(jwk: dict[str, Any], members: tuple[str, ...]) -> str:
    """A JWK's name (RFC 7638, SHA-256)."""
    digest = hashes.Hash(hashes.SHA256())
    digest.update(json.dumps({name: jwk[name] for name in members}, separators=(",", ":"), sort_keys=True).encode())
    return "jwk:" + multibase.encode_u(digest.finalize())[1:]
