"""Checking a person's particulars; sealing them; the keyed indexes and commitments that stand for them elsewhere.

Everything here is pure except that sealing draws a fresh nonce. Nothing raised from here carries a name or a number.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import date

from xuefen.bank.learners.types import (
    ID_COUNTY,
    ID_PROBLEMS,
    NAME_CONTROLS,
    NAME_DIGITS,
    NAME_EMPTY,
    NAME_LETTERS,
    NAME_LONG,
    PHONE,
    PROOF_LEVEL,
    Assurance,
    CheckedPerson,
    LearnerFacts,
    Person,
    Personal,
    SealedPerson,
    Secrets,
)
from xuefen.bank.shell.problems import Denied
from xuefen.bedrock import canon, ids
from xuefen.bedrock.gm import DecryptionFailed, hmac_sm3, joined, open_sealed, seal, sm3
from xuefen.bedrock.names import BadText, clean, mask_name, person_name_key, reject_controls

LONGEST_NAME = 60  # characters; the longest names on identity documents stay below it
DATA_KEY_SIZE = 16  # bytes, SM4
_MOBILE = re.compile(r"1[3-9][0-9]{9}")


PASSWORD_BYTES = 12
_READ_ALOUD = "abcdefghjkmnpqrstuvwxyz23456789"  # none of 0 o, 1 l i: it is read from paper and typed on a phone


def temporary_password(entropy: bytes) -> str:
    """Three groups of four characters, one for each byte of ``entropy``; 31 characters, so 59 bits of it count."""
    letters = "".join(_READ_ALOUD[byte % len(_READ_ALOUD)] for byte in entropy[:PASSWORD_BYTES])
    return "-".join(letters[start : start + 4] for start in range(0, len(letters), 4))


# --- particulars -----------------------------------------------------------------------------------------------------


def checked_person(person: Person, *, today: date) -> CheckedPerson:
    """The person in stored form. ``today`` refuses later birth dates.

    Raises ``Denied``: name_empty, name_long, name_controls, name_digits, name_letters; id_number_length, id_number_15,
    id_number_digits, id_number_date, id_number_check; phone. An unknown county code is only a warning.
    """
    name = checked_name(person.name)
    try:
        resident = ids.ResidentId.parse(person.id_number, today=today)
    except ids.BadNumber as error:
        raise Denied(ID_PROBLEMS[error.code], place="id_number") from None
    phone = checked_phone(person.phone)
    return CheckedPerson(
        personal=Personal(name=name, id_number=resident.number, phone=phone),
        warnings=() if resident.known_county else (ID_COUNTY,),
    )


def checked_name(text: str) -> str:
    """The stored form of a person's name. Raises ``Denied`` with the name_… problems of ``checked_person``."""
    try:
        reject_controls(text)
    except BadText as error:
        raise Denied(NAME_CONTROLS, place="name", position=error.position + 1) from None
    name = clean(text)
    if not name:
        raise Denied(NAME_EMPTY, place="name")
    if len(name) > LONGEST_NAME:
        raise Denied(NAME_LONG, place="name", most=LONGEST_NAME)
    if any(c.isdigit() for c in name):
        raise Denied(NAME_DIGITS, place="name")
    if not any(c.isalpha() for c in name):
        raise Denied(NAME_LETTERS, place="name")
    return name


def checked_phone(text: str) -> str:
    """A mainland mobile number as 11 digits, without +86; empty stays empty. Raises ``Denied(phone)``."""
    phone = ids.normalise(text).removeprefix("+86")
    if phone and not _MOBILE.fullmatch(phone):
        raise Denied(PHONE, place="phone")
    return phone


# --- sealing ---------------------------------------------------------------------------------------------------------


