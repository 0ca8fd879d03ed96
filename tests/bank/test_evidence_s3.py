"""Evidence in an S3-compatible bucket, over HTTP. Needs the extra ``s3`` and moto's server, which weigh too much to be installed
for everybody (docs/decisions/0016): ``pip install -e '.[s3]' 'moto[s3,server]'``.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction

from tests.bank import evidence_builders as make
from tests.bank import foundation_builders as foundations
from xuefen.bank.evidence import actions, queries
from xuefen.bank.shell.problems import Denied
from xuefen.config.settings import evidence_storage

boto3 = pytest.importorskip("boto3", reason="the extra s3 is not installed")
pytest.importorskip("storages", reason="the extra s3 is not installed")
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    server = pytest.importorskip("moto.server", reason="moto's server is not installed")
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.filterwarnings("default")]
NOW = foundations.NOW


@pytest.fixture
def bucket(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    running = server.ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    running.start()
    host, port = running.get_host_and_port()
    address = f"http://{host}:{port}"
    try:
        client = boto3.client("s3", endpoint_url=address, region_name="us-east-1")
        client.create_bucket(Bucket="xuefen")
        place = f"s3://xuefen/zj/evidence?endpoint_url={address}&region_name=us-east-1&addressing_style=path"
        settings.STORAGES = settings.STORAGES | {"evidence": evidence_storage(place)}
        foundations.tree()
        yield client
    finally:
        running.stop()


def test_a_file_goes_there_sealed_comes_back_and_goes(bucket: Any) -> None:
    learner = foundations.account(name="林秋禾")
    scan = make.pdf("林秋禾")
    with transaction.atomic():
        kept = actions.keep_file(learner_id=learner.learner_id, name="a.pdf", content=scan, now=NOW)
    (entry,) = bucket.list_objects_v2(Bucket="xuefen")["Contents"]
    assert entry["Key"].startswith("zj/evidence/")
    stored = bucket.get_object(Bucket="xuefen", Key=entry["Key"])["Body"].read()
    assert b"PDF" not in stored
    assert queries.content(kept.id).data == scan
    assert list(queries.violations()) == []
    bucket.put_object(Bucket="xuefen", Key=entry["Key"], Body=stored[:-1] + b"\0")
    assert [v.invariant for v in queries.violations()] == ["I4"]
    with transaction.atomic():
        actions.drop_file(file_id=kept.id, now=NOW)
    assert "Contents" not in bucket.list_objects_v2(Bucket="xuefen")
    with pytest.raises(Denied):
        queries.content(kept.id)
