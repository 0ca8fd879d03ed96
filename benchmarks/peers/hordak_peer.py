"""django-hordak in a process of its own, on a database called ``hordak`` beside the bank's.

python hordak_peer.py balance LEGS READS    prints {"median": milliseconds} of one account's balance
python hordak_peer.py transfers SECONDS     says "ready", waits for a line, then prints {"seconds": …, "ms": […]} of its own
                                            `transfer_to`: one connection, and a learner's account of its own
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from typing import Any

import django
from django.conf import settings
from peer_database import database


def accounts() -> tuple[Any, Any]:
    """The issuer's account, and a learner's of our own."""
    settings.configure(
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "mptt", "hordak"],
        DATABASES={"default": database("hordak")},
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        USE_TZ=True,
        DEFAULT_CURRENCY="CNY",
        CURRENCIES=["CNY"],
        HORDAK_DECIMAL_PLACES=2,
    )
    django.setup()
    from django.core.management import call_command
    from django.db import connection
    from hordak.models import Account, AccountType

    with connection.cursor() as cursor:  # several come at once; the first makes the tables
        cursor.execute("SELECT pg_advisory_lock(1)")
        call_command("migrate", verbosity=0)
        issuer = Account.objects.filter(name="issuer").first() or Account.objects.create(
            name="issuer", code="1", type=AccountType.liability, currencies=["CNY"]
        )
        code = str(2 + Account.objects.count())
        learner = Account.objects.create(name=f"learner {code}", code=code, type=AccountType.asset, currencies=["CNY"])
        cursor.execute("SELECT pg_advisory_unlock(1)")
    return issuer, learner


def balance(legs: int, reads: int) -> dict[str, float]:
    issuer, learner = accounts()
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # its triggers check every leg: hours for a million
        cursor.execute(
            "INSERT INTO hordak_transaction (id, uuid, timestamp, date, description)"
            " SELECT n, gen_random_uuid(), now(), current_date, '' FROM generate_series(1, %s) AS n",
            [legs],
        )
        for account, side in ((learner.pk, "debit"), (issuer.pk, "credit")):
            cursor.execute(
                f"INSERT INTO hordak_leg (uuid, transaction_id, account_id, {side}, currency, description)"
                " SELECT gen_random_uuid(), n, %s, 1, 'CNY', '' FROM generate_series(1, %s) AS n",
                [account, legs],
            )
        cursor.execute("SET session_replication_role = origin")
        cursor.execute("VACUUM ANALYZE hordak_leg")
        cursor.execute("VACUUM ANALYZE hordak_transaction")
    learner.refresh_from_db()
    found = []
    for _ in range(reads):
        began = time.perf_counter()
        answer = learner.get_balance()
        found.append(1000 * (time.perf_counter() - began))
    if abs(int(answer.monies()[0].amount)) != legs:
        raise RuntimeError(f"the peer's balance is {answer}")
    return {"median": statistics.median(found)}


def transfers(seconds: int) -> dict[str, Any]:
    issuer, learner = accounts()
    from moneyed import Money

    amount, waits = Money(1, "CNY"), []
    issuer.transfer_to(learner, amount)
    print("ready", flush=True)
    sys.stdin.readline()
    began = time.perf_counter()
    while (now := time.perf_counter()) - began < seconds:
        issuer.transfer_to(learner, amount)
        waits.append(round(1000 * (time.perf_counter() - now), 3))
    return {"seconds": time.perf_counter() - began, "ms": waits}


if __name__ == "__main__":
    work = {"balance": balance, "transfers": transfers}[sys.argv[1]]
    print(json.dumps(work(*map(int, sys.argv[2:]))))