def seal_person(
    checked: CheckedPerson, *, learner_id: int, account_no: str, half: bytes, slot: bytes, secrets: Secrets
) -> SealedPerson:
    """What is stored of a person: SM4-GCM under their own key, bound to the account number, and the blind indexes.

    Their key is made of ``half``, which is stored wrapped, and ``slot``, which no database holds.
    """
    personal, aad, data_key = checked.personal, account_no.encode("ascii"), joined(half, slot)
    plain = canon.flat({"name": personal.name, "id_number": personal.id_number, "phone": personal.phone})
    return SealedPerson(
        id=learner_id,
        account_no=account_no,
        sealed=seal(data_key, plain, aad=aad),
        wrapped_key=seal(secrets.wrap, half, aad=aad),
        id_blind=id_blind(secrets.blind, personal.id_number),
        name_blind=name_blind(secrets.blind, account_no=account_no, name=personal.name),
        masked_name=mask_name(personal.name),
        holder=holder_commitment(leaf_salt(data_key, account_no), account_no),
    )


def unwrap(wrapped_key: bytes, *, account_no: str, secrets: Secrets) -> bytes:
    """The stored half of the learner's key. Raises ``DecryptionFailed`` when it was wrapped for another account or node."""
    aad = account_no.encode("ascii")
    for earlier in secrets.earlier:  # only while a replaced wrapping key is being done away with
        try:
            return open_sealed(earlier, wrapped_key, aad=aad)
        except DecryptionFailed:
            continue
    return open_sealed(secrets.wrap, wrapped_key, aad=aad)


def data_key(wrapped_key: bytes, *, slot: bytes, account_no: str, secrets: Secrets) -> bytes:
    """The learner's data key of its two halves. Raises ``DecryptionFailed`` as ``unwrap``."""
    return joined(unwrap(wrapped_key, account_no=account_no, secrets=secrets), slot)


def rewrap(wrapped_key: bytes, *, account_no: str, secrets: Secrets) -> bytes | None:
    """The same half under the wrapping key in use; None when it is already. Raises ``DecryptionFailed``."""
    aad = account_no.encode("ascii")
    try:
        open_sealed(secrets.wrap, wrapped_key, aad=aad)
    except DecryptionFailed:
        return seal(secrets.wrap, unwrap(wrapped_key, account_no=account_no, secrets=secrets), aad=aad)
    return None


def open_person(sealed: bytes, *, account_no: str, data_key: bytes) -> Personal:
    """Undo ``seal_person``. Raises ``DecryptionFailed`` for changed bytes or those of another account."""
    found = json.loads(open_sealed(data_key, sealed, aad=account_no.encode("ascii")))
    return Personal(name=found["name"], id_number=found["id_number"], phone=found["phone"])


def id_blind(blind: bytes, number: str) -> bytes:
    """The 32-byte index under which an identity number (stored form) is looked up."""
    return hmac_sm3(blind, b"id:" + number.encode())


def name_blind(blind: bytes, *, account_no: str, name: str) -> bytes:
    """The 16-byte index of a name; bound to the account, so that equal names do not show."""
    return hmac_sm3(blind, f"name:{account_no}:{person_name_key(name)}".encode())[:16]


def name_matches(facts: LearnerFacts, name: str) -> bool:
    """True when ``name`` is the account holder's, apart from width, case, spaces, dots and glyph form."""
    return name_blind(facts.blind, account_no=facts.account_no, name=name) == facts.name_blind


# --- commitments -----------------------------------------------------------------------------------------------------


def leaf_salt(data_key: bytes, subject: str) -> bytes:
    """The 16-byte salt of one leaf: without the learner's key nobody can test whose leaf it is."""
    return hmac_sm3(data_key, b"leaf:" + subject.encode())[:16]


def holder_commitment(salt: bytes, account_no: str) -> str:
    """Hex SM3(salt ‖ account number): what a leaf says about the holder."""
    return sm3(salt + account_no.encode("ascii")).hex()


# --- assurance -------------------------------------------------------------------------------------------------------


def check_proof(assurance: Assurance, *, by_house: bool) -> None:
    """Raise ``Denied(proof_level)`` unless staff record SEEN; THIRD_PARTY comes from the house's own connections."""
    if assurance != Assurance.SEEN and not (by_house and assurance == Assurance.THIRD_PARTY):
        raise Denied(PROOF_LEVEL, place="assurance")


def assurance_of(proofs: Iterable[int]) -> Assurance:
    """The highest of the proofs; without any, only what the learner says."""
    return Assurance(max(proofs, default=Assurance.SELF_DECLARED))
