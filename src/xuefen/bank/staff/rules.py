"""Who may do what, and how far: one table, read aloud.

``action: {role: reach}``. An action that is not in the table may be done by nobody but the house itself. Personal data is
shown in full only under ``learners.read_personal``; everywhere else names are masked (design §6).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from xuefen.bank.shell.actor import EVERYTHING, Scope
from xuefen.bank.staff.types import PostFacts, Reach, Role

ALL, PLACE, INSTITUTION, OWN = Reach.ALL, Reach.PLACE, Reach.INSTITUTION, Reach.OWN
HUB, BRANCH, SUB, POINT = Role.HUB_OFFICER, Role.BRANCH_OFFICER, Role.SUB_CENTRE_OFFICER, Role.POINT_CLERK
ISSUER, REVIEWER, SUPERVISOR, LEARNER = Role.ISSUER_OFFICER, Role.REVIEWER, Role.SUPERVISOR, Role.LEARNER

PERMISSIONS: Mapping[str, Mapping[Role, Reach]] = {
    # places, people and institutions
    "places.edit": {HUB: ALL, BRANCH: PLACE},
    "institutions.register": {HUB: ALL, BRANCH: PLACE},
    "institutions.qualify": {HUB: ALL, BRANCH: PLACE},
    "staff.appoint": {HUB: ALL, BRANCH: PLACE},
    # accounts
    "learners.open": {BRANCH: PLACE, SUB: PLACE, POINT: PLACE},
    "learners.prove": {BRANCH: PLACE, SUB: PLACE, POINT: PLACE},
    "learners.read": {LEARNER: OWN, BRANCH: PLACE, SUB: PLACE, POINT: PLACE},
    "learners.read_personal": {LEARNER: OWN, POINT: PLACE},
    # standards, catalogue, rules
    "standards.load": {HUB: ALL},
    "catalogue.publish": {ISSUER: INSTITUTION},
    "rules.publish": {HUB: ALL, REVIEWER: INSTITUTION},
    # outcomes
    "deposits.deposit": {ISSUER: INSTITUTION},
    "deposits.read_batches": {ISSUER: INSTITUTION, BRANCH: PLACE, SUPERVISOR: ALL},
    "outcomes.read": {LEARNER: OWN, BRANCH: PLACE, SUB: PLACE, POINT: PLACE, ISSUER: INSTITUTION},
    # conversion
    "plans.make": {LEARNER: OWN, SUB: PLACE, POINT: PLACE},
    "applications.apply": {LEARNER: OWN, SUB: PLACE, POINT: PLACE},
    "applications.withdraw": {LEARNER: OWN},
    "applications.read": {
        LEARNER: OWN, REVIEWER: INSTITUTION, BRANCH: PLACE, SUB: PLACE, POINT: PLACE, SUPERVISOR: ALL,
    },
    "applications.review": {REVIEWER: INSTITUTION},
    "objections.answer": {BRANCH: PLACE, SUPERVISOR: ALL},
    # certificates
    "certificates.issue": {LEARNER: OWN, BRANCH: PLACE, POINT: PLACE},
    "certificates.read": {LEARNER: OWN, BRANCH: PLACE, POINT: PLACE},
    "certificates.revoke": {BRANCH: PLACE, SUPERVISOR: ALL},
    # supervision
    "audit.read": {BRANCH: ALL, SUPERVISOR: ALL},
    "insight.read": {HUB: ALL, BRANCH: PLACE, SUB: PLACE, SUPERVISOR: ALL},
}  # fmt: skip


def reach_of(post: PostFacts, reach: Reach, *, learner_id: int | None) -> Scope:
    """The scope one permission gives one post."""
    if reach is Reach.ALL:
        return EVERYTHING
    if reach is Reach.PLACE:
        return Scope(place_paths=(post.place_path,) if post.place_path else ())
    if reach is Reach.INSTITUTION:
        return Scope(institution_ids=frozenset({post.institution_id}) if post.institution_id else frozenset())
    return Scope(learner_ids=frozenset({learner_id}) if learner_id else frozenset())


def grants_for(posts: Iterable[PostFacts], *, learner_id: int | None = None) -> Mapping[str, Scope]:
    """Everything these posts allow together: action → scope. A learner holds the LEARNER post of their own account."""
    grants: dict[str, Scope] = {}
    for post in posts:
        for action, roles in PERMISSIONS.items():
            if post.role in roles:
                scope = reach_of(post, roles[post.role], learner_id=learner_id)
                grants[action] = grants[action] | scope if action in grants else scope
    return MappingProxyType(grants)
