"""A small bank whose every learner has something to convert: the demo's institutions, people, catalogue and rules, and a crowd.

    python -m benchmarks.town HOME     makes it, for benchmarks that then serve it

Each learner of the crowd holds ``OUTCOMES`` that rules take into the programme ``PROGRAMME``, so that whoever asks for a plan
gets one that can be applied for. All of it goes through the rooms' own actions.
"""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from random import Random

LEARNERS = 3_000
SOURCES = ("YLU1041", "YLU1042", "YLU1043", "YLU1044")
"""Courses of the university that rules take."""
OUTCOMES = 3
"""Of them each learner holds."""
RECEIVER, PROGRAMME = "YLVC", "590302"
UNIVERSITY, OFFICER = "YLU", "yldx"
SCHOOL, TEACHER, ACTIVITY = "YLSQ", "ylsq", "HX-01"
COUNTER, POINT, REVIEWER = "tashan", "330602001", "reviewer"
PASSWORD = "xuefen-demo-2026"
CAST = 6
"""People who can sign in themselves, opened before the crowd."""
STATEMENT = "statement.json"
"""In the home: a signed statement of one of them."""


def build(home: Path, environment: dict[str, str]) -> None:
    """Make the town in a process of its own; nothing of it is running afterwards."""
    home.mkdir(parents=True, exist_ok=True)
    subprocess.run([sys.executable, "-m", "benchmarks.town", str(home)], env=environment, check=True)


def main(home: Path) -> None:
    from xuefen.config import embedded

    os.environ |= {"XUEFEN_HOME": str(home), "DJANGO_SETTINGS_MODULE": "xuefen.config.settings"}
    with embedded.running(home) as server:
        os.environ["DATABASE_URL"] = server.url
        import django

        django.setup()
        from xuefen.config import database

        database.prepare()
        _fill(home)


def _fill(home: Path) -> None:
    from xuefen.bank.catalogue import queries as catalogue
    from xuefen.bank.certificates import actions as certificates
    from xuefen.bank.certificates import queries as papers
    from xuefen.bank.deposits import actions as deposits
    from xuefen.bank.shell import actions as shell
    from xuefen.bank.shell import clock
    from xuefen.bank.shell.actor import EVERYTHING
    from xuefen.bank.standards import actions as standards
    from xuefen.bank.translog import actions as translog
    from xuefen.bedrock import canon
    from xuefen.faces.cli.demo import sheets, stage

    now, random = clock.now(), Random(20261120)
    shell.name_node(
        code="bench", name_zh="测速", name_en="Bench", origin="bench.example/log", is_demo=True, now=now
    )  # fmt: skip
    standards.load_shipped_packs(by=stage.HOUSE, now=now)
    stage.places_and_people(data=None, now=now)
    stage.catalogues(data=None, now=now)
    stage.rules(data=None, now=now)
    accounts = stage.accounts(count=LEARNERS, random=random, now=now)
    people = [holder for _, holder in accounts.cast.values()] + list(accounts.crowd)
    items = [catalogue.item(UNIVERSITY, code) for code in SOURCES]
    day = clock.today(now)
    rows = [
        sheets.good_row(person, items[(n + k) % len(items)], on=day - timedelta(days=30 + k), random=random)
        for n, person in enumerate(people)
        for k in range(OUTCOMES)
    ]
    path = home / "crowd.csv"
    sheets.write_csv(path, rows, encoding="utf-8")
    by = stage.actor(OFFICER, now=now)
    batch = deposits.receive(source="file", file_name=path.name, path=path, issuer_code=UNIVERSITY, by=by, now=now)
    done = deposits.run(batch_id=batch.id, by=by, now=now)
    if done.counts.accepted != len(rows):
        raise RuntimeError(f"the crowd's outcomes were not taken: {done.to_json()}")
    first, _ = next(iter(accounts.cast.values()))
    made = certificates.issue_statement(learner_id=first, by=stage.actor("sheng", now=now), now=now)
    translog.seal_all(now=now)
    (home / STATEMENT).write_bytes(canon.canonical(papers.document(EVERYTHING, made.number)))
    certificates.publish_trust(now=now)
    certificates.publish_status(now=now)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
