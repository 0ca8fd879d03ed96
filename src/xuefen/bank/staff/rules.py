"""Who may do what, and how far: one table, read aloud.

``action: {role: reach}``. An action that is not in the table may be done by nobody but the house itself. Personal data
is shown in full only under ``learners.read_personal``; everywhere else names are masked (design §6).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from xuefen.bank.institutions.types import InstitutionKind
from xuefen.bank.places.types import PlaceKind
from xuefen.bank.shell.actor import EVERYTHING, Scope
from xuefen.bank.shell.problems import Denied
from xuefen.bank.staff.types import POST_HUB_ONLY, POST_PLACE, PostFacts, Reach, Role

ALL, PLACE, INSTITUTION, OWN = Reach.ALL, Reach.PLACE, Reach.INSTITUTION, Reach.OWN
HUB, BRANCH, SUB, POINT = Role.HUB_OFFICER, Role.BRANCH_OFFICER, Role.SUB_CENTRE_OFFICER, Role.POINT_CLERK
ISSUER, REVIEWER, SUPERVISOR, LEARNER = Role.ISSUER_OFFICER, Role.REVIEWER, Role.SUPERVISOR, Role.LEARNER
EXPERT = Role.EXPERT

PERMISSIONS: Mapping[str, Mapping[Role, Reach]] = {
    # places, people and institutions
    "places.edit": {HUB: ALL, BRANCH: PLACE},
    "institutions.register": {HUB: ALL, BRANCH: PLACE},
    "institutions.qualify": {HUB: ALL, BRANCH: PLACE},
    "staff.appoint": {HUB: ALL, BRANCH: PLACE},
    # accounts
    "learners.open": {BRANCH: PLACE, SUB: PLACE, POINT: PLACE},
    "learners.prove": {BRANCH: PLACE, SUB: PLACE, POINT: PLACE},
    "learners.freeze": {BRANCH: PLACE, SUPERVISOR: ALL},
    "learners.erase": {BRANCH: PLACE},
    "learners.ask_erasure": {LEARNER: OWN},
    "learners.read": {LEARNER: OWN, BRANCH: PLACE, SUB: PLACE, POINT: PLACE},
    "learners.read_personal": {LEARNER: OWN, POINT: PLACE},
    # standards, catalogue, rules
    "standards.propose": {HUB: ALL, EXPERT: ALL},
    "standards.compare": {EXPERT: ALL},
    "standards.publish": {HUB: ALL},
    "standards.ask_kind": {HUB: ALL, ISSUER: INSTITUTION},
    "catalogue.publish": {ISSUER: INSTITUTION},
    "catalogue.compare": {HUB: ALL, EXPERT: ALL},
    "agreements.edit": {HUB: ALL},
    "rules.draft": {HUB: ALL, EXPERT: ALL, REVIEWER: INSTITUTION, ISSUER: INSTITUTION},
    "rules.compare": {EXPERT: ALL},
    "rules.sign": {REVIEWER: INSTITUTION, ISSUER: INSTITUTION},
    "rules.publish": {HUB: ALL, REVIEWER: INSTITUTION},
    "contracts.sign": {LEARNER: OWN, REVIEWER: INSTITUTION, ISSUER: INSTITUTION},
    # the log
    "witnesses.edit": {HUB: ALL},
    # the node's keys
    "keys.rotate": {HUB: ALL},
    "custody.read": {HUB: ALL, SUPERVISOR: ALL},
    # outcomes
    "deposits.deposit": {ISSUER: INSTITUTION},
    "deposits.read_batches": {ISSUER: INSTITUTION, BRANCH: PLACE, SUPERVISOR: ALL},
    "outcomes.correct": {ISSUER: INSTITUTION, SUPERVISOR: ALL},
    "outcomes.read": {
        LEARNER: OWN, BRANCH: PLACE, SUB: PLACE, POINT: PLACE, ISSUER: INSTITUTION, SUPERVISOR: ALL,
    },
    # activities
    "activities.propose": {ISSUER: INSTITUTION},
    "activities.sign": {HUB: ALL, BRANCH: PLACE},
    "activities.organise": {ISSUER: INSTITUTION},
    "activities.gather": {ISSUER: INSTITUTION},
    "activities.read": {LEARNER: OWN, ISSUER: INSTITUTION, BRANCH: PLACE, SUPERVISOR: ALL, HUB: ALL},
    "activities.join": {LEARNER: OWN},
    # deposit slips: single deposits with evidence, and awards
    "submissions.make": {LEARNER: OWN, SUB: PLACE, POINT: PLACE},
    "submissions.check": {ISSUER: INSTITUTION, BRANCH: PLACE, SUB: PLACE},
    "awards.push": {ISSUER: INSTITUTION},
    "awards.answer": {LEARNER: OWN},
    "slips.read": {
        LEARNER: OWN, ISSUER: INSTITUTION, BRANCH: PLACE, SUB: PLACE, POINT: PLACE, SUPERVISOR: ALL,
    },
    # conversion
    "shares.make": {LEARNER: OWN},
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
    "certificates.design": {HUB: ALL, ISSUER: INSTITUTION, REVIEWER: INSTITUTION},
    "badges.bring": {LEARNER: OWN},
    "credentials.sign": {HUB: ALL},
    # supervision
    "arbitrations.decide": {HUB: ALL, SUPERVISOR: ALL},
    "arbitrations.read": {
        LEARNER: OWN, REVIEWER: INSTITUTION, ISSUER: INSTITUTION, BRANCH: PLACE, HUB: ALL, SUPERVISOR: ALL,
    },
    "alarms.decide": {BRANCH: PLACE, SUPERVISOR: ALL},
    "alarms.read": {BRANCH: PLACE, HUB: ALL, SUPERVISOR: ALL},
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


# --- who is appointed where ------------------------------------------------------------------------------------------

_RECEIVERS = frozenset(
    {
        InstitutionKind.UNIVERSITY,
        InstitutionKind.VOCATIONAL_COLLEGE,
        InstitutionKind.OPEN_UNIVERSITY,
        InstitutionKind.CERTIFICATE_BODY,
    }
)
POSTS_AT: Mapping[Role, frozenset[PlaceKind] | frozenset[InstitutionKind]] = MappingProxyType(
    {
        HUB: frozenset({PlaceKind.HUB}),
        BRANCH: frozenset({PlaceKind.BRANCH}),
        SUB: frozenset({PlaceKind.SUB_CENTRE}),
        POINT: frozenset({PlaceKind.SERVICE_POINT}),
        SUPERVISOR: frozenset({PlaceKind.HUB, PlaceKind.BRANCH}),
        EXPERT: frozenset({PlaceKind.HUB, PlaceKind.BRANCH}),
        ISSUER: frozenset(InstitutionKind),
        REVIEWER: _RECEIVERS,
    }
)
"""Where each role may be held. The learner's post is not here: it comes with the account."""

