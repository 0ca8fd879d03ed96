"""SD-JWT: the examples of RFC 9901, and everything a verifier has to refuse."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest

from xuefen.bedrock.vc import disclosure
from xuefen.bedrock.vc.disclosure import DisclosureInvalid, Hidden


def salt(path: str) -> bytes:
    return sha256(b"test" + path.encode()).digest()[:16]


CLAIMS: dict[str, Any] = {
    "iss": "https://bank.example",
    "name": Hidden("林小禾"),
    "outcomes": Hidden(
        [Hidden({"item": "焊接", "grade": Hidden("86")}), Hidden({"item": "英语", "grade": Hidden("91")})]
    ),
    "place": {"city": Hidden("云岭"), "country": "CN"},
    "languages": ["zh", Hidden("en")],
}


def packed(*parts: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def digest(text: str) -> str:
    return base64.urlsafe_b64encode(sha256(text.encode()).digest()).decode().rstrip("=")


def test_the_digest_of_the_rfc() -> None:
    told = "WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0"
    payload = {"_sd": ["X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0"], "_sd_alg": "sha-256"}
    assert disclosure.reveal(payload, [told]) == {"family_name": "Möbius"}
    entry = "WyJsa2x4RjVqTVlsR1RQVW92TU5JdkNBIiwgIkZSIl0"
    payload = {"nationalities": [{"...": "w0I8EKcdCtUPkGCNUrfwVp2xEgNjtoIDlOxc9-PlOhs"}, "DE"]}
    assert disclosure.reveal(payload, [entry]) == {"nationalities": ["FR", "DE"]}


def test_nothing_everything_and_a_part() -> None:
    payload, told = disclosure.conceal(CLAIMS, salt=salt)
    text = json.dumps(payload, ensure_ascii=False)
    assert not any(word in text for word in ("林小禾", "焊接", "86", "云岭", "outcomes", "city"))
    assert disclosure.reveal(payload, []) == {
        "iss": "https://bank.example", "place": {"country": "CN"}, "languages": ["zh"],
    }  # fmt: skip
    assert disclosure.reveal(payload, list(told.values())) == {
        "iss": "https://bank.example", "name": "林小禾", "languages": ["zh", "en"],
        "outcomes": [{"item": "焊接", "grade": "86"}, {"item": "英语", "grade": "91"}],
        "place": {"country": "CN", "city": "云岭"},
    }  # fmt: skip
    some = disclosure.chosen(told, ["outcomes/1", "outcomes/0/grade"])
    assert disclosure.reveal(payload, some)["outcomes"] == [{"item": "焊接", "grade": "86"}, {"item": "英语"}]
    assert disclosure.chosen(told, ["nothing"]) == []


def test_text_and_back() -> None:
    assert disclosure.split(disclosure.combined("a.b.c", ["x", "y"])) == ("a.b.c", ["x", "y"], "")
    assert disclosure.split("a.b.c~x~d.e.f") == ("a.b.c", ["x"], "d.e.f")
    with pytest.raises(DisclosureInvalid):
        disclosure.split("a.b.c")
    with pytest.raises(DisclosureInvalid):
        disclosure.split("a.b.c" + "~x" * 20_000)


ONE = packed("salt-salt-salt-salt", "name", "x")
ENTRY = packed("salt-salt-salt-salt", "x")


def deep(n: int) -> Any:
    return {"a": deep(n - 1)} if n else 1


@pytest.mark.parametrize(
    ("payload", "told"),
    [
        ({"_sd": [digest(ONE)]}, [ONE, ONE]),
        ({"_sd": [digest(ONE), digest(ONE)]}, [ONE]),
        ({"_sd": ["unknown", "unknown"]}, []),
        ({"_sd": [digest(ONE)], "in": {"_sd": [digest(ONE)]}}, [ONE]),
        ({"_sd": []}, [ONE]),
        ({"_sd": [digest(ONE)], "name": "y"}, [ONE]),
        ({"_sd": "x"}, []),
        ({"_sd": [7]}, []),
        ({"_sd": [digest(ONE)], "_sd_alg": "md5"}, [ONE]),
        ({"_sd": [digest(ONE)], "_sd_alg": ["sha-256"]}, [ONE]),
        ({"_sd": [digest(ENTRY)]}, [ENTRY]),
        ({"list": [{"...": digest(ONE)}]}, [ONE]),
        ({"list": [{"...": digest(ENTRY), "more": 1}]}, [ENTRY]),
        ({"...": digest(ENTRY)}, [ENTRY]),
        ({"in": {"_sd_alg": "sha-256"}}, []),
        ({"_sd": [digest(packed("s", "_sd", []))]}, [packed("s", "_sd", [])]),
        ({"_sd": [digest(packed("s", "...", ""))]}, [packed("s", "...", "")]),
        ({"_sd": [digest(packed("s", 7, ""))]}, [packed("s", 7, "")]),
        ({"_sd": [digest(packed("s"))]}, [packed("s")]),
        ({"_sd": [digest("?")]}, ["?"]),
        ({"_sd": [digest("eA")]}, ["eA"]),
        (deep(40), []),
    ],
)
def test_what_a_verifier_refuses(payload: dict[str, Any], told: list[str]) -> None:
    with pytest.raises(DisclosureInvalid):
        disclosure.reveal(payload, told)


def test_other_digests_of_the_registry() -> None:
    from hashlib import sha512

    name = base64.urlsafe_b64encode(sha512(ONE.encode()).digest()).decode().rstrip("=")
    assert disclosure.reveal({"_sd": [name], "_sd_alg": "sha-512"}, [ONE]) == {"name": "x"}


@pytest.mark.parametrize("change", [str.swapcase, lambda text: text[:-1], lambda text: text + "A"])
def test_a_changed_disclosure_belongs_nowhere(change: Callable[[str], str]) -> None:
    payload, told = disclosure.conceal(CLAIMS, salt=salt)
    with pytest.raises(DisclosureInvalid):
        disclosure.reveal(payload, [change(told["name"])])
