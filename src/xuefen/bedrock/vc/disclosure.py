"""JSON Web Tokens whose holder chooses what to show: SD-JWT (RFC 9901). The signature is made and checked elsewhere.

An issuer marks with ``Hidden`` what may be left out; ``conceal`` puts salted digests there and hands out the disclosures;
``reveal`` puts back what somebody chose to show, and refuses everything the RFC tells a verifier to refuse.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256, sha384, sha512
from typing import Any

from xuefen.bedrock import canon
from xuefen.bedrock.vc.multibase import MultibaseInvalid, decode_base64url, encode_u

SEPARATOR = "~"
_HASHES = {"sha-256": sha256, "sha-384": sha384, "sha-512": sha512}
_MOST = 10_000
_DEEPEST = 30


class DisclosureInvalid(ValueError):
    """Disclosures that do not belong to the token, or a token nobody may read that way."""


@dataclass(frozen=True, slots=True)
class Hidden:
    """A value its holder may leave out."""

    value: Any


def conceal(claims: Mapping[str, Any], *, salt: Callable[[str], bytes]) -> tuple[dict[str, Any], dict[str, str]]:
    """The payload with digests in place of what is hidden, and the disclosures by path ("outcomes/0/grade").

    ``salt`` gives 16 bytes or more for a path, which nobody may guess who does not see the disclosure.
    """
    out: dict[str, str] = {}
    payload = _concealed(dict(claims), "", salt=salt, out=out)
    return {**payload, "_sd_alg": "sha-256"}, dict(sorted(out.items()))


def _concealed(value: Any, path: str, *, salt: Callable[[str], bytes], out: dict[str, str]) -> Any:
    def told(inner: Hidden, at: str, *name: str) -> str:
        content = [encode_u(salt(at))[1:], *name, _concealed(inner.value, at, salt=salt, out=out)]
        out[at] = encode_u(canon.canonical(content))[1:]
        return _digest(out[at], sha256)

    if isinstance(value, list):
        return [
            {"...": told(inner, f"{path}/{n}")}
            if isinstance(inner, Hidden)
            else _concealed(inner, f"{path}/{n}", salt=salt, out=out)
            for n, inner in enumerate(value)
        ]
    if not isinstance(value, dict):
        return value
    plain: dict[str, Any] = {}
    digests: list[str] = []
    for name, inner in value.items():
        at = f"{path}/{name}".lstrip("/")
        if isinstance(inner, Hidden):
            digests.append(told(inner, at, name))
        else:
            plain[name] = _concealed(inner, at, salt=salt, out=out)
    return {**plain, "_sd": sorted(digests)} if digests else plain


def chosen(disclosures: Mapping[str, str], paths: Collection[str]) -> list[str]:
    """The disclosures of these paths, and of what they lie in."""
    wanted = {"/".join(parts[: n + 1]) for parts in (path.split("/") for path in paths) for n in range(len(parts))}
    return [text for path, text in disclosures.items() if path in wanted]


def combined(token: str, disclosures: Sequence[str]) -> str:
    """Token and disclosures as one text."""
    return SEPARATOR.join((token, *disclosures, ""))


def split(text: str) -> tuple[str, list[str], str]:
    """Token, disclosures and key binding ("" when there is none). Raises DisclosureInvalid."""
    token, *rest = text.strip().split(SEPARATOR)
    if not rest or len(rest) > _MOST:
        raise DisclosureInvalid("no disclosures, or too many")
    return token, rest[:-1], rest[-1]


def digest_of(presented: str, payload: Mapping[str, Any]) -> str:
    """What a key binding signs: the digest of token and disclosures, up to the last "~". Raises DisclosureInvalid."""
    algorithm = payload.get("_sd_alg", "sha-256")
    if not isinstance(algorithm, str) or algorithm not in _HASHES:
        raise DisclosureInvalid("a digest of an unknown kind")
    return _digest(presented, _HASHES[algorithm])


def reveal(payload: Mapping[str, Any], disclosures: Sequence[str]) -> dict[str, Any]:
    """The claims with what the disclosures show. Raises DisclosureInvalid."""
    algorithm = payload.get("_sd_alg", "sha-256")
    if not isinstance(algorithm, str) or algorithm not in _HASHES:
        raise DisclosureInvalid("a digest of an unknown kind")
    read = [(_read(text), text) for text in disclosures]
    given = {_digest(text, _HASHES[algorithm]): told for told, text in read}
    if len(given) != len(disclosures):
        raise DisclosureInvalid("a disclosure twice")
    walk = _Walk(given)
    found: dict[str, Any] = walk.through({name: value for name, value in payload.items() if name != "_sd_alg"})
    if walk.left:
        raise DisclosureInvalid("a disclosure that belongs nowhere")
    return found


class _Walk:
    """One pass through a payload; what was used and what was seen."""

    def __init__(self, given: Mapping[str, list[Any]]) -> None:
        self.given = given
        self.left = set(given)
        self.seen: set[str] = set()

    def through(self, value: Any, depth: int = 0) -> Any:
        if depth > _DEEPEST:
            raise DisclosureInvalid("nested too deeply")
        if isinstance(value, list):
            return list(self._entries(value, depth))
        if not isinstance(value, dict):
            return value
        found = {name: self.through(inner, depth + 1) for name, inner in value.items() if name != "_sd"}
        if "..." in found or (depth and "_sd_alg" in found):
            raise DisclosureInvalid("a reserved name")
        digests = value.get("_sd", [])
        if not isinstance(digests, list):
            raise DisclosureInvalid("_sd")
        for digest in digests:
            told = self._take(digest, parts=3)
            if told is None:
                continue
            _, name, inner = told
            if not isinstance(name, str) or name in ("_sd", "...") or name in value or name in found:
                raise DisclosureInvalid("a name that is taken")
            found[name] = self.through(inner, depth + 1)
        return found

    def _entries(self, entries: list[Any], depth: int) -> Iterator[Any]:
        for entry in entries:
            if not (isinstance(entry, dict) and "..." in entry):
                yield self.through(entry, depth + 1)
                continue
            if len(entry) != 1:
                raise DisclosureInvalid("a reserved name")
            told = self._take(entry["..."], parts=2)
            if told is not None:
                yield self.through(told[1], depth + 1)

    def _take(self, digest: Any, *, parts: int) -> list[Any] | None:
        """The disclosure of a digest, None when it was not shown. No digest may stand in two places."""
        if not isinstance(digest, str) or digest in self.seen:
            raise DisclosureInvalid("a digest twice")
        self.seen.add(digest)
        told = self.given.get(digest)
        if told is None:
            return None
        if len(told) != parts:
            raise DisclosureInvalid("a disclosure in the wrong place")
        self.left.discard(digest)
        return told


def _read(text: str) -> list[Any]:
    try:
        told = canon.parse_canonical(decode_base64url(text))
    except (MultibaseInvalid, canon.NotCanonical) as error:
        raise DisclosureInvalid("not a disclosure") from error
    if not isinstance(told, list) or len(told) not in (2, 3) or not isinstance(told[0], str):
        raise DisclosureInvalid("not a disclosure")
    return told


def _digest(text: str, algorithm: Callable[[bytes], Any]) -> str:
    return encode_u(algorithm(text.encode("ascii")).digest())[1:]