HUB_APPOINTS = frozenset({HUB, SUPERVISOR, EXPERT})
"""Roles that reach everywhere: a branch must not be able to hand out more than it has."""


def check_appointment(
    role: Role, *, place: PlaceKind | None, institution: InstitutionKind | None, reach: Scope
) -> None:
    """Raise ``Denied(post_place)`` or ``Denied(post_hub_only)`` unless the role may be held there and given by ``reach``."""
    if (place is None) == (institution is None) or (place or institution) not in POSTS_AT.get(role, frozenset()):
        raise Denied(POST_PLACE, place="role", role=role.value)
    if role in HUB_APPOINTS and not reach.everything:
        raise Denied(POST_HUB_ONLY, place="role", role=role.value)


# --- the table for readers -------------------------------------------------------------------------------------------

_ROLE_WORDS: Mapping[Role, str] = {
    LEARNER: "学习者<br>learner",
    POINT: "受理点<br>service point",
    SUB: "分中心<br>sub-centre",
    BRANCH: "省级分中心<br>branch",
    HUB: "总平台<br>hub",
    ISSUER: "经办人<br>issuer",
    REVIEWER: "认定员<br>reviewer",
    SUPERVISOR: "监管员<br>supervisor",
    EXPERT: "专家<br>expert",
}
_REACH_WORDS: Mapping[Reach, str] = {
    OWN: "本人 own",
    PLACE: "辖区 place",
    INSTITUTION: "本机构 institution",
    ALL: "全部 all",
}


def permissions_markdown() -> str:
    """The permission table as the page ``docs/permissions.md``."""
    lines = [
        "# Who may do what · 权限表",
        "",
        "Generated from `xuefen.bank.staff.rules`; a test keeps both the same. 本页由程序生成，以程序为准。",
        "",
        "own 本人: the learner's own account · place 辖区: the post's place and all below it · institution 本机构: the",
        "post's institution · all 全部: everything in this node · an empty cell: not at all.",
        "",
        "| action | " + " | ".join(_ROLE_WORDS.values()) + " |",
        "|---" * (len(_ROLE_WORDS) + 1) + "|",
    ]
    for action, roles in PERMISSIONS.items():
        cells = (_REACH_WORDS[roles[role]] if role in roles else "" for role in _ROLE_WORDS)
        lines.append(f"| `{action}` | " + " | ".join(cells) + " |")
    lines += [
        "",
        "## Where a role may be held · 岗位设在哪里",
        "",
        "| role | held at | appointed by |",
        "|---|---|---|",
    ]
    for role, kinds in POSTS_AT.items():
        appointer = "hub" if role in HUB_APPOINTS else "hub, or the branch it lies under"
        lines.append(f"| {_ROLE_WORDS[role].replace('<br>', ' ')} | {', '.join(sorted(kinds))} | {appointer} |")
    return "\n".join(lines) + "\n"
