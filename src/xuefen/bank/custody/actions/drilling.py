"""Rehearsing a compromise: with throw-away keys in a folder of its own, beside the bank's public state. No real key is used.

What a drill shows: how long it takes until a stolen key vouches for nothing, that everything signed before still verifies,
and which real papers would have to be issued again.
"""

from __future__ import annotations

import json
import secrets
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from xuefen.bank.audit import actions as audit
from xuefen.bank.certificates import queries as certificates
from xuefen.bank.certificates import rules as papers
from xuefen.bank.certificates.types import Trust, TrustedKey
from xuefen.bank.custody import queries, rules
from xuefen.bank.custody.types import KEY_NOT_ROTATED, DrillReport, DrillStep
from xuefen.bank.shell.actor import Actor
from xuefen.bank.shell.problems import Denied
from xuefen.bank.shell.transaction import use_case
from xuefen.bank.translog import queries as translog
from xuefen.bedrock import canon
from xuefen.bedrock.gm import Algorithm, FileKeyProvider, Held, ScryptCost, load_public

AN_HOUR = timedelta(hours=1)
_COST = ScryptCost(n=2**10)  # the keys of a drill protect nothing


@dataclass
class _Drill:
    """One rehearsal under way: each step is timed, and a step that fails does not stop the others."""

    purpose: str
    since: datetime
    now: datetime
    provider: FileKeyProvider
    folder: Path
    trust: Trust
    steps: list[DrillStep] = field(default_factory=list)
    signed: dict[str, bytes] = field(default_factory=dict)
    message: bytes = field(default_factory=lambda: b"drill " + secrets.token_bytes(16))

    def step(self, zh: str, en: str, act: Callable[[], tuple[bool, str]]) -> None:
        began = time.perf_counter()
        try:
            ok, found = act()
        except Exception as error:  # the report is to say what went wrong, whatever it is
            ok, found = False, f"{type(error).__name__}: {error}"
        self.steps.append(DrillStep(zh, en, ok, found, time.perf_counter() - began))

    @property
    def old(self) -> Held:
        return self.provider.held(self.purpose)[-1]

    @property
    def new(self) -> Held:
        return self.provider.held(self.purpose)[0]

    # --- steps -------------------------------------------------------------------------------------------------------

    def sign_before(self) -> tuple[bool, str]:
        self.signed["old"] = self.provider.signer(self.purpose).sign(self.message)
        return True, self.old.key_id

    def rotate(self) -> tuple[bool, str]:
        fresh = self.provider.rotate(self.purpose, now=self.now, until=self.since)
        self.provider.retire(self.purpose, now=self.now)
        gone = not (self.folder / f"{self.purpose}.key").exists() and not self.old.file
        return gone and fresh.kind == self.old.kind, f"{self.old.key_id} → {fresh.key_id}"

    def no_more_signing(self) -> tuple[bool, str]:
        """The stolen key signs nothing beside the new one, and nobody can open it any more."""
        left = self.provider.overlapping(self.purpose, at=self.now)
        return not left, f"{len(left)} old signers left"

    def old_verifies(self) -> tuple[bool, str]:
        return _verifies(self.old, self.message, self.signed["old"]), self.old.key_id

    def new_signs(self) -> tuple[bool, str]:
        signature = self.provider.signer(self.purpose).sign(self.message)
        right = _verifies(self.new, self.message, signature) and not _verifies(self.old, self.message, signature)
        return right, self.new.key_id

    def publish(self) -> tuple[bool, str]:
        """The trust file as it would be published, read back as any verifier reads it."""
        drilled = tuple(_trusted(key, self.since) for key in (self.new, self.old))
        told = replace(self.trust, keys=(*drilled, *(k for k in self.trust.keys if k.purpose != self.purpose)))
        data = canon.canonical(papers.trust_json(told))
        (self.folder / "trust.json").write_bytes(data)
        self.trust = papers.read_trust((self.folder / "trust.json").read_bytes())
        return len(self.trust.keys) == len(told.keys), f"{len(data)} bytes, {len(self.trust.keys)} keys"

    def judged(self) -> tuple[bool, str]:
        """A verifier with the new trust file believes the old key before the compromise, and not after it."""
        known = papers.find_key(self.trust, purpose=self.purpose, named=self.old.key_id)
        fresh = papers.find_key(self.trust, purpose=self.purpose, named=self.new.key_id)
        if known is None or fresh is None:
            return False, "a key is missing in the trust file"
        at = [papers.write_time(moment) for moment in (self.since, self.since + timedelta(seconds=1), self.now)]
        believed = (papers.valid_at(known, at[0]), papers.valid_at(known, at[1]), papers.valid_at(fresh, at[2]))
        return believed == (True, False, True), f"before, after, new: {believed}"


