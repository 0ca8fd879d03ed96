from datetime import timedelta

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import AnonymousUser
from django.db import DatabaseError, transaction

from tests.bank.foundation_builders import HOUSE, NOW, POINT, TODAY, ZHEJIANG, account, at_place, institution, tree
from xuefen.bank.audit.models import AuditEntry
from xuefen.bank.learners.models import Learner
from xuefen.bank.shell.actor import EVERYTHING, PUBLIC, Actor, Scope
from xuefen.bank.shell.problems import Denied
from xuefen.bank.staff import actions, queries
from xuefen.bank.staff.models import Post, User
from xuefen.bank.staff.types import Role

pytestmark = pytest.mark.django_db
PASSWORD = "straw-boat-47-lamps"


def _user(username: str = "lin.qiuhe", *, password: str = PASSWORD, by: Actor = HOUSE) -> User:
    return actions.create_user(username=username, display_name="林秋禾", password=password, by=by, now=NOW)


def test_a_new_user_signs_in_and_may_do_nothing() -> None:
    user = _user()
    assert authenticate(username="lin.qiuhe", password=PASSWORD) == user
    assert authenticate(username="lin.qiuhe", password="wrong") is None
    assert PASSWORD not in user.password
    actor = queries.actor_for(user, now=NOW)
    assert (actor.kind, actor.name, actor.user_id, dict(actor.grants)) == ("staff", "林秋禾", user.pk, {})
    assert AuditEntry.objects.get().subject_id == "lin.qiuhe"


@pytest.mark.parametrize(
    ("username", "password", "problem"),
    [
        ("3608551594207153", PASSWORD, "username"),
        ("Lin", PASSWORD, "username"),
        ("li", PASSWORD, "username"),
        ("lin.qiuhe", "short", "password_too_short"),
        ("lin.qiuhe", "qwertyuiop", "password_too_common"),
    ],
)
def test_user_names_and_passwords_are_checked(username: str, password: str, problem: str) -> None:
    with pytest.raises(Denied) as caught:
        _user(username, password=password)
    assert caught.value.code == problem
    assert caught.value.sentence("zh") != caught.value.sentence("en")
    assert not User.objects.exists()


def test_a_user_name_is_given_once_and_only_by_officers() -> None:
    _user()
    with pytest.raises(Denied, match="user_exists"):
        _user()
    with pytest.raises(Denied, match="not_allowed"):
        _user("other", by=at_place(Role.POINT_CLERK, POINT))


def test_a_post_gives_its_rights_at_its_place_and_ends_with_the_day() -> None:
    tree()
    user = _user()
    officer = at_place(Role.BRANCH_OFFICER, ZHEJIANG)
    post = actions.appoint(username=user.username, role=Role.POINT_CLERK, place_code="330106001", by=officer, now=NOW)
    actor = queries.actor_for(user, now=NOW)
    assert (actor.scope("learners.open"), actor.roles) == (Scope(place_paths=(POINT,)), ("point_clerk",))
    assert queries.actor_for(user, now=NOW - timedelta(days=1)).roles == ()
    assert list(queries.posts(Scope(place_paths=("hub/31/",)))) == []
    actions.end_post(post_id=post.pk, reason="调离", by=officer, now=NOW)
    assert queries.actor_for(user, now=NOW).roles == ()
    assert list(queries.posts(officer.scope("staff.appoint"))) == [post]
    assert list(queries.posts(EVERYTHING, on=TODAY)) == []
    assert [e.action for e in AuditEntry.objects.filter(subject_id=user.username).order_by("id")] == [
        "staff.user_created",
        "staff.appointed",
        "staff.post_ended",
    ]
    with pytest.raises(Denied, match="post_ended"):
        actions.end_post(post_id=post.pk, by=officer, now=NOW)


def test_a_post_at_an_institution_reaches_the_institution() -> None:
    tree()
    zju = institution("zju")
    user = _user()
    officer = at_place(Role.BRANCH_OFFICER, ZHEJIANG)
    actions.appoint(username=user.username, role=Role.ISSUER_OFFICER, institution_code="zju", by=officer, now=NOW)
    grants = queries.actor_for(user, now=NOW).grants
    assert grants["deposits.deposit"] == Scope(institution_ids=frozenset({zju.pk}))


