"""RFC 8785: the published vectors, the fast path against the slow one, and everything strict reading must refuse."""

import enum
import hashlib
import io
import json
import struct
import tarfile

import pytest
import rfc8785
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.shared_data import shared_data
from xuefen.bedrock.canon import MAX_INTEGER, NotCanonical, canonical, flat, parse_canonical

settings.register_profile("shared machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared machine")

SAFE_INTEGERS = st.integers(-MAX_INTEGER, MAX_INTEGER)
READABLE_FLOATS = st.floats(-(2**53) + 1, 2**53 - 1) | st.floats(1e21, allow_infinity=False)
TEXT = st.text()  # hypothesis leaves lone surrogates out of text by default
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | SAFE_INTEGERS | READABLE_FLOATS | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
FLAT_DICTS = st.dictionaries(
    st.text(st.characters(max_codepoint=127)), TEXT | SAFE_INTEGERS | st.booleans() | st.none(), max_size=12
)


def vectors() -> dict[str, bytes]:
    """Every file of the RFC 8785 test data, by its path inside the archive."""
    with tarfile.open(shared_data("canon/jcs_rfc8785_testdata.tar.gz")) as archive:
        found = {}
        for member in archive:
            if member.isfile():
                stream = archive.extractfile(member)
                assert isinstance(stream, io.BufferedReader)
                found[member.name.removeprefix("testdata/")] = stream.read()
        return found


def test_every_published_document():
    files = vectors()
    names = sorted(name.removeprefix("input/") for name in files if name.startswith("input/"))
    assert names == ["arrays.json", "french.json", "structures.json", "unicode.json", "values.json", "weird.json"]
    for name in names:
        value = parse_canonical(files[f"input/{name}"])
        assert canonical(value) == files[f"output/{name}"], name
        assert canonical(value) == bytes.fromhex(files[f"outhex/{name.replace('.json', '.txt')}"].decode()), name
        assert canonical(parse_canonical(files[f"output/{name}"])) == files[f"output/{name}"], name


def test_first_ten_thousand_number_vectors_by_their_published_checksum():
    """The archive gives the generator of its number file and the checksum of its first 10,000 lines."""
    readme = vectors()["README.md"].decode()
    listed = readme.partition("BigUint64Array([")[2].partition("])")[0]
    bits = [int(item.strip().rstrip("n"), 16) for item in listed.split(",") if item.strip()]
    bits += [0x0010000000000000 + i for i in range(2000)]
    block = bytes(32)
    while len(bits) < 10_000:
        block = hashlib.sha256(block).digest()
        for value in struct.unpack("<4Q", block):
            exponent = value >> 52 & 0x7FF
            if exponent != 0x7FF and value << 1 & (2**64 - 1):
                bits.append(value)
    lines = []
    for value in bits[:10_000]:
        (number,) = struct.unpack(">d", value.to_bytes(8, "big"))
        lines.append(b"%x,%s\n" % (value, canonical(number)))
    expected = {"1000": 1000, "10000": 10_000}
    for row in readme.splitlines():
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        if len(cells) == 3 and cells[1] in expected:
            count = expected.pop(cells[1])
            assert hashlib.sha256(b"".join(lines[:count])).hexdigest() == cells[0]
    assert not expected


@given(FLAT_DICTS)
def test_flat_equals_canonical(obj):
    assert flat(obj) == canonical(obj) == rfc8785.dumps(obj)


PLAIN_VALUES = st.recursive(
    st.none() | st.booleans() | SAFE_INTEGERS | TEXT,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text(st.characters(max_codepoint=127), max_size=3), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(PLAIN_VALUES | JSON_VALUES)
def test_the_fast_way_writes_what_the_library_writes(value):
    assert canonical(value) == rfc8785.dumps(value)


@pytest.mark.parametrize(
    "value",
    [
        {"a": [{"b": MAX_INTEGER + 1}]},
        {"a": ["\ud800"]},
        {"\ud800": 1},
        {1: "a"},
        [{"a": float("nan")}],
        {"a": {1, 2}},
        {"a": b"x"},
    ],
)
def test_what_has_no_canonical_form_is_refused_in_depth_too(value):
    with pytest.raises(NotCanonical):
        canonical(value)


class Colour(enum.StrEnum):
    RED = "red"


class Rank(enum.IntEnum):
    FIRST = 1


def test_flat_equals_canonical_for_enums_and_every_control_character():
    obj = {"colour": Colour.RED, "rank": Rank.FIRST, "": "".join(map(chr, range(0xA0))), "z": "学分𠮷\u2028"}
    assert flat(obj) == canonical(obj)


@given(JSON_VALUES)
def test_parse_undoes_canonical(value):
    once = canonical(value)
    assert canonical(parse_canonical(once)) == once


@given(st.binary(max_size=40) | TEXT.map(str.encode) | JSON_VALUES.map(lambda v: json.dumps(v).encode()))
def test_whatever_parses_can_be_made_canonical(data):
    try:
        value = parse_canonical(data)
    except NotCanonical:
        return
    assert isinstance(canonical(value), bytes)


def test_keys_sort_by_utf16_units():
    assert canonical({"\ufb33": 1, "\U0001f600": 2}) == '{"\U0001f600":2,"\ufb33":1}'.encode()


@pytest.mark.parametrize(
    "data",
    [
        b'{"a":1,"a":1}',
        b'{"x":{"a":1,"\\u0061":2}}',
        b"[NaN]",
        b"[Infinity]",
        b"-Infinity",
        b"1e400",
        b"[-1e400]",
        b"9007199254740992",
        b"-9007199254740992",
        b"1" * 5000,
        b"1152921504606847000",  # a double in RFC 8785 spelling, or somebody's damaged 64-bit number: nobody can tell
        rb'"\ud800"',
        rb'{"\uDC00":1}',
        rb'["\ude00\ud83d"]',
        b'"\xed\xa0\x80"',
        b'"\xff"',
        b"\xef\xbb\xbf{}",
        b'"\x01"',
        b"{} {}",
        b"",
        b"[1,]",
        b"[" * 100_000,
    ],
)
def test_strict_reading_refuses(data):
    with pytest.raises(NotCanonical):
        parse_canonical(data)


def test_strict_reading_accepts_whole_surrogate_pairs_and_the_largest_integers():
    assert parse_canonical(rb'["\ud83d\ude00",9007199254740991,-9007199254740991]') == ["😀", MAX_INTEGER, -MAX_INTEGER]


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), 2**53, -(2**53), "\ud800", {"\ud800": 1}, {1: 2}, b"x", {1}]
)
def test_canonical_refuses(value):
    with pytest.raises(NotCanonical):
        canonical(value)


def test_canonical_refuses_endless_nesting():
    loop: list[object] = []
    loop.append(loop)
    with pytest.raises(NotCanonical):
        canonical(loop)


@pytest.mark.parametrize(
    "obj", [{"a": 1.5}, {"a": []}, {"é": 1}, {1: "a"}, {"a": 2**53}, {"a": -(2**53)}, {"a": "\udfff"}]
)
def test_flat_refuses_what_it_cannot_write_identically(obj):
    with pytest.raises(NotCanonical):
        flat(obj)
