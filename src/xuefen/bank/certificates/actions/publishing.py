"""Publishing what others need to verify without asking us: trust file, status lists, the issuer's profile. Static files."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from xuefen.bank.certificates import queries, rules
from xuefen.bank.certificates.models import Certificate, CredentialPlace
from xuefen.bank.certificates.pdf import files
from xuefen.bank.certificates.rules import credentials
from xuefen.bank.certificates.types import PER_LIST, PURPOSE, STATE_OF, STATUS_MAX_AGE, CertificateKind, ListPurpose
from xuefen.bank.shell.keys import keys
from xuefen.bank.shell.transaction import inside_transaction, use_case, wait_turn
from xuefen.bedrock import canon, disk
from xuefen.bedrock.vc import bits


@use_case
def publish_status(*, now: datetime) -> None:
    """Write the signed status lists where everybody reads them. Raises ``Denied(node_unnamed)``, OSError.

    One at a time, and read after the lock: an older list can never replace a newer one.
    """
    wait_turn("public")
    content = rules.status_json(
        node=queries.issuer().node,
        entries=queries.status(now=now).entries.items(),
        generated_at=now,
        signer=keys().signer("certificates"),
    )
    _write(files.STATUS_FILE, content)
    _publish_lists(now=now)


def _publish_lists(*, now: datetime) -> None:
    """Every status list of the credential forms; there is always a first one, though empty."""
    home, signer = queries.credential_home(now=now), keys().signer(PURPOSE)
    newest = Certificate.objects.order_by("-id").values_list("id", flat=True).first() or 1
    all_taken: dict[ListPurpose, dict[int, list[int]]] = {}
    for purpose in ListPurpose:
        places = CredentialPlace.objects.filter(certificate__status=STATE_OF[purpose])
        taken: dict[int, list[int]] = {number: [] for number in range(_list_of(newest) + 1)}
        for number, index in places.values_list("list_number", "index").iterator():
            taken[number].append(index)
        all_taken[purpose] = taken
        for number, indexes in taken.items():
            content = credentials.status_list(
                home=home,
                purpose=purpose,
                list_number=number,
                set_bits=indexes,
                now=now,
                until=now + STATUS_MAX_AGE,
                signer=signer,
            )
            _write(f"{files.LISTS_FOLDER}/{purpose.value}-{number}.json", content)
    for number in range(_list_of(newest) + 1):
        token = credentials.states_token(
            home=home,
            list_number=number,
            revoked=all_taken[ListPurpose.REVOCATION][number],
            suspended=all_taken[ListPurpose.SUSPENSION][number],
            now=now,
            until=now + STATUS_MAX_AGE,
            signer=signer,
        )
        _write_bytes(f"{files.LISTS_FOLDER}/status-{number}.jwt", token.encode("ascii"))


@use_case
def publish_trust(*, now: datetime) -> None:
    """Write the trust file: this node's names and keys, past and present; the same as an issuer's profile; and the certificate
    that PDFs are signed under.

    Raises ``Denied``: node_unnamed, pdf_identity; OSError.
    """
    wait_turn("public")
    _write(files.TRUST_FILE, rules.trust_json(queries.trust(now=now)))
    _write_bytes(files.SIGNER_FILE, queries.paper_identity().certificate)
    _write(f"{files.LISTS_FOLDER}/{files.PROFILE_FILE}", queries.issuer_profile(now=now))
    url = queries.credential_home(now=now).url
    for kind in CertificateKind:
        _write(f"{files.LISTS_FOLDER}/{kind.value}.json", credentials.type_metadata(url, kind))


def _write(name: str, content: Mapping[str, Any]) -> None:
    _write_bytes(name, canon.canonical(content) + b"\n")


def _write_bytes(name: str, content: bytes) -> None:
    """The whole file or nothing: readers copy it at any moment."""
    path = Path(settings.XUEFEN_PUBLIC) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    disk.replace(path, content)


# --- places in the lists ---------------------------------------------------------------------------------------------


def _list_of(certificate_id: int) -> int:
    return (certificate_id - 1) // PER_LIST


@inside_transaction
def give_place(certificate_id: int) -> None:
    """Put a new certificate at a random free place of its list. At least half of every list is free, so this ends soon."""
    with connection.cursor() as cursor:
        while True:
            cursor.execute(
                "INSERT INTO credential_place (certificate_id, list_number, index) VALUES (%s, %s, %s)"
                " ON CONFLICT (list_number, index) DO NOTHING",
                [certificate_id, _list_of(certificate_id), secrets.randbelow(bits.FEWEST_BITS)],
            )
            if cursor.rowcount:
                return