def test_who_cannot_be_appointed_by_whom() -> None:
    tree()
    institution("fdu", place_code="31")
    user = _user()
    officer = at_place(Role.BRANCH_OFFICER, ZHEJIANG)

    def refused(problem: str, by: Actor = officer, **post: object) -> None:
        with pytest.raises(Denied) as caught:
            actions.appoint(username=user.username, by=by, now=NOW, **post)
        assert caught.value.code == problem

    refused("not_allowed", role=Role.POINT_CLERK, place_code="310101001")
    refused("not_allowed", role=Role.REVIEWER, institution_code="fdu")
    refused("post_hub_only", role=Role.SUPERVISOR, place_code="33")
    refused("post_place", role=Role.LEARNER, place_code="330106001")
    refused("post_place", role=Role.POINT_CLERK)
    refused("place_unknown", role=Role.POINT_CLERK, place_code="99")
    themselves = Actor(kind="staff", name="self", user_id=user.pk, grants=officer.grants)
    refused("post_self", by=themselves, role=Role.POINT_CLERK, place_code="330106001")
    actions.appoint(username=user.username, role=Role.POINT_CLERK, place_code="330106001", by=officer, now=NOW)
    refused("post_exists", role=Role.POINT_CLERK, place_code="330106001")
    assert Post.objects.count() == 1


def test_an_officer_ends_no_post_beyond_their_reach() -> None:
    tree()
    user = _user()
    far = actions.appoint(username=user.username, role=Role.POINT_CLERK, place_code="310101001", by=HOUSE, now=NOW)
    above = actions.appoint(username=user.username, role=Role.SUPERVISOR, place_code="33", by=HOUSE, now=NOW)
    officer = at_place(Role.BRANCH_OFFICER, ZHEJIANG)
    for post, problem in ((far, "not_found"), (above, "not_allowed")):
        with pytest.raises(Denied, match=problem):
            actions.end_post(post_id=post.pk, by=officer, now=NOW)
    assert not Post.objects.exclude(ended_on=None).exists()


@pytest.mark.parametrize("posts", [1, 3])
def test_an_actor_takes_two_queries_however_many_posts(posts: int, django_assert_num_queries: object) -> None:
    tree()
    user = _user()
    for code in ("330106001", "310101001", "hub")[:posts]:
        role = Role.HUB_OFFICER if code == "hub" else Role.POINT_CLERK
        actions.appoint(username=user.username, role=role, place_code=code, by=HOUSE, now=NOW)
    with django_assert_num_queries(2):
        queries.actor_for(user, now=NOW)


def test_nobody_signed_in_is_the_public_and_so_is_who_was_deactivated() -> None:
    assert queries.actor_for(AnonymousUser(), now=NOW) is PUBLIC
    user = _user()
    User.objects.update(is_active=False)
    assert queries.actor_for(user, now=NOW) is PUBLIC


def test_a_learner_s_sign_in_carries_the_learner_s_post_until_the_account_is_closed() -> None:
    tree()
    opened = account()
    user = User.objects.create(username=opened.account_no, display_name="林*禾", created_at=NOW)
    Learner.objects.filter(pk=opened.learner_id).update(user=user)
    actor = queries.actor_for(user, now=NOW)
    assert (actor.kind, actor.learner_id, actor.roles) == ("learner", opened.learner_id, ("learner",))
    assert actor.scope("outcomes.read") == Scope(learner_ids=frozenset({opened.learner_id}))
    Learner.objects.filter(pk=opened.learner_id).update(state="closed")
    assert dict(queries.actor_for(user, now=NOW).grants) == {}


def test_posts_and_users_are_kept() -> None:
    tree()
    user = _user()
    post = actions.appoint(username=user.username, role=Role.SUPERVISOR, place_code="hub", by=HOUSE, now=NOW)
    with pytest.raises(DatabaseError, match="may change"), transaction.atomic():
        Post.objects.filter(pk=post.pk).update(role="hub_officer")
    with pytest.raises(DatabaseError, match="facts"), transaction.atomic():
        Post.objects.all().delete()
    other = _user("other")
    with pytest.raises(DatabaseError, match="facts"), transaction.atomic():
        other.delete()


def test_one_changes_ones_own_password_knowing_the_old_one() -> None:
    user = _user()
    by = queries.actor_for(user, now=NOW)
    session, new = user.get_session_auth_hash(), "three-lamps-on-the-river"
    for old, typed, problem in (("wrong", new, "password_wrong"), (PASSWORD, "short", "password_too_short")):
        with pytest.raises(Denied, match=problem):
            actions.change_password(old=old, new=typed, by=by, now=NOW)
    changed = actions.change_password(old=PASSWORD, new=new, by=by, now=NOW)
    assert authenticate(username=user.username, password=new) == changed == user
    assert authenticate(username=user.username, password=PASSWORD) is None
    assert changed.get_session_auth_hash() != session
    assert AuditEntry.objects.get(action="staff.password_changed").subject_id == user.username
    with pytest.raises(Denied, match="not_signed_in"):
        actions.change_password(old=new, new=PASSWORD, by=PUBLIC, now=NOW)
