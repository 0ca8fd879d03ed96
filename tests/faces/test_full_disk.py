"""A disk that is really full: what people are told meanwhile, that nothing is half written, and that it goes on afterwards.

The disk is a small file system of its own; a part of the bank lies on it and the rest of it is filled to the last byte.
"""

from __future__ import annotations

import os
import subprocess
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, connection
from django.test import Client
from procrastinate.jobs import Job

from tests.bank import recognition_builders as recognition
from tests.faces import api_builders as api
from tests.faces.api_builders import assert_problem
from xuefen.bank.deposits import tasks
from xuefen.bank.deposits.models import Batch, Outcome
from xuefen.bank.recognition.models import Application
from xuefen.bank.shell.problems import Denied
from xuefen.bank.staff.types import Role
from xuefen.bank.translog import queries as log
from xuefen.config import embedded
from xuefen.faces.cli import node

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root may mount a file system"),
]


class SmallDisk:
    """One MiB that can be filled and freed."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def fill(self) -> None:
        block = b"\0" * 4096
        with (self.path / "ballast").open("ab", buffering=0) as file, suppress(OSError):
            while True:
                file.write(block)

    def free(self) -> None:
        (self.path / "ballast").unlink()


@pytest.fixture
def disk() -> Iterator[SmallDisk]:
    path = Path(django_settings.XUEFEN_HOME) / f"small-{os.getpid()}"
    path.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m,mode=755", "tmpfs", path], capture_output=True)
    if mounted.returncode != 0:
        path.rmdir()
        pytest.skip("mounting is not allowed here")
    yield SmallDisk(path)
    subprocess.run(["umount", path], check=True)
    path.rmdir()


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path) -> recognition.World:
    settings.XUEFEN_LOG = tmp_path / "log"
    api.stop_clock(monkeypatch)
    api.node()
    return recognition.world(courses=5)


@pytest.fixture
def full_database(disk: SmallDisk, world: recognition.World) -> Iterator[SmallDisk]:
    """The queue of the log, into which every fact goes, lies on the full disk."""
    server = embedded.status(Path(django_settings.XUEFEN_HOME))
    if server is None:
        pytest.skip("the database is not the embedded one: its disk is not ours to fill")
    owner = server.data_dir.stat()
    place = disk.path / "tablespace"
    place.mkdir(mode=0o700)
    os.chown(place, owner.st_uid, owner.st_gid)
    disk.path.parent.chmod(0o711)
    name = f"small_{os.getpid()}"
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM queued_leaf")
        cursor.execute(f"CREATE TABLESPACE {name} LOCATION '{place}'")
        cursor.execute("VACUUM FULL queued_leaf")
        cursor.execute(f"ALTER TABLE queued_leaf SET TABLESPACE {name}")
    disk.fill()
    yield disk
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE queued_leaf SET TABLESPACE pg_default")
        cursor.execute(f"DROP TABLESPACE {name}")


def exhaust(disk: SmallDisk) -> None:
    """Fill the disk, and the pages the table has already."""
    disk.fill()
    with suppress(OperationalError), connection.cursor() as cursor:
        while True:
            cursor.execute("INSERT INTO queued_leaf (body) VALUES (%s)", [b"x" * 64])


def deposit(issuer: api.Partner, world: recognition.World) -> Any:
    body = {"issuer": "QH", "account": world.account_no, "item_code": "A3", "awarded_on": "2026-07-01", "grade": "86"}
    return issuer.post("/outcomes", body, **{"Idempotency-Key": "one-key"})


@pytest.mark.urls("tests.faces.api_urls")
def test_the_api_says_that_the_database_is_full_and_goes_on(world: recognition.World, full_database: SmallDisk) -> None:
    full_database.free()
    issuer = api.at_work(Role.ISSUER_OFFICER, institution="QH")
    clerk = api.at_work(Role.POINT_CLERK, place="330106001")
    programme = {"institution": "YL", "programme": world.programme.code}
    plan = clerk.get(f"/accounts/{world.account_no}/plan?institution=YL&programme={world.programme.code}").json()
    application = {"account_no": world.account_no, **programme, **plan, "key": "a-key-of-mine"}
    before = Outcome.objects.count()
    exhaust(full_database)
    assert_problem(deposit(issuer, world), status=507, code="database_full")
    answer = clerk.post("/applications", application)
    assert_problem(answer, status=507, code="storage_full")
    assert answer["Retry-After"] == "30"
    assert (Outcome.objects.count(), Application.objects.count()) == (before, 0)
    full_database.free()
    assert deposit(issuer, world).status_code == 201
    assert clerk.post("/applications", application).status_code == 201
    assert (Outcome.objects.count(), Application.objects.count()) == (before + 1, 1)


@pytest.mark.urls("tests.faces.api_urls")
def test_a_sheet_that_was_taken_in_is_deposited_however_long_the_disk_stays_full(
    world: recognition.World, full_database: SmallDisk
) -> None:
    full_database.free()
    issuer = api.at_work(Role.ISSUER_OFFICER, institution="QH")
    sheet = f"account,item_code,awarded_on,grade\n{world.account_no},A3,2026-07-01,86\n"
    upload = {"file": SimpleUploadedFile("autumn.csv", sheet.encode()), "issuer": "QH"}
    assert issuer.post("/batches", form=upload).status_code == 202
    batch = Batch.objects.latest("id")
    exhaust(full_database)
    with pytest.raises(Denied) as denied:
        tasks.run_batch(batch_id=batch.pk)
    assert denied.value.code == "database_full"
    assert tasks.run_batch.get_retry_exception(denied.value, tried(500)) is not None  # full for hours
    batch.refresh_from_db()
    assert (batch.state, batch.accepted) == ("running", 0)
    full_database.free()
    tasks.run_batch(batch_id=batch.pk)
    batch.refresh_from_db()
    assert (batch.state, batch.accepted) == ("done", 1)


def tried(times: int) -> Job:
    return Job(id=1, queue=tasks.QUEUE, lock=None, queueing_lock=None, task_name="deposits.run_batch", attempts=times)


def test_a_defect_is_not_tried_for_ever() -> None:
    assert tasks.run_batch.get_retry_exception(ValueError(), tried(19)) is not None
    assert tasks.run_batch.get_retry_exception(ValueError(), tried(20)) is None


def test_a_page_says_so_too(world: recognition.World, full_database: SmallDisk) -> None:
    full_database.free()
    application = recognition.applied(world)
    reviewer = Client()
    reviewer.force_login(api.staff_user(Role.REVIEWER, institution="YL"))
    exhaust(full_database)
    path, said = f"/desk/applications/{application.number}/decide/", {"verdict": "approve", "version": "1"}
    answer = reviewer.post(path, said)
    assert (answer.status_code, answer["Retry-After"]) == (507, "30")
    assert "storage_full" in answer.content.decode()
    application.refresh_from_db()
    assert (application.state, application.version) == ("review", 1)
    full_database.free()
    assert reviewer.post(path, said).status_code == 302
    application.refresh_from_db()
    assert application.state == "convert"


def test_the_sequencer_waits_for_space_and_seals_then(
    world: recognition.World, disk: SmallDisk, settings: Any, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    settings.XUEFEN_LOG = disk.path / "log"
    monkeypatch.undo()  # the clock goes
    disk.fill()
    waiting = log.queue_length()
    assert waiting
    naps: Iterator[Callable[[], object]] = iter([disk.free, stop])
    monkeypatch.setattr(node.time, "sleep", lambda _: next(naps)())
    with pytest.raises(KeyboardInterrupt):
        node.sequencer(Namespace())
    assert "storage_full" in capsys.readouterr().err
    assert (log.queue_length(), log.log_size()) == (0, waiting)
    assert not list(log.violations())
    assert not [path for path in disk.path.rglob(".*") if path.is_file()]  # nothing half written is left


def stop() -> None:
    raise KeyboardInterrupt
