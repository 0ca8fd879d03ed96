"""Credentials that travel: Lin takes hers home in every form, brings one along, and shows a part of a certificate to somebody."""

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
    return {"files": [str(folder / file) for file in contents], "badge": kept.name, "shared": address}


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
