"""Reading accounts. Personal data leaves this room only through ``personal``."""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterable, Iterator
from datetime import date
from importlib import resources

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import connection
from django.db.models import Exists, F, Max, OuterRef, Q, QuerySet, Subquery

from xuefen.bank.learners import rules
from xuefen.bank.learners.models import IdentityProof, Learner, ServiceAgreement
from xuefen.bank.learners.types import (
    ACCOUNT_UNKNOWN,
    AGREEMENT_VERSION,
    PERSON_ERASED,
    AccountState,
    AgreementText,
    Assurance,
    LearnerFacts,
    Personal,
    Resolved,
    Secrets,
)
from xuefen.bank.places.queries import inside
from xuefen.bank.shell.actor import Actor, Scope
from xuefen.bank.shell.clock import stamp
from xuefen.bank.shell.keys import keys, people
from xuefen.bank.shell.problems import NOT_ALLOWED, Denied
from xuefen.bank.shell.violation import Violation
from xuefen.bank.translog import queries as translog
from xuefen.bedrock import ids
from xuefen.bedrock.gm import DecryptionFailed, KeyMissing, sm3
from xuefen.bedrock.names import mask_name

name_matches = rules.name_matches


def secrets() -> Secrets:
    """The node's secrets for learners, from its key provider."""
    provider = keys()
    earlier = tuple(provider.earlier_secrets("wrap"))
    return Secrets(wrap=provider.secret("wrap"), blind=provider.secret("blind"), earlier=earlier)


def key_of(*, learner_id: int, account_no: str, wrapped: bytes | None, node: Secrets) -> bytes | None:
    """The learner's data key; None when the person was erased, in this database or since it was backed up.

    Raises ``KeyMissing`` when the other half is in no file, ``DecryptionFailed``.
    """
    slot = people().read(learner_id) if wrapped is not None else None
    if wrapped is None or slot is None:
        return None
    return rules.data_key(wrapped, slot=slot, account_no=account_no, secrets=node)


@functools.cache
def agreement(language: str = "zh") -> AgreementText:
    """The service agreement in ``zh`` or ``en``; its digest is the Chinese text's in both."""
    folder = resources.files("xuefen.bank.learners")
    binding = folder.joinpath("agreement.zh.txt").read_bytes()
    shown = folder.joinpath("agreement.en.txt").read_bytes() if language.startswith("en") else binding
    return AgreementText(version=AGREEMENT_VERSION, text=shown.decode(), sm3=sm3(binding).hex())


# --- for bulk paths --------------------------------------------------------------------------------------------------

_FACTS = "SELECT id, account_no, state, assurance, name_blind, wrapped_key, id_blind FROM learner WHERE "


def resolve(*, account_nos: Collection[str] = (), id_numbers: Collection[str] = ()) -> Resolved:
    """The accounts of these account numbers and identity numbers, as typed; at most two queries.

    Not scoped: an issuer may name anybody to deposit for, and learns only whether the row found its account.
    """
    node = secrets()
    accounts = {text: ids.normalise(text) for text in account_nos}
    blinds = {text: rules.id_blind(node.blind, ids.normalise(text)) for text in id_numbers}
    by_account: dict[str, LearnerFacts] = {}
    by_blind: dict[bytes, LearnerFacts] = {}
    if accounts:
        found = _facts("account_no = ANY(%s)", list(accounts.values()), node)
        by_account = {facts.account_no: facts for _, facts in found}
    if blinds:
        by_blind = dict(_facts("id_blind = ANY(%s::bytea[])", list(blinds.values()), node))
    return Resolved(
        by_account={text: by_account[number] for text, number in accounts.items() if number in by_account},
        by_id={text: by_blind[blind] for text, blind in blinds.items() if blind in by_blind},
    )


def facts_of(learner_ids: Collection[int]) -> dict[int, LearnerFacts]:
    """The facts of learners already known by id; one query. The caller has checked its scope."""
    return {facts.id: facts for _, facts in _facts("id = ANY(%s)", list(learner_ids), secrets())}


def _facts(condition: str, values: list[object], node: Secrets) -> Iterator[tuple[bytes, LearnerFacts]]:
    """Facts of the learners under a fixed condition, each with its identity blind index."""
    with connection.cursor() as cursor:
        cursor.execute(_FACTS + condition, [values])
        rows = cursor.fetchall()
    for pk, account_no, state, assurance, name_blind, wrapped, blind in rows:
        data_key = key_of(learner_id=pk, account_no=account_no, wrapped=wrapped, node=node)
        facts = LearnerFacts(
            id=pk,
            account_no=account_no,
            state=AccountState(state),
            assurance=Assurance(assurance),
            name_blind=name_blind,
            data_key=data_key,
            blind=node.blind,
        )
        yield blind, facts


