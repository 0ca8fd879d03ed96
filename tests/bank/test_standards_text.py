"""A standard as a file: every error with its line, and a schema that says the same."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from xuefen.bank.standards.rules import SECTIONS, check_text, read_text

ROOM = files("xuefen.bank.standards")
TEXT = (ROOM / "packs" / "cn-2026.yaml").read_text(encoding="utf-8")
SCHEMA: dict[str, Any] = json.loads((ROOM / "schema" / "standard.schema.json").read_text(encoding="utf-8"))
PACKS = sorted(f.name for f in (ROOM / "packs").iterdir() if not f.name.endswith(".examples.yaml"))


def errors_of(text: str) -> list[tuple[int, str]]:
    return [(line, f"{e.path}.{e.key}".strip(".")) for line, e in check_text(text)[1]]


def line_of(text: str, found: str) -> int:
    return text[: text.index(found)].count("\n") + 1


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ('D11: {check: "5", ', 'D11: {check: "6", ', "types.D11.check"),
        ('D11: {check: "5", ', "D11: {", "types.D11"),
        ("D1: {", "d-1: {", "types.d-1"),
        ('D11: {check: "5", parent: D1', 'D11: {check: "5", parent: D11', "types.D11.parent"),
        ('D1: {check: "9", parent: D', 'D1: {check: "9", parent: D11', "types.D1.parent"),
        ('D11: {check: "5", parent: D1', 'D11: {check: "5", parent: V', "types.D11.parent"),
        ('V15: {credits: "2.0"', 'V15: {credits: "-2.0"', "vocational.table.V15.credits"),
        ('V15: {credits: "2.0"', 'V15: {credits: "9999"', "vocational.table.V15.credits"),
        ('V15: {credits: "2.0"', 'V15: {credits: "2.0", hours_per_credit: 30', "vocational.table.V15"),
        ('V15: {credits: "2.0"', 'V15: {credit: "2.0"', "vocational.table.V15"),
        ("  online_hours_per_credit: {value: 16, reference:", "  online_hours_per_credit: {value: 16, referenz:",
         "degree.online_hours_per_credit"),
        ("  grain: {value: \"0.5\", reference: \"HITSZ", "  grains: {value: \"0.5\", reference: \"HITSZ", "degree.grain"),
        ('["6", 7], ["7", 9]', '["6", 9], ["7", 7]', "crosswalks.EQF.levels"),
        ('["6", 7], ["7", 9]', '["6", 7], ["6", 9]', "crosswalks.EQF.levels"),
        ("min_hours: 16, hours_per_credit: 32, grain: \"0.5\", max_credits: \"4.0\", best_quality: A",
         "min_hours: 16, hours_per_credit: 32, grain: \"0.5\", max_credits: \"4.0\", best_quality: A, min_mark: \"101\"",
         "social.S01.min_mark"),
        ("kind: total, share: 50", "kind: everything, share: 50", "limits.total_share.kind"),
        ("kind: total, share: 50", 'kind: total, share: 50, credits: "80.0"', "limits.total_share"),
        ("kind: total, share: 50", "kind: total", "limits.total_share"),
        ("kind: total, share: 50", "kind: total, share: 50, per: decade", "limits.total_share.per"),
        ("kind: total, share: 50", "kind: total, share: 50, at_least: true", "limits.total_share"),
        ("kind: total, share: 50", "kind: total, share: 50, of: groups", "limits.total_share.of"),
        ("kind: total, share: 50", "kind: total, share: 50, of: period", "limits.total_share.of"),
        ("kind: total, share: 50", "kind: total, share: 50, of: period, per: term", "limits.total_share.of"),
        ("kind: total, share: 50", "kind: type, types: [X9], share: 50", "limits.total_share.types"),
        ("kind: total, share: 50", "kind: issuer, issuer: some, share: 50", "limits.total_share.issuer"),
        ("kind: total, share: 50", "kind: total, share: 50, wich: X", "limits.total_share.wich"),
        ("leftover: {value: not_carried", "leftover: {value: burnt", "policy.leftover.value"),
        ("  leftover: {value: not_carried", "  left: {value: not_carried", "policy.leftover"),
        ("level_ignored: {value: [D2]", "level_ignored: {value: [D9]", "policy.level_ignored"),
        ('year_starts: {value: "09-01"', 'year_starts: {value: "02-29"', "calendar.year_starts.value"),
        ('starts: "02-01"', 'starts: "09-01"', "calendar.terms"),
        ("autumn term, starts: \"09-01\"", "autumn term, starts: \"10-01\"", "calendar.terms"),
        ("criteria: {coverage: 95, ", "criteria: {coverage: 195, ", "quality.A.criteria.coverage"),
        ("grade: 3, final: true", "grade: 3, final: maybe", "upkeep.sanctions.removal.final"),
        ("effective_from:", "efective_from:", "efective_from"),
        ("version: 1", "version: 1\nversion: 2", "version"),
    ],
)  # fmt: skip
def test_every_error_has_its_line(old, new, path):
    assert old in TEXT
    text = TEXT.replace(old, new, 1)
    found = errors_of(text)
    assert path in [place for _, place in found]
    line = {place: line for line, place in found}[path]
    section = line_of(text, f"\n{path.split('.', 1)[0]}:") + 1 if f"\n{path.split('.', 1)[0]}:" in text else 1
    assert section <= line <= text.count("\n") + 1
    if "\n" not in old and path not in ("calendar.terms", "policy.leftover", "degree.grain", "version"):
        assert line == line_of(text, new)


def test_all_errors_at_once_in_the_order_of_the_lines():
    text = TEXT.replace('V15: {credits: "2.0"', 'V15: {credits: "-2"').replace('D: {check: "1"', 'D: {check: "0"')
    text += "\nnonsense: {a: 1}\n"
    found = errors_of(text)
    assert found == sorted(found)
    assert {"types.D.check", "vocational.table.V15.credits", "nonsense"} <= {path for _, path in found}


@pytest.mark.parametrize(
    "text",
    ["", "# nothing\n", "{", "a: [1\nb: 2", "- 1\n- 2\n", "just text", "a: &x [1]\nb: *x\n", "!!python/object:os.system x",
     "? [1, 2]\n: 3\n", "\0", "[" * 5000, "a: " + "x" * 1_000_001],
)  # fmt: skip
def test_what_is_no_standard_is_said_so(text):
    document, errors = check_text(text)
    assert errors
    assert all(line >= 1 and error.zh and error.en for line, error in errors)
    assert document.body is None or not isinstance(document.body, dict) or errors


def test_dates_stay_text():
    assert read_text("day: 2026-01-01\n").body == {"day": "2026-01-01"}


@pytest.mark.parametrize("name", PACKS)
def test_shipped_packs_are_sound_and_fit_the_schema(name):
    text = (ROOM / "packs" / name).read_text(encoding="utf-8")
    document, errors = check_text(text)
    assert errors == []
    assert list(misfits(document.body, SCHEMA, name)) == []


def test_the_schema_is_published_and_names_every_section():
    published = Path(__file__).parents[2] / "docs" / "schemas" / "standard.json"
    assert published.read_text(encoding="utf-8") == (ROOM / "schema" / "standard.schema.json").read_text(
        encoding="utf-8"
    )
    assert set(SCHEMA["properties"]) == set(SECTIONS)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('D11: {check: "5", ', 'D11: {check: "x", '),
        ('V15: {credits: "2.0"', 'V15: {credits: "-2.0"'),
        ('V15: {credits: "2.0"', 'V15: {credit: "2.0"'),
        ("kind: total, share: 50", "kind: everything, share: 50"),
        ("kind: total, share: 50", 'kind: total, share: 50, credits: "80.0"'),
        ("kind: total, share: 50", "kind: total, share: 50, wich: X"),
        ("  leftover: {value: not_carried", "  left: {value: not_carried"),
        ('reference: "S4 three classes"}', "}"),
        ("effective_from:", "efective_from:"),
    ],
)
def test_the_schema_refuses_what_the_reader_refuses(old, new):
    text = TEXT.replace(old, new, 1)
    document, errors = check_text(text)
    assert errors
    assert list(misfits(document.body, SCHEMA, "pack"))


def misfits(value: Any, schema: dict[str, Any], place: str) -> Iterator[str]:
    """What of a value does not fit a schema, for the keywords ours uses."""
    if "$ref" in schema:
        yield from misfits(value, SCHEMA["$defs"][schema["$ref"].rsplit("/", 1)[1]], place)
        return
    for keyword, enough in (("oneOf", lambda n: n == 1), ("anyOf", lambda n: n >= 1)):
        if keyword in schema:
            fits = sum(1 for option in schema[keyword] if not list(misfits(value, option, place)))
            if not enough(fits):
                yield f"{place}: {fits} of {keyword}"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{place}: {value!r} is none of {schema['enum']}"
    if "const" in schema and value != schema["const"]:
        yield f"{place}: {value!r} is not {schema['const']!r}"
    kinds = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int, "null": type(None)}
    kind = schema.get("type")
    if kind and (not isinstance(value, kinds[kind]) or (kind == "integer" and isinstance(value, bool))):
        yield f"{place}: {value!r} is no {kind}"
        return
    if isinstance(value, str) and "pattern" in schema and not re.search(schema["pattern"], value):
        yield f"{place}: {value!r} does not look like {schema['pattern']}"
    if isinstance(value, int) and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        yield f"{place}: {value} is out of bounds"
    if isinstance(value, list):
        if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
            yield f"{place}: {len(value)} items"
        for i, item in enumerate(value):
            of = schema["prefixItems"][i] if "prefixItems" in schema else schema.get("items", {})
            yield from misfits(item, of, f"{place}[{i}]")
    if isinstance(value, dict):
        yield from (f"{place}: {name} is missing" for name in schema.get("required", ()) if name not in value)
        known = schema.get("properties", {})
        for name, item in value.items():
            other = schema.get("additionalProperties", {})
            if name not in known and other is False:
                yield f"{place}: unknown {name}"
            else:
                yield from misfits(item, known.get(name) or other or {}, f"{place}.{name}")
            if "propertyNames" in schema:
                yield from misfits(name, schema["propertyNames"], f"{place}: name {name}")
