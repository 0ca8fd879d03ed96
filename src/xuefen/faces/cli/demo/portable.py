"""Certificates that travel: the college gives them its look; Lin takes hers home in every form, brings one along, has them
verified, and shows a part to somebody."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from django.conf import settings

from xuefen.bank.certificates import actions as certificates
from xuefen.bank.certificates import queries as papers
from xuefen.bank.certificates.types import Choice, ShownField
from xuefen.bank.shell.actor import EVERYTHING, Actor
from xuefen.bedrock import canon, vc
from xuefen.bedrock.gm import load_private
from xuefen.bedrock.vc import linked
from xuefen.faces.cli.demo import people
from xuefen.faces.shared.verifier import single_file

_OUTSIDE = load_private("ed25519", b"a technical school by the sea...")
"""The made-up key of a made-up school."""


_LOGO = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40"><circle cx="20" cy="20" r="19" fill="#1F5F5B"/>'
    b'<path d="M8 27 16 15l5 7 4-5 7 10z" fill="#FFF8F0"/><path d="M8 30h24v2H8z" fill="#FFF8F0"/></svg>'
)
_SEAL = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40"><circle cx="20" cy="20" r="18" fill="none" stroke="#B5331E"'
    b' stroke-width="2"/><path d="m20 9 3 8h8l-6.500 5 2.500 8-7-5-7 5 2.500-8-6.500-5h8z" fill="#B5331E"/></svg>'
)
"""Clouds and a ridge, and a star: a made-up emblem and a made-up seal."""


def look(*, now: datetime) -> int:
    """The college's own look on its certificates; the version that is in use then."""
    texts = {
        "header_zh": "继续教育学院",
        "header_en": "School of Continuing Education",
        "signatory_zh": "院长 高岭",
        "signatory_en": "Gao Ling, Dean",
    }
    by = Actor.system("demo")
    return certificates.design(institution_code="YLVC", texts=texts, logo=_LOGO, seal=_SEAL, by=by, now=now).version


def travel(*, learner_id: int, by: Actor, issued: Mapping[str, str], folder: Path, now: datetime) -> dict[str, object]:
    """Write Lin's portable files, keep her badge, make her link; what the demo counts."""
    folder.mkdir(exist_ok=True)
    name = people.LIN.name
    statement, conversion = issued[f"statement-{name}"], issued[f"conversion-{name}"]
    two = Choice(frozenset({ShownField.NAME, ShownField.CREDITS}))
    contents = {
        f"{name}.clr.json": canon.canonical(papers.credential(EVERYTHING, statement, now=now)),
        f"{name}.badge.json": canon.canonical(papers.credential(EVERYTHING, conversion, now=now)),
        f"{name}.elmo.xml": papers.elmo(EVERYTHING, statement, now=now),
        f"{name}.sd-jwt": papers.selective(EVERYTHING, statement, two, now=now).encode("ascii"),
        f"{name}.brought.json": canon.canonical(_badge(name)),
    }
    for file, content in contents.items():
        (folder / file).write_bytes(content)
    badge = contents[f"{name}.brought.json"]
    kept = certificates.import_badge(learner_id=learner_id, content=badge, by=by, now=now)
    link = certificates.share_certificate(learner_id=learner_id, number=statement, choice=two, days=30, by=by, now=now)
    certificates.open_paper(token=link.token, now=now)
    address = f"{settings.PUBLIC_URL.rstrip('/')}/verify/shared/{link.token}/"
    certificates.publish_status(now=now)
    verified = {file: papers.verify(content, now=now).headline_zh for file, content in contents.items() if _told(file)}
    return {
        "files": [str(folder / file) for file in contents],
        "badge": kept.name,
        "shared": address,
        "verified": verified,
    }


def _told(file: str) -> bool:
    return not file.endswith(".xml")  # ELMO carries no signature of its own


def page(path: Path) -> str:
    """Write the page that verifies them all in any browser without a network; it knows what was revoked a moment ago."""
    public = Path(settings.XUEFEN_PUBLIC)
    html = single_file(trust=(public / "trust.json").read_bytes(), status=(public / "status.json").read_bytes())
    path.write_text(html, encoding="utf-8")
    return str(path)


def _badge(holder: str) -> dict[str, object]:
    """What the school by the sea gave her."""
    did = vc.did_key(_OUTSIDE.public.raw)
    named = {"type": "IdentityObject", "hashed": False, "identityType": "name", "identityHash": holder}
    document = {
        "@context": [linked.CREDENTIALS_V2, linked.OPEN_BADGES],
        "id": "urn:uuid:5f0c2c1e-6a0e-4c2a-9a55-0d8f6a6f6c11",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "issuer": {"id": did, "type": ["Profile"], "name": "滨海技师学院"},
        "validFrom": "2026-03-01T00:00:00Z",
        "name": "海产品加工安全",
        "credentialSubject": {
            "type": ["AchievementSubject"],
            "identifier": [named],
            "achievement": {
                "id": "urn:uuid:5f0c2c1e-6a0e-4c2a-9a55-0d8f6a6f6c12",
                "type": ["Achievement"],
                "name": "海产品加工安全",
                "description": "四十学时",
                "criteria": {"narrative": "笔试和操作都合格"},
            },
        },
    }
    method = f"{did}#{vc.multikey(_OUTSIDE.public.raw)}"
    return vc.prove(document, signer=_OUTSIDE, method=method, created="2026-03-01T00:00:00Z")