def taken(id_blinds: Iterable[bytes]) -> set[bytes]:
    """Those of the identity blind indexes that already have an account."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id_blind FROM learner WHERE id_blind = ANY(%s::bytea[])", [list(id_blinds)])
        return {row[0] for row in cursor.fetchall()}


def fresh_numbers(count: int) -> list[str]:
    """Account numbers that nobody has. A clash is a matter of one in a million; it is drawn again."""
    fresh: dict[str, None] = {}
    while len(fresh) < count:
        drawn = ids.new_numbers(ids.NumberClass.ACCOUNT, count - len(fresh))
        with connection.cursor() as cursor:
            cursor.execute("SELECT account_no FROM learner WHERE account_no = ANY(%s)", [drawn])
            used = {row[0] for row in cursor.fetchall()}
        fresh.update(dict.fromkeys(number for number in drawn if number not in used))
    return list(fresh)


# --- for people ------------------------------------------------------------------------------------------------------


def by_account(scope: Scope, account_no: str) -> Learner:
    """The account of this number as typed. Raises ``Denied(account_unknown)``, the same when it is out of reach."""
    try:
        number = ids.check(ids.NumberClass.ACCOUNT, account_no)
    except ids.BadNumber:
        raise Denied(ACCOUNT_UNKNOWN, place="account_no") from None
    return _one(scope, Q(account_no=number))


def by_id(scope: Scope, learner_id: int) -> Learner:
    """The account of this id. Raises ``Denied(account_unknown)``."""
    return _one(scope, Q(pk=learner_id))


def by_identity(scope: Scope, id_number: str) -> Learner:
    """The account of this identity number, for a clerk with the document in hand. ``Denied(account_unknown)``."""
    return _one(scope, Q(id_blind=rules.id_blind(secrets().blind, ids.normalise(id_number))))


def _one(scope: Scope, condition: Q) -> Learner:
    found = learners(scope).filter(condition).first()
    if found is None:
        raise Denied(ACCOUNT_UNKNOWN, place="account_no")
    return found


def learners(scope: Scope) -> QuerySet[Learner]:
    """The accounts inside a scope, newest first, their place loaded."""
    reached = inside(scope, place="place__path", learner="id")
    return Learner.objects.filter(reached).select_related("place").order_by("-id")


def personal(learner: Learner, *, by: Actor) -> Personal:
    """The learner's personal data. Raises ``Denied``: not_allowed, person_erased."""
    if not by.scope("learners.read_personal").reaches(learner_id=learner.pk, place_path=learner.place.path):
        raise Denied(NOT_ALLOWED, action="learners.read_personal")
    data_key = _key(learner, secrets())
    if data_key is None or learner.sealed is None:
        raise Denied(PERSON_ERASED)
    return rules.open_person(bytes(learner.sealed), account_no=learner.account_no, data_key=data_key)


def _key(learner: Learner, node: Secrets) -> bytes | None:
    wrapped = bytes(learner.wrapped_key) if learner.wrapped_key is not None else None
    return key_of(learner_id=learner.pk, account_no=learner.account_no, wrapped=wrapped, node=node)


def births(learner_ids: Collection[int]) -> dict[int, date]:
    """Birth dates, for the house's own comparisons: opened in memory, never shown. Without the erased; one query."""
    node, found = secrets(), {}
    rows = Learner.objects.filter(pk__in=list(learner_ids), sealed__isnull=False, wrapped_key__isnull=False)
    for pk, account_no, sealed, wrapped in rows.values_list("id", "account_no", "sealed", "wrapped_key"):
        data_key = key_of(learner_id=pk, account_no=account_no, wrapped=bytes(wrapped or b""), node=node)
        if data_key is not None:
            person = rules.open_person(bytes(sealed or b""), account_no=account_no, data_key=data_key)
            found[pk] = ids.ResidentId.parse(person.id_number).birth_on
    return found


def place_of(learner_id: int) -> int:
    """The id of the place an account lies in."""
    return Learner.objects.values_list("place_id", flat=True).get(pk=learner_id)


def erased_ids() -> set[int]:
    """The learners who were erased in this database."""
    return set(Learner.objects.filter(wrapped_key=None).values_list("id", flat=True))


