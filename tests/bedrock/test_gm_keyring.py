"""Replacing keys on disk: one step, old or new and nothing between, noticed by whoever runs."""

from __future__ import annotations

import json
import multiprocessing
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from xuefen.bedrock import gm
from xuefen.bedrock.gm import keyring

PHRASE = "correct horse"
QUICK = gm.ScryptCost(n=16, r=1, p=1)
NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
WEEK = timedelta(days=7)
PURPOSES: dict[str, gm.Algorithm | int] = {"log": "ed25519", "certificates": "sm2sm3", "wrap": 16}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    gm.FileKeyProvider.create(tmp_path / "keys", PHRASE, purposes=PURPOSES, cost=QUICK)
    return tmp_path / "keys"


def opened(folder: Path) -> gm.FileKeyProvider:
    return gm.FileKeyProvider(folder, PHRASE, cost=QUICK)


def test_a_new_key_of_the_same_kind_takes_over_and_the_old_one_overlaps(folder: Path) -> None:
    provider = opened(folder)
    old = provider.signer("log")
    fresh = provider.rotate("log", now=NOW, until=NOW + WEEK)
    assert provider.signer("log").algorithm == "ed25519"
    assert gm.key_id(provider.signer("log").public) == fresh.key_id != gm.key_id(old.public)
    newest, before = provider.held("log")
    assert (newest.generation, newest.since, newest.until) == (2, NOW, None)
    assert (before.generation, before.since, before.until) == (1, None, NOW + WEEK)
    (overlapping,) = provider.overlapping("log", at=NOW + WEEK - timedelta(seconds=1))
    assert overlapping.public.raw == old.public.raw
    assert provider.overlapping("log", at=NOW + WEEK) == []
    assert provider.overlapping("certificates", at=NOW) == []


def test_running_processes_follow_without_a_restart(folder: Path) -> None:
    running, operator = opened(folder), opened(folder)
    first = running.signer("certificates")
    fresh = operator.rotate("certificates", now=NOW, until=NOW)
    assert gm.key_id(running.signer("certificates").public) == fresh.key_id
    again = operator.rotate("certificates", now=NOW + WEEK, until=NOW + WEEK)
    assert gm.key_id(running.signer("certificates").public) == again.key_id
    assert [key.generation for key in running.held("certificates")] == [3, 2, 1]
    assert running.held("certificates")[2].public == first.public.raw


def test_secrets_are_replaced_by_others_of_their_length(folder: Path) -> None:
    provider = opened(folder)
    old = provider.secret("wrap")
    provider.rotate("wrap", now=NOW, until=NOW)
    assert len(provider.secret("wrap")) == 16
    assert provider.secret("wrap") != old
    assert provider.earlier_secrets("wrap") == [old]
    assert provider.held("wrap")[0].key_id == ""


def test_private_halves_are_destroyed_when_their_time_is_over(folder: Path) -> None:
    provider = opened(folder)
    old = provider.signer("log").public.raw
    provider.rotate("log", now=NOW, until=NOW + WEEK)
    assert provider.retire("log", now=NOW + WEEK - timedelta(seconds=1)) == []
    assert (folder / "log.key").exists()
    (gone,) = provider.retire("log", now=NOW + WEEK)
    assert gone.generation == 1
    assert not (folder / "log.key").exists()
    assert provider.held("log")[1].public == old
    assert provider.held("log")[1].file == ""
    assert provider.retire("log", now=NOW + WEEK) == []
    assert opened(folder).signer("log").public.raw == provider.signer("log").public.raw


def test_a_key_added_later_is_found(folder: Path) -> None:
    provider = opened(folder)
    provider.rotate("log", now=NOW, until=NOW)
    with pytest.raises(gm.KeyMissing):
        provider.signer("credentials")
    gm.write_key_file(
        folder / "credentials.key", gm.generate("ed25519"), name="credentials", passphrase=PHRASE, cost=QUICK
    )
    assert provider.signer("credentials").algorithm == "ed25519"
    provider.rotate("certificates", now=NOW, until=NOW)
    assert provider.purposes() == ("certificates", "credentials", "log", "wrap")


def _dying(folder: Path, step: int) -> None:
    """Rotate, and be gone at the ``step``-th touch of the disk."""
    left = [step]

    def mortal(real: Callable[..., object]) -> Callable[..., object]:
        def call(*args: object, **kwargs: object) -> object:
            left[0] -= 1
            if left[0] == 0:
                os._exit(9)
            return real(*args, **kwargs)

        return call

    for name in ("fsync", "link", "rename", "unlink", "open"):
        setattr(os, name, mortal(getattr(os, name)))
    opened(folder).rotate("log", now=NOW, until=NOW + WEEK)
    os._exit(0)


def test_killed_anywhere_the_folder_stands_before_or_after(tmp_path: Path) -> None:
    fork, ends, generations = multiprocessing.get_context("fork"), set(), []
    for step in range(1, 40):
        folder = tmp_path / str(step)
        gm.FileKeyProvider.create(folder, PHRASE, purposes=PURPOSES, cost=QUICK)
        before = opened(folder).signer("log").public.raw
        child = fork.Process(target=_dying, args=(folder, step))
        child.start()
        child.join()
        ends.add(child.exitcode)
        provider = opened(folder)
        newest, *past = provider.held("log")
        generations.append(newest.generation)
        assert provider.signer("log").public.raw == newest.public
        assert before in {newest.public, *(key.public for key in past)}
        fresh = provider.rotate("log", now=NOW, until=NOW + WEEK)
        files = {path.name for path in folder.glob("*.key")}
        assert files == {key.file for p in provider.purposes() for key in provider.held(p)}
        assert fresh.generation == newest.generation + 1
    assert ends == {0, 9}
    assert generations == sorted(generations), "once the switch is made, no later kill undoes it"
    assert set(generations) == {1, 2}


def test_a_ring_nobody_wrote_is_refused(folder: Path) -> None:
    provider = opened(folder)
    provider.rotate("log", now=NOW, until=NOW)
    ring = folder / keyring.RING_FILE
    kept = ring.read_text()
    for broken in ("", "{}", kept.replace("xuefen-ring/1", "other"), kept.replace('"kind"', '"sort"')):
        ring.write_text(broken)
        with pytest.raises(gm.KeyFileDamaged):
            opened(folder).signer("log")
    document = json.loads(kept)
    for key in document["keys"]:
        key["key_id"] = "0" * 16
    ring.write_text(json.dumps(document))
    with pytest.raises(gm.KeyFileDamaged, match="not the key"):
        opened(folder).signer("log")
