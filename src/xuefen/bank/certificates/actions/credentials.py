"""Credentials of others: badges a learner brings along, and credentials this node is asked to sign."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from xuefen.bank.audit import actions as audit
from xuefen.bank.certificates import queries, rules
from xuefen.bank.certificates.models import Badge
from xuefen.bank.certificates.pdf import opening
from xuefen.bank.certificates.rules import credentials
from xuefen.bank.certificates.types import (
    BADGE_NONE,
    BADGE_OTHER_PERSON,
    BADGE_OWN,
    BADGE_REFUSED,
    BADGE_TWICE,
    PURPOSE,
    BadgeFacts,
    Check,
    Report,
    VerdictState,
)
from xuefen.bank.learners import queries as learners
from xuefen.bank.learners.types import PERSON_ERASED
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.keys import keys
from xuefen.bank.shell.problems import Denied
from xuefen.bank.shell.transaction import use_case, wait_turn
from xuefen.bank.translog import actions as translog
from xuefen.bedrock import canon
from xuefen.bedrock.gm import seal, sm3
from xuefen.bedrock.names import person_name_key

_MUST_BE_GOOD = (Check.FORMAT, Check.SIGNATURE)


def import_badge(*, learner_id: int, content: bytes, by: Actor, now: datetime) -> BadgeFacts:
    """Keep somebody else's badge or record in a learner's account, as evidence, with the verdicts on it.

    Its form and signature must be good and nothing about it bad; that its issuer is not known, or that nobody could look
    up its status, is kept with it. The file is taken apart before anything is written.

    Raises ``Denied``: account_unknown, badge_none, badge_refused, badge_other_person, badge_own, badge_twice,
    person_erased, and what opening a file raises.
    """
    learner = learners.by_id(by.scope("badges.bring"), learner_id)
    opened = opening.open_file(content, codes=False)
    trust, beside = queries.trust(now=now), queries.beside(now=now)
    report = opening.judge(opened, trust=trust, status=None, now=now, beside=beside)
    if report[Check.ISSUER].code == "issuer_good":
        raise Denied(BADGE_OWN, place="file")
    if opened.credential is None:
        raise Denied(BADGE_NONE, place="file", why=report[Check.FORMAT].zh)
    _require_sound(report)
    claims = credentials.claims_of(opened.credential.credential)
    name = learners.personal(learner, by=Actor.system("certificates")).name
    if claims.holder and person_name_key(claims.holder) != person_name_key(name):
        raise Denied(BADGE_OTHER_PERSON, place="file")
    facts = {
        "name": claims.name,
        "issuer": claims.issuer or claims.issuer_id,
        "issuer_id": claims.issuer_id,
        "kind": claims.kind.value,
        "awarded_at": rules.write_time(claims.valid_from) if claims.valid_from else "",
        "verdicts": [[v.check.value, v.state.value, v.zh, v.en] for v in report.verdicts],
    }
    known = report[Check.ISSUER].state is VerdictState.GOOD
    return _keep(learner_id=learner.pk, content=content, facts=facts, known=known, by=by, now=now)


def _require_sound(report: Report) -> None:
    for verdict in report.verdicts:
        if verdict.state is VerdictState.BAD or (
            verdict.check in _MUST_BE_GOOD and verdict.state is not VerdictState.GOOD
        ):
            raise Denied(BADGE_REFUSED, place="file", zh=verdict.zh, en=verdict.en)


@use_case
def _keep(
    *, learner_id: int, content: bytes, facts: Mapping[str, Any], known: bool, by: Actor, now: datetime
) -> BadgeFacts:
    data_key = learners.facts_of([learner_id])[learner_id].data_key
    if data_key is None:
        raise Denied(PERSON_ERASED)
    digest = sm3(b"badge:" + data_key + content).hex()
    aad = digest.encode("ascii")
    wait_turn("badge", learner_id)  # of two uploads at once one is the second
    if Badge.objects.filter(learner_id=learner_id, digest=digest).exists():
        raise Denied(BADGE_TWICE, place="file")
    row = Badge.objects.create(
        learner_id=learner_id,
        digest=digest,
        content_sealed=seal(data_key, content, aad=aad),
        facts_sealed=seal(data_key, canon.canonical(facts), aad=aad),
        issuer_known=known,
        imported_at=now,
        leaf_id=translog.append(body=rules.badge_leaf(digest=digest, at=now)),
    )
    audit.record(
        action="badges.imported", by=by, now=now, subject=("badge", str(row.pk)), after={"issuer_known": known}
    )
    return queries.badge(learner_id, row.pk)


@use_case
def sign_credential(*, credential: Mapping[str, Any], by: Actor, now: datetime) -> dict[str, Any]:
    """Sign a credential in the node's name, as the VC API asks; what was signed is logged by its digest.

    Raises ``Denied``: not_allowed, credential_wrong, credential_issuer.
    """
    by.scope("credentials.sign")
    document = credentials.signed(credential, signer=keys().signer(PURPOSE), now=now)
    digest = sm3(canon.canonical(document)).hex()
    translog.append(body=rules.credential_leaf(digest=digest, at=now))
    audit.record(action="credentials.signed", by=by, now=now, subject=("credential", digest[:16]))
    return document
