"""Certificates as ELMO: what the schema of its makers says, and what a reader finds."""

from __future__ import annotations

import base64
import io
import tarfile
from dataclasses import replace
from functools import cache

import pytest
from lxml import etree

from tests.bank.certificate_builders import HOLDER, ISSUED, NOW, conversion, statement
from tests.shared_data import shared_data
from xuefen.bank.certificates import rules
from xuefen.bank.certificates.rules.elmo import SPACE, family_and_given
from xuefen.bank.certificates.types import CertificateBody, Holder

PDF = b"%PDF-1.7 a paper"
_LANG = b"""<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="http://www.w3.org/XML/1998/namespace">
<xs:attribute name="lang" type="xs:language"/></xs:schema>"""
_LOCAL = {"xmldsig-core-schema.xsd": "references/xmldsig-core-schema.xsd", "schema.xsd": "references/ewp/schema.xsd",
          "EUROPASS_ISOCountries_V1.1.xsd": "references/EUROPASS_ISOCountries_V1.1.xsd",
          "common-types.xsd": "references/ewp-common-types.xsd"}  # fmt: skip


class _Offline(etree.Resolver):
    """Every schema another one asks for comes from the archive."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files

    def resolve(self, url, public_id, context):  # type: ignore[no-untyped-def]
        if url.endswith("/xml.xsd"):
            return self.resolve_string(_LANG, context)
        return self.resolve_string(self.files[_LOCAL[url.rsplit("/", 1)[-1]]], context)


@cache
def schema() -> etree.XMLSchema:
    archive = shared_data("elmo/elmo_1.x_xsd_offline_set.tar.gz").read_bytes()
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        members = [member for member in tar.getmembers() if member.isfile()]
        files = {member.name.removeprefix("./"): tar.extractfile(member).read() for member in members}  # type: ignore[union-attr]
    parser = etree.XMLParser(no_network=True)
    parser.resolvers.add(_Offline(files))
    found = etree.XMLSchema(etree.fromstring(files["schema.xsd"], parser))
    assert not found.validate(etree.Element(f"{{{SPACE}}}elmo")), "the schema refuses nothing"
    return found


def written(body: CertificateBody) -> etree._Element:
    made = rules.elmo(body, pdf=PDF, url="https://xuefen.example", at=NOW)
    root = etree.fromstring(made)
    schema().assertValid(root)
    return root


def texts(root: etree._Element, path: str) -> list[str]:
    return [element.text or "" for element in root.iterfind("/".join(f"{{{SPACE}}}{name}" for name in path.split("/")))]


def test_a_statement_has_a_report_for_each_institution() -> None:
    body = statement(6)
    root = written(body)
    assert texts(root, "learner/familyName") == ["林"] and texts(root, "learner/givenNames") == ["小禾"]
    assert sorted(texts(root, "report/issuer/title")) == sorted({line.issuer for line in body.outcomes})
    loi = "report/learningOpportunitySpecification/specifies/learningOpportunityInstance"
    assert sorted(texts(root, f"{loi}/credit/value")) == sorted(["3.0", "6.0", "1.5", "3.5", "10.0", "0.5"])
    assert set(texts(root, f"{loi}/credit/scheme")) == {"xuefen"} and set(texts(root, f"{loi}/status")) == {"passed"}
    assert sorted(texts(root, f"{loi}/resultLabel")) == sorted(line.grade for line in body.outcomes)
    assert sorted(texts(root, f"{loi}/level/value")) == ["3", "4"]
    assert set(texts(root, "report/issueDate")) == {ISSUED.strftime("%Y-%m-%dT%H:%M:%SZ")}
    (content,) = texts(root, "attachment/content")
    assert base64.b64decode(content.removeprefix("data:application/pdf;base64,")) == PDF


def test_a_conversion_says_where_each_credit_comes_from() -> None:
    body = conversion()
    root = written(body)
    assert texts(root, "report/issuer/title") == [body.programme.institution]
    assert len(texts(root, "report/learningOpportunitySpecification/title")) == len(body.lines)
    (first, *_) = texts(root, "report/learningOpportunitySpecification/description")
    assert body.programme.name in first and body.lines[0].outcomes[0].item in first


def test_what_xml_cannot_hold_does_not_break_it() -> None:
    body = statement(2)
    odd = replace(body.outcomes[0], item='焊接 \x01<b>&"\ufffe 入门\U00020000', grade="")
    root = written(replace(body, outcomes=(odd,), holder=Holder("Ann <Smith>", HOLDER.account)))
    assert texts(root, "learner/givenNames") == ["Ann <Smith>"] and texts(root, "learner/familyName") == [""]
    assert texts(root, "report/learningOpportunitySpecification/title") == ['焊接 <b>&" 入门\U00020000']


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("林秋禾", ("林", "秋禾")),
        ("王明", ("王", "明")),
        ("欧阳娜娜", ("欧阳", "娜娜")),
        ("欧阳", ("欧", "阳")),
        ("司马光", ("司马", "光")),
        ("迪丽热巴·迪力木拉提", ("", "迪丽热巴·迪力木拉提")),
        ("John Smith", ("", "John Smith")),
        ("玛", ("", "玛")),
    ],
)
def test_names_in_two_parts(name: str, parts: tuple[str, str]) -> None:
    assert family_and_given(name) == parts