def brought_back() -> list[int]:
    """The learners whose other half was destroyed, but whom an older backup of the database holds again."""
    return list(
        Learner.objects.filter(id__in=list(people().erased())).exclude(wrapped_key=None).values_list("id", flat=True)
    )


def user_for_signin(text: str) -> AbstractBaseUser | None:
    """The sign-in behind an account number or identity number as typed; None when there is none.

    Staff sign in under their own user name. The password is still to be checked.
    """
    number = ids.normalise(text)
    wanted = Q(account_no=number)
    if len(number) == 18:
        wanted = Q(id_blind=rules.id_blind(secrets().blind, number))
    found = Learner.objects.filter(wanted, user__is_active=True).exclude(state=AccountState.CLOSED)
    learner = found.select_related("user").first()
    return learner.user if learner else None


# --- promises --------------------------------------------------------------------------------------------------------


def violations() -> Iterator[Violation]:
    """An acknowledged account has its proof, its signed agreement and its seal (I4); its assurance is proved (I7)."""
    proofs = IdentityProof.objects.filter(learner=OuterRef("pk"))
    best = proofs.order_by().values("learner").annotate(best=Max("assurance")).values("best")
    unsigned = ~Exists(ServiceAgreement.objects.filter(learner=OuterRef("pk")))
    rows = Learner.objects.order_by("id")
    for number in rows.filter(unsigned).values_list("account_no", flat=True).iterator():
        yield Violation(invariant="I4", subject=f"account {number}", found="no signed service agreement")
    for number in rows.filter(~Exists(proofs)).values_list("account_no", flat=True).iterator():
        yield Violation(invariant="I4", subject=f"account {number}", found="no identity proof")
    proved = rows.annotate(best=Subquery(best)).exclude(best=None).exclude(assurance=F("best"))
    for number, has, best_level in proved.values_list("account_no", "assurance", "best").iterator():
        found = f"assurance {has}, proofs say {best_level}"
        yield Violation(invariant="I7", subject=f"account {number}", found=found)
    half = rows.filter(Q(sealed=None) ^ Q(wrapped_key=None))
    for number in half.values_list("account_no", flat=True).iterator():
        yield Violation(invariant="I4", subject=f"account {number}", found="sealed data and its key do not go together")
    yield from _person_violations()
    yield from _leaf_violations()


def _person_violations() -> Iterator[Violation]:
    """What is kept in clear or as an index of a person is what their sealed particulars give (I4)."""
    node = secrets()
    for learner in Learner.objects.exclude(sealed=None).exclude(wrapped_key=None).order_by("id").iterator():
        assert learner.sealed is not None
        number = learner.account_no
        subject = f"account {number}"
        try:
            data_key = _key(learner, node)
            if data_key is None:
                yield Violation(invariant="I4", subject=subject, found="erased, and brought back by an older backup")
                continue
            person = rules.open_person(bytes(learner.sealed), account_no=number, data_key=data_key)
        except DecryptionFailed:
            yield Violation(invariant="I4", subject=subject, found="sealed data cannot be opened")
            continue
        except KeyMissing:
            yield Violation(invariant="I4", subject=subject, found="half of its key is in no file")
            continue
        due = (
            rules.id_blind(node.blind, person.id_number),
            rules.name_blind(node.blind, account_no=number, name=person.name),
            mask_name(person.name),
        )
        if due != (bytes(learner.id_blind), bytes(learner.name_blind), learner.masked_name):
            yield Violation(invariant="I4", subject=subject, found="an index or the masked name is not the person's")


def _leaf_violations() -> Iterator[Violation]:
    """Every account the log tells of exists, and its agreement was signed by that holder at that moment (I5)."""
    for told in translog.facts("account.opened"):
        signed = ServiceAgreement.objects.filter(leaf_id__in=[leaf_id for leaf_id, _ in told])
        rows = {leaf_id: (who, at) for leaf_id, who, at in signed.values_list("leaf_id", "learner_id", "signed_at")}
        holders = facts_of({who for who, _ in rows.values()})
        for leaf_id, fact in told:
            if leaf_id not in rows:
                yield Violation(invariant="I5", subject=f"leaf {leaf_id}", found="opens an account that does not exist")
                continue
            who, at = rows[leaf_id]
            number, data_key = holders[who].account_no, holders[who].data_key
            holder = None
            if data_key is not None:  # an erased person's leaf can no longer be told from others
                holder = rules.holder_commitment(rules.leaf_salt(data_key, number), number)
            if stamp(at) != fact["at"] or holder not in (None, fact["holder"]):
                yield Violation(invariant="I5", subject=f"account {number}", found=f"not what leaf {leaf_id} says")
