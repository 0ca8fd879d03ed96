/* Verifying a certificate in the browser, part 3: what its QR code says (docs/qr-payload.md). Mirrors rules/qr/. */
(() => {
  "use strict";
  const X = globalThis.Xuefen;
  const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ$-/.:";
  const ALGORITHMS = { 1: "sm2sm3", 2: "ed25519" };
  const KINDS = { 1: "statement", 2: "conversion" };

  /* The payload in what a camera read, or in the address behind its "#"; null when it is no certificate's code. */
  const readCode = (text) => {
    const code = text.length <= 4000 ? text.trim().split("#").pop() : "";
    if (!code.startsWith("X")) return null;
    const found = [];
    for (let at = 1; at < code.length; at += 3) {
      const digits = [...code.slice(at, at + 3)].map((character) => ALPHABET.indexOf(character));
      const value = digits.reduce((sum, digit, place) => sum + digit * 41 ** place, 0);
      const length = digits.length - 1;
      if (digits.includes(-1) || !length || value >= 256 ** length) return null;
      found.push(...(length === 2 ? [value >> 8, value & 255] : [value]));
    }
    return Uint8Array.from(found);
  };

  const reader = (data) => {
    let at = 0;
    const take = (length, where) => {
      if (at + length > data.length) throw new X.Misshapen(where);
      at += length;
      return data.slice(at - length, at);
    };
    const number = (length, where) => take(length, where).reduce((sum, byte) => sum * 256 + byte, 0);
    const text = (where) => {
      const length = number(1, where);
      const raw = take(length, where);
      let found;
      try { found = X.text(raw); } catch { throw new X.Misshapen(where); }
      if (length > 60 || X.STEERING.test(found)) throw new X.Misshapen(where);
      return found;
    };
    return { take, number, text, at: () => at, left: () => data.length - at };
  };
  const LAST = Date.parse("9999-12-31T23:59:59Z") / 1000;
  const moment = (seconds, where) => {
    if (seconds > LAST) throw new X.Misshapen(where);
    return seconds * 1000;
  };
  const iso = (time) => `${new Date(time).toISOString().slice(0, 19)}Z`;

  const readBrief = (from) => {
    const wrong = (where) => { throw new X.Misshapen(where); };
    if (from.number(1, "version") !== 1) wrong("version");
    const kind = KINDS[from.number(1, "kind")] || wrong("kind");
    const digits = from.take(7, "number").reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
    const number = X.certificateNumber(`ZS${String(digits).padStart(16, "0")}`) || wrong("number");
    const issued = moment(from.number(5, "issued_at"), "issued_at");
    const days = from.number(3, "expires_on");
    if (days * 86400 > LAST) wrong("expires_on");
    const last = days ? new Date(days * 86400e3).toISOString().slice(0, 10) : null;
    const credits = from.number(4, "credits");
    const entries = from.number(2, "entries");
    const digest = X.hex(from.take(32, "digest"));
    const signed = moment(from.number(5, "signed_at"), "signed_at");
    const algorithm = ALGORITHMS[from.number(1, "algorithm")] || wrong("algorithm");
    if (signed < issued) wrong("signed_at");
    const keyId = X.hex(from.take(8, "key_id"));
    const [node, holder, programme, institution] = ["node", "holder", "programme", "institution"].map(from.text);
    if (!(node && holder) || Boolean(programme && institution) !== (kind === "conversion")) wrong("texts");
    return { kind, number, issued, last, credits, entries, digest, signed, algorithm, keyId, node, holder, programme, institution };
  };
  const readPayload = (data) => {
    const from = reader(data);
    const brief = readBrief(from);
    const signed = data.slice(0, from.at());
    const signature = from.take(64, "signature");
    if (!from.left()) return { brief, signed, signature, proof: null };
    const proof = { key: X.hex(from.take(4, "log.key")), signature: from.take(64, "log.signature"), index: from.number(6, "log.index"), size: from.number(6, "log.size"), path: [] };
    if (proof.index >= proof.size || from.left() % 32) throw new X.Misshapen("log.path");
    while (from.left()) proof.path.push(from.take(32, "log.path"));
    return { brief, signed, signature, proof };
  };

  const judgeIssuer = (say, brief, signature, trust) => {
    if (signature.state === "unknown") return say("issuer_code_stranger", { node: brief.node });
    if (signature.state === "bad") return say("issuer_unconfirmed", { zh: brief.node, en: brief.node });
    if (brief.node !== trust.node) return say("issuer_name_wrong", trust);
    return say(X.validAt(X.findKey(trust, brief.keyId), iso(brief.signed)) ? "issuer_good" : "issuer_key_time", trust);
  };
  const judgeLog = (say, brief, proof, trust) => {
    if (!proof) return say("log_not_carried");
    const verifier = X.logVerifiers(trust).find((one) => one.id === proof.key);
    if (!verifier) return say("log_checkpoint_wrong");
    const hash = X.tree(verifier.algorithm === "sm2sm3" ? "sm3" : "sha256");
    const leaf = hash.leaf(X.issuedLeaf(brief.number, brief.digest, iso(brief.issued)));
    const signs = (root) => verifier.verify(X.bytes(X.checkpointText(trust.origin, proof.size, root)), proof.signature);
    return X.judgeProof(say, hash, leaf, proof, (root) => (signs(root) ? null : say("log_code_wrong")));
  };

  const verifyCode = (data, believe) => {
    const { words, trust, now } = believe;
    const say = X.sayer(words);
    let payload;
    try { payload = readPayload(data); } catch (error) { return X.unreadable(believe, say("format_wrong", { where: error.where }), null, ""); }
    const { brief, proof } = payload;
    const key = X.findKey(trust, brief.keyId);
    const known = key && key.algorithm === brief.algorithm;
    const holds = known && key.key.verify(X.join(X.bytes("xuefen-qr:1\n"), payload.signed), payload.signature);
    const signature = known ? say(holds ? "signature_good" : "signature_wrong") : say("signature_key_unknown", { key: brief.keyId });
    const issuer = judgeIssuer(say, brief, signature, trust);
    const genuine = signature.state === "good" && issuer.state === "good";
    const log = judgeLog(say, brief, proof, trust);
    const witnesses = log.state === "bad" ? "witnesses_skipped" : trust.policy ? "witnesses_not_carried" : "witnesses_none_required";
    const printedLater = genuine && brief.signed > now + X.SKEW;
    const verdicts = [
      say("format_code"), signature, issuer, log, say(witnesses),
      printedLater ? say("expiry_future") : X.judgeExpiry(say, brief, signature, genuine, now),
      ...X.judgeStanding(say, brief.number, genuine ? brief.issued : null, believe),
    ];
    const facts = genuine ? {
      number: brief.number, kind: brief.kind, title: words.titles[brief.kind], holder: brief.holder, issuer: { zh: trust.zh, en: trust.en },
      content: X.content(brief.kind, brief.entries, brief.credits, brief.programme, brief.institution), issued_at: iso(brief.issued), expires_on: brief.last,
    } : null;
    return X.report(words, verdicts, brief.number, facts);
  };

  Object.assign(X, { readCode, verifyCode });
})();