def drill(*, purpose: str, by: Actor, now: datetime, compromised_since: datetime | None = None) -> DrillReport:
    """Rehearse that this key fell into wrong hands then (an hour ago, or when it came into use); keep the report in the
    audit trail.

    Raises ``Denied``: not_allowed, key_unknown, key_not_rotated, key_compromised_time.
    """
    by.scope("keys.rotate")
    real = queries.held(purpose)[0]
    if not real.signs:
        raise Denied(KEY_NOT_ROTATED, place="purpose", purpose=purpose)
    since = compromised_since or max(now - AN_HOUR, real.since or now - AN_HOUR)
    rules.last_moment(real, overlap=timedelta(), compromised_since=since, now=now)
    since = since.replace(microsecond=0)  # the trust file tells whole seconds
    with tempfile.TemporaryDirectory(prefix="xuefen-drill-") as folder:
        report = _rehearse(real, Path(folder) / "keys", since=since, now=now)
    _keep(report=report, by=by, now=now)
    return report


def _rehearse(real: Held, folder: Path, *, since: datetime, now: datetime) -> DrillReport:
    algorithms: dict[str, Algorithm | int] = {real.purpose: "ed25519" if real.kind == "ed25519" else "sm2sm3"}
    provider = FileKeyProvider.create(folder, secrets.token_hex(16), purposes=algorithms, cost=_COST)
    run = _Drill(real.purpose, since, now, provider, folder, certificates.trust(now=now))
    run.step("一把演练密钥签名", "a key of the drill signs", run.sign_before)
    run.step("更换并销毁泄露的私钥", "replaced, the stolen half destroyed", run.rotate)
    run.step("旧密钥不再签名", "the old key signs no more", run.no_more_signing)
    run.step("泄露前的签名仍然有效", "what it signed before verifies", run.old_verifies)
    run.step("新密钥签名有效", "the new key signs", run.new_signs)
    run.step("信任文件写出并读回", "the trust file, written and read back", run.publish)
    run.step("验证者按时间判断", "a verifier judges by the time", run.judged)
    run.step("本行已发证书仍能验证", "the bank's own certificates verify", queries.sample_verifies)
    run.step("已公布的检查点仍能验证", "the published checkpoint verifies", queries.checkpoint_verifies)
    return DrillReport(
        purpose=real.purpose,
        compromised_since=since,
        steps=tuple(run.steps),
        affected_certificates=queries.certificates_since(real, since) if real.purpose == "certificates" else (),
        affected_checkpoints=translog.checkpoints_since(since) if real.purpose == "log" else 0,
    )


@use_case
def _keep(*, report: DrillReport, by: Actor, now: datetime) -> None:
    audit.record(
        action="keys.drilled",
        by=by,
        now=now,
        subject=("key", report.purpose),
        reason="通过 passed" if report.ok else "未通过 failed",
        after=json.loads(json.dumps(report.to_json())),
    )


def _verifies(key: Held, message: bytes, signature: bytes) -> bool:
    return load_public(key.kind, key.public).verify(message, signature)


def _trusted(key: Held, since: datetime) -> TrustedKey:
    algorithm = load_public(key.kind, key.public).algorithm
    return TrustedKey(key.purpose, algorithm, key.public, key.key_id, key.since or since, key.until)
