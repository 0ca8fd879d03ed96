"""A certificate as EMREX ELMO 1.x, the XML European student systems read. Pure.

https://github.com/emrex-eu/elmo-schemas. The XML itself is not signed: what vouches for it is the sealed PDF inside.
"""

from __future__ import annotations

import base64
import re
import uuid
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import groupby
from xml.etree.ElementTree import Element, SubElement, register_namespace, tostring

from xuefen.bank.certificates.rules.shape import write_time
from xuefen.bank.certificates.types import TITLES, CertificateBody, ConversionBody, OutcomeLine, StatementBody
from xuefen.bedrock.names import is_han
from xuefen.bedrock.quantity import format_credits

SPACE = "https://github.com/emrex-eu/elmo-schemas/tree/v1"
SCHEME = "xuefen"
"""Credits are those of the credit bank: ECTS is promised to nobody."""
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_COMPOUND = re.compile(
    "欧阳|司马|上官|诸葛|东方|皇甫|尉迟|公孙|令狐|慕容|司徒|夏侯|长孙|宇文|端木|南宫|西门|独孤|呼延|轩辕|申屠|太史|澹台|闻人|拓跋|完颜"
    "|钟离|濮阳|公冶|宗政|闾丘|淳于|赫连|鲜于|歐陽|司馬|諸葛|東方|長孫|獨孤|濮陽"
)

register_namespace("", SPACE)


def family_and_given(name: str) -> tuple[str, str]:
    """A Chinese name in its two parts; any other stays whole as the given name, because nobody here can tell."""
    if not 2 <= len(name) <= 4 or not all(is_han(char) for char in name):
        return "", name
    cut = 2 if len(name) > 2 and _COMPOUND.match(name) else 1
    return name[:cut], name[cut:]


def elmo(body: CertificateBody, *, pdf: bytes, url: str, at: datetime) -> bytes:
    """The certificate as an ELMO file with the paper inside; ``url`` is the node's address."""
    return _Writer(body, url=url).file(pdf=pdf, at=at)


class _Writer:
    def __init__(self, body: CertificateBody, *, url: str) -> None:
        self.body, self.url = body, url

    def file(self, *, pdf: bytes, at: datetime) -> bytes:
        body = self.body
        root = Element(f"{{{SPACE}}}elmo")
        _put(root, "generatedDate", write_time(at))
        learner = SubElement(root, f"{{{SPACE}}}learner")
        _put(learner, "identifier", body.holder.account, type="xuefenAccount")
        family, given = family_and_given(body.holder.name)
        _put(learner, "givenNames", given)
        _put(learner, "familyName", family)
        if isinstance(body, StatementBody):
            self.outcomes(root, body)
        elif isinstance(body, ConversionBody):
            self.conversion(root, body)
        self.paper(root, pdf)
        written: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
        return written + b"\n"

    def outcomes(self, root: Element, body: StatementBody) -> None:
        """One report for each institution that awarded something, as the format asks."""
        ordered = sorted(body.outcomes, key=lambda line: line.issuer)
        for issuer, lines in groupby(ordered, key=lambda line: line.issuer):
            self.report(root, issuer, [self.outcome(line) for line in lines])

    def conversion(self, root: Element, body: ConversionBody) -> None:
        lines = (self.converted(body, n) for n in range(len(body.lines)))
        self.report(root, body.programme.institution, lines)

    def report(self, root: Element, issuer: str, courses: Iterable[Element]) -> None:
        report = SubElement(root, f"{{{SPACE}}}report")
        named = SubElement(report, f"{{{SPACE}}}issuer")
        _put(named, "identifier", self.urn(f"issuer/{issuer}"), type="xuefen")
        _put(named, "title", issuer, lang="zh")
        _put(named, "url", self.url)
        report.extend(courses)
        _put(report, "issueDate", write_time(self.body.issued_at))

    def outcome(self, line: OutcomeLine) -> Element:
        kind = "Course" if line.outcome_class == "degree" else ""
        course, instance = _course((line.number, line.item), kind=kind)
        _put(instance, "date", line.awarded_on.isoformat())
        _put(instance, "status", "passed")
        if line.grade:
            _put(instance, "resultLabel", line.grade)
        _credit(instance, line.credits)
        if line.level is not None:
            level = SubElement(instance, f"{{{SPACE}}}level")
            _put(level, "type", "xuefen-framework")
            _put(level, "value", str(line.level))
        return course

    def converted(self, body: ConversionBody, n: int) -> Element:
        line = body.lines[n]
        sources = "、".join(f"{source.item} {format_credits(source.credits)}" for source in line.outcomes)
        told = f"《{body.programme.name}》学分转换：{sources}"
        course, instance = _course((f"{body.number}/{n + 1}", line.course), kind="Course", told=told)
        _put(instance, "status", "passed")
        _credit(instance, line.credits)
        return course

    def paper(self, root: Element, pdf: bytes) -> None:
        """The format wants all of it readable by people as well."""
        statement = isinstance(self.body, StatementBody)
        zh, en = TITLES[self.body.kind]
        attachment = SubElement(root, f"{{{SPACE}}}attachment")
        _put(attachment, "identifier", self.body.number, type="internal")
        _put(attachment, "title", zh, lang="zh")
        _put(attachment, "title", en, lang="en")
        _put(attachment, "type", "EMREX transcript" if statement else "Other")
        _put(attachment, "content", f"data:application/pdf;base64,{base64.b64encode(pdf).decode()}")

    def urn(self, name: str) -> str:
        """The same name as in the node's other credentials."""
        return uuid.uuid5(uuid.NAMESPACE_URL, f"{self.body.issuer.origin}/{name}").urn


def _course(named: tuple[str, str], *, kind: str = "", told: str = "") -> tuple[Element, Element]:
    """A learning opportunity and its one instance."""
    number, title = named
    course = Element(f"{{{SPACE}}}learningOpportunitySpecification")
    _put(course, "identifier", number, type="xuefen")
    _put(course, "title", title, lang="zh")
    if kind:
        _put(course, "type", kind)
    if told:
        _put(course, "description", told, lang="zh")
    specifies = SubElement(course, f"{{{SPACE}}}specifies")
    return course, SubElement(specifies, f"{{{SPACE}}}learningOpportunityInstance")


def _credit(instance: Element, credits: int) -> None:
    credit = SubElement(instance, f"{{{SPACE}}}credit")
    _put(credit, "scheme", SCHEME)
    _put(credit, "value", format_credits(credits))


def _put(parent: Element, name: str, text: str, *, type: str = "", lang: str = "") -> None:
    """One element with a text no XML parser stumbles over: what XML cannot hold is left out."""
    element = SubElement(parent, f"{{{SPACE}}}{name}", dict(_attributes(type, lang)))
    element.text = " ".join(_NOT_XML.sub("", text).split())


def _attributes(type: str, lang: str) -> Iterator[tuple[str, str]]:
    if type:
        yield "type", type
    if lang:
        yield _LANG, lang
