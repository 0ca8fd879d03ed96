"""The log's files as the world copies them."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import connection, transaction
from django.test import Client

from tests.bank import foundation_builders as build
from tests.faces import desk_builders as desk
from xuefen.bank.certificates import actions as certificates
from xuefen.bank.translog import actions, queries
from xuefen.bedrock import merkle, notes, tiles

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.faces.desk_urls")]


@pytest.fixture
def log(settings, tmp_path: Path) -> Path:
    settings.XUEFEN_LOG, settings.XUEFEN_PUBLIC = tmp_path / "log", tmp_path / "public"
    (tmp_path / "secret").write_text("not yours")
    desk.node()
    return tmp_path / "log"


def seal(count: int) -> None:
    with transaction.atomic():
        actions.append_many(bodies=[f'{{"n":{n}}}'.encode() for n in range(count)])
    actions.seal(now=build.NOW)


def test_a_stranger_rebuilds_the_log_from_the_addresses_alone(log: Path, client: Client) -> None:
    seal(300)

    def fetch(path: str) -> bytes:
        response = client.get(f"/log/{path}")
        if response.status_code == 404:
            raise FileNotFoundError(path)
        return response.content

    note = notes.open_note(fetch("checkpoint"), [queries.verifier()])
    checkpoint = notes.Checkpoint.parse(note.text)
    assert checkpoint.size == 300
    assert tiles.rederive(size=300, fetch=fetch, hash=merkle.SM3) == checkpoint.root


def test_what_never_changes_may_be_kept_and_what_changes_may_not(log: Path, client: Client) -> None:
    seal(300)
    full = client.get("/log/tile/0/000")
    assert full.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "immutable" not in client.get("/log/tile/0/001.p/44").headers["Cache-Control"]
    checkpoint = client.get("/log/checkpoint")
    assert checkpoint.headers["Cache-Control"] == "no-cache"
    assert checkpoint.headers["Content-Type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize(
    "path",
    [
        "tile/../checkpoint", "tile/0/../../../secret", "tile/0/%2e%2e/%2e%2e/%2e%2e/secret", "tile//etc/passwd",
        "tile/0/000/../000", "tile/0/0", "tile/0/000.p/0", "tile/0/000.p/256", "tile/x/000", "tile/0/.000.abc", "tile/0",
        "tile/0/000%00", "tile/entries", "tile/0/999", "checkpoint/x", "../secret",
    ],
)  # fmt: skip
def test_no_address_leads_out_of_the_log(log: Path, client: Client, path: str) -> None:
    seal(300)
    response = client.get(f"/log/{path}")
    assert response.status_code == 404
    assert b"not yours" not in response.content


def test_trust_and_status_are_served_as_they_were_published(log: Path, client: Client, settings) -> None:
    assert client.get("/log/trust.json").status_code == 404
    Path(settings.XUEFEN_PUBLIC).mkdir()
    for name in ("trust.json", "status.json"):
        (Path(settings.XUEFEN_PUBLIC) / name).write_bytes(b'{"a":1}')
        response = client.get(f"/log/{name}")
        assert (response.content, response.headers["Cache-Control"]) == (b'{"a":1}', "no-cache")


def test_asks_nothing_of_the_database_and_takes_no_post(log: Path, client: Client, django_assert_num_queries) -> None:
    seal(3)
    with django_assert_num_queries(0):
        client.get("/log/checkpoint")
        client.get("/log/tile/0/000.p/3")
    assert client.post("/log/checkpoint").status_code == 405


def test_status_lists_and_profile_are_files_anybody_may_read(log: Path, client: Client) -> None:
    certificates.publish_trust(now=build.NOW)
    certificates.publish_status(now=build.NOW)
    for name in ("issuer.json", "revocation-0.json", "suspension-0.json"):
        answer = client.get(f"/log/credentials/{name}")
        assert answer.status_code == 200 and answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.json()["@context"]
    for name in ("trust.json", "..%2Ftrust.json", "revocation-1.json", "revocation-0.json.x", ".issuer.json"):
        assert client.get(f"/log/credentials/{name}").status_code == 404


@pytest.mark.django_db(transaction=True)
@pytest.mark.urls("xuefen.config.urls")
def test_health_is_the_databases_too(log: Path, client: Client) -> None:
    assert client.get("/healthz").content == b"ok\n"
    usual = connection.settings_dict["HOST"]
    connection.close()
    connection.settings_dict["HOST"] = "/nowhere"
    try:
        answer = client.get("/healthz")
    finally:
        connection.settings_dict["HOST"] = usual
        connection.close()
    assert (answer.status_code, answer.content) == (503, b"database away\n")
