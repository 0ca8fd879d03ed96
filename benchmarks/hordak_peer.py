"""django-hordak in a process of its own: one account with as many legs as asked for, and the time its balance takes.

DATABASE_URL=… python benchmarks/hordak_peer.py LEGS READS    prints {"median": milliseconds}
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from urllib.parse import parse_qs, urlsplit

import django
from django.conf import settings


def main(legs: int, reads: int) -> None:
    url = urlsplit(os.environ["DATABASE_URL"])
    host = parse_qs(url.query).get("host", [url.hostname or ""])[0]
    settings.configure(
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "mptt", "hordak"],
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": "hordak",
                "HOST": host,
                "USER": url.username or "",
                "PASSWORD": url.password or "",
                "PORT": url.port or "",
            }
        },
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

    call_command("migrate", verbosity=0)
    issuer = Account.objects.create(name="issuer", code="1", type=AccountType.liability, currencies=["CNY"])
    learner = Account.objects.create(name="learner", code="2", type=AccountType.asset, currencies=["CNY"])
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # its triggers check every leg: hours for a million
        cursor.execute(
            "INSERT INTO hordak_transaction (id, uuid, timestamp, date, description)"
            " SELECT n, gen_random_uuid(), now(), current_date, '' FROM generate_series(1, %s) AS n",
            [legs],
        )
        for account, side in ((learner.pk, "debit"), (issuer.pk, "credit")):
            cursor.execute(
                f"INSERT INTO hordak_leg (uuid, transaction_id, account_id, {side}, currency,"
                " description) SELECT gen_random_uuid(), n, %s, 1, 'CNY', '' FROM generate_series(1, %s) AS n",
                [account, legs],
            )
        cursor.execute("SET session_replication_role = origin")
        cursor.execute("VACUUM ANALYZE hordak_leg")
        cursor.execute("VACUUM ANALYZE hordak_transaction")
    learner.refresh_from_db()
    found = []
    for _ in range(reads):
        began = time.perf_counter()
        balance = learner.get_balance()
        found.append(1000 * (time.perf_counter() - began))
    if abs(int(balance.monies()[0].amount)) != legs:
        raise RuntimeError(f"the peer's balance is {balance}")
    print(json.dumps({"median": statistics.median(found)}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
