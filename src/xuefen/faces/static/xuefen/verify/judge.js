/* Verifying a certificate in the browser, part 2: the format, whom to believe, and the eight questions about a document.
   Mirrors bank/certificates/rules/{shape,files,checking,witnessing,words}.py. Words come in as `words` (rules/words.py). */
(() => {
  "use strict";
  const X = globalThis.Xuefen;
  const SKEW = 10 * 60e3;
  const OLDEST_LIST = 7 * 24 * 3600e3;

  class Misshapen extends Error { constructor(where) { super(where); this.where = where; } }

  // ── forms ─────────────────────────────────────────────────────────────────────────────────────────────────────────
  const STEERING = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;
  const readTime = (text) => {
    const moment = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$/.test(text) ? new Date(text) : null;
    if (!moment || text < "0001" || Number.isNaN(moment.getTime()) || !moment.toISOString().startsWith(text.slice(0, 19))) throw new Error("no time");
    return moment.getTime();
  };
  const reads = (read) => (value) => {
    try { return typeof value === "string" && (read(value), true); } catch { return false; }
  };
  const loose = (value) => typeof value === "string" && [...value].length <= 4000 && !STEERING.test(value);
  const text = (value) => loose(value) && value !== "";
  const count = (value) => Number.isSafeInteger(value) && value >= 0;
  const hex = (length) => (value) => typeof value === "string" && value.length === length && /^[0-9a-f]+$/.test(value);
  const is = (constant) => (value) => value === constant;
  const time = reads(readTime);
  const day = reads((value) => { if (value.length !== 10) throw new Error("no day"); readTime(`${value}T00:00:00Z`); });
  const dayOrNone = (value) => value === null || day(value);
  const level = (value) => value === null || count(value);
  const base64 = reads(X.oneBase64);
  const note = (value) => typeof value === "string" && value !== "" && [...value].length <= 100000;

  const GAPS = /[ \t\r\n\-\u00a0\u2002\u2003\u2009\u200b\u200c\u200d\u2060\ufeff\u2010\u2011\u2013\u2014]/g;
  const halfWidth = (value) => value.replace(/[\uff01-\uff5e]/g, (c) => String.fromCharCode(c.charCodeAt(0) - 0xfee0)).replace(/\u3000/g, " ");
  /* A certificate's number in its stored form; "" when it is none (ISO 7064 MOD 11,10, Z and S as two digits each). */
  const certificateNumber = (typed) => {
    const number = halfWidth(typed).replace(GAPS, "").toUpperCase();
    if (!/^ZS[0-9]{16}$/.test(number)) return "";
    const sum = [..."3528", ...number.slice(2)].reduce((found, digit) => ((((found || 10) * 2) % 11) + Number(digit)) % 10, 5);
    return sum === 1 ? number : "";
  };

  const COMMON = {
    v: is(1), number: (value) => typeof value === "string" && certificateNumber(value) === value, title: { zh: text, en: text },
    issuer: { node: text, origin: text, zh: text, en: text }, holder: { name: text, account: text }, issued_at: time,
    expires_on: dayOrNone, salt: hex(32), credits: count,
  };
  const OUTCOME = { number: text, item: text, issuer: text, class: text, level, credits: count, awarded_on: day, grade: loose };
  const LINE = { course: text, credits: count, outcomes: [{ number: text, item: text, credits: count }] };
  const BODIES = {
    statement: { ...COMMON, kind: is("statement"), outcomes: [OUTCOME] },
    conversion: { ...COMMON, kind: is("conversion"), application: text, programme: { name: text, institution: text }, lines: [LINE] },
  };
  const ENVELOPE = {
    format: is("xuefen-certificate/1"), body: X.isObject,
    signature: { algorithm: text, key_id: hex(16), public_key: base64, value: base64 },
    log: { origin: text, index: count, size: count, leaf_hash: hex(64), path: [hex(64)], checkpoint: note },
  };
  const require_ = (value, form, where) => {
    if (typeof form === "function") {
      if (!form(value)) throw new Misshapen(where);
    } else if (Array.isArray(form)) {
      if (!Array.isArray(value) || value.length > 20000) throw new Misshapen(where);
      value.forEach((item, at) => require_(item, form[0], `${where}[${at}]`));
    } else {
      const keys = Object.keys(form);
      if (!X.isObject(value) || Object.keys(value).length !== keys.length || keys.some((key) => !(key in value))) throw new Misshapen(where);
      keys.forEach((key) => require_(value[key], form[key], `${where}.${key}`));
    }
  };
  const requireEnvelope = (document) => {
    require_(document, ENVELOPE, "document");
    if (document.log.path.length > 64) throw new Misshapen("document.log.path");
  };
  const requireBody = (body) => {
    const kind = typeof body.kind === "string" && Object.hasOwn(BODIES, body.kind) ? body.kind : null;
    if (!kind) throw new Misshapen("body.kind");
    require_(body, BODIES[kind], "body");
    const listed = (kind === "statement" ? body.outcomes : body.lines).reduce((sum, line) => sum + line.credits, 0);
    if (listed !== body.credits) throw new Misshapen("body.credits");
    return body;
  };

  // ── whom to believe ───────────────────────────────────────────────────────────────────────────────────────────────
  const readTrust = (data) => {
    const value = X.parse(data);
    if (value.format !== "xuefen-trust/1") throw new Error("no trust file");
    readTime(value.generated_at);
    const keys = value.keys.map((key) => {
      const found = X.loadPublic(key.algorithm, X.oneBase64(key.raw));
      readTime(key.valid_from);
      if (key.valid_until !== null) readTime(key.valid_until);
      if (found.id !== key.key_id) throw new Error("a key id does not fit its key");
      if (key.purpose === "log" && X.vkey(X.noteVerifier(value.origin, found.algorithm, found.raw)) !== key.vkey) throw new Error("a verifier key does not fit");
      return { ...key, key: found };
    });
    const policy = value.witnesses && { need: value.witnesses.need, witnesses: value.witnesses.keys.map(X.readVkey) };
    if (policy && !(policy.need >= 1 && policy.need <= policy.witnesses.length && policy.witnesses.every((one) => one.witness))) throw new Error("no policy");
    return { node: value.node, origin: value.origin, zh: value.name.zh, en: value.name.en, generated_at: value.generated_at, keys, policy };
  };
  const findKey = (trust, named) => trust.keys.find((key) => key.purpose === "certificates" && key.key_id === named);
  const validAt = (key, at) => key.valid_from <= at && (key.valid_until === null || at <= key.valid_until);
  const readStatus = (data, trust) => {
    const { signature, ...value } = X.parse(data);
    const key = findKey(trust, signature.key_id);
    const made = readTime(value.generated_at);
    if (value.format !== "xuefen-status/1" || value.node !== trust.node || !key || key.algorithm !== signature.algorithm
      || !validAt(key, value.generated_at) || !key.key.verify(X.canonical(value), X.oneBase64(signature.value))) throw new Error("no status list");
    return { made, entries: new Map(value.entries.map((entry) => [entry.certificate, { ...entry, at: readTime(entry.at) }])) };
  };

  // ── words ─────────────────────────────────────────────────────────────────────────────────────────────────────────
  const fill = (sentence, params) => sentence.replace(/\{(\w+)\}/g, (_, name) => String(params[name]));
  const beijing = (moment) => new Date(moment + 8 * 3600e3).toISOString();
  const zhDay = (iso) => `${Number(iso.slice(0, 4))} 年 ${Number(iso.slice(5, 7))} 月 ${Number(iso.slice(8, 10))} 日`;
  const credits = (amount) => {
    const part = String(amount % 100).padStart(2, "0");
    return `${Math.floor(amount / 100)}.${part[1] === "0" ? part[0] : part}`;
  };
  const maskName = (name) => {
    const all = [...halfWidth(name).replace(/\s+/g, " ").normalize("NFC").trim()].filter((c) => !/[\p{Cc}\p{Cf}\ufe00-\ufe0f\u{e0100}-\u{e01ef}]/u.test(c));
    if (!all.some((c) => /\p{Script=Han}/u.test(c))) {
      return all.join("").split(" ").filter(Boolean).map((word) => { const [first, ...rest] = [...word]; return rest.length ? first + "*".repeat(rest.length) : "*"; }).join(" ");
    }
    const letters = all.map((c, at) => (" ·•・‧.".includes(c) ? -1 : at)).filter((at) => at >= 0);
    const shown = letters.length > 2 ? [letters[0], letters[letters.length - 1]] : letters.slice(0, letters.length - 1);
    return all.map((c, at) => (letters.includes(at) && !shown.includes(at) ? "*" : c)).join("");
  };
  const content = (kind, entries, amount, programme, institution) => (kind === "conversion"
    ? { zh: `${entries} 门课程共 ${credits(amount)} 学分，转入${institution}《${programme}》`, en: `${entries} courses, ${credits(amount)} credits, into “${programme}” of ${institution}` }
    : { zh: `${entries} 项学习成果，共 ${credits(amount)} 学分`, en: `${entries} learning outcomes, ${credits(amount)} credits` });

  // ── the questions ─────────────────────────────────────────────────────────────────────────────────────────────────
  /* `believe`: {words, trust, status, problem, now}. Every step answers with a verdict, as rules/checking.py does. */
  const sayer = (words) => (code, params = {}) => {
    const [check, state, zh, en] = words.sentences[code];
    return { check, state, code, zh: fill(zh, params), en: fill(en, params) };
  };
  const logHash = (trust) => X.tree((trust.keys.find((key) => key.purpose === "log") || { algorithm: "sm2sm3" }).algorithm === "sm2sm3" ? "sm3" : "sha256");
  const logVerifiers = (trust) => trust.keys.filter((key) => key.purpose === "log").map((key) => X.noteVerifier(trust.origin, key.algorithm, key.key.raw));
  const issuedLeaf = (number, digest, at) => X.canonical({ kind: "certificate.issued", v: 1, certificate: number, digest, at });

  const judgeSignature = (say, signature, message, seal) => {
    if (seal) return say(seal);
    try {
      const key = X.loadPublic(signature.algorithm, X.oneBase64(signature.public_key));
      if (key.id !== signature.key_id) return say("signature_unreadable");
      return say(key.verify(message, X.oneBase64(signature.value)) ? "signature_good" : "signature_wrong");
    } catch { return say("signature_unreadable"); }
  };
  const judgeIssuer = (say, document, body, signature, trust) => {
    if (!body) return say("issuer_skipped");
    const claimed = { zh: body.issuer.zh, en: body.issuer.en };
    if (signature.state !== "good") return say("issuer_unconfirmed", claimed);
    const key = findKey(trust, document.signature.key_id);
    if (!key || key.raw !== document.signature.public_key) return say("issuer_foreign_key", claimed);
    if (body.issuer.node !== trust.node || body.issuer.origin !== trust.origin) return say("issuer_name_wrong", trust);
    return validAt(key, body.issued_at) ? say("issuer_good", claimed) : say("issuer_key_time", trust);
  };
  const checkpointOf = (log, trust) => {
    try {
      const opened = X.openNote(log.checkpoint, logVerifiers(trust));
      const found = X.parseCheckpoint(opened.text);
      const spelt = `${opened.text}\n${opened.signatures.map((one) => one.line).join("")}`;
      return spelt === log.checkpoint && found.origin === log.origin && log.origin === trust.origin ? found : null;
    } catch { return null; }
  };
  const judgeProof = (say, hash, leaf, { index, size, path }, wanted) => {
    if (index >= size) return say("log_proof_wrong");
    const needed = X.sides(index, size).length;
    if (path.length < needed) return say("log_proof_truncated", { missing: needed - path.length });
    if (path.length > needed) return say("log_proof_wrong");
    return wanted(X.impliedRoot(hash, index, size, leaf, path)) || say("log_good", { index: index.toLocaleString("en-US") });
  };
  const judgeLog = (say, log, message, body, trust) => {
    const hash = logHash(trust);
    const leaf = hash.leaf(issuedLeaf(body.number, X.hex(X.hashes.sm3(message)), body.issued_at));
    if (X.hex(leaf) !== log.leaf_hash) return say("log_not_found");
    const checkpoint = checkpointOf(log, trust);
    if (!checkpoint || checkpoint.size !== log.size) return say("log_checkpoint_wrong");
    const path = log.path.map(X.unhex);
    return judgeProof(say, hash, leaf, { ...log, path }, (root) => (X.same(root, checkpoint.root) ? null : say("log_proof_wrong")));
  };
  const judgeWitnesses = (say, log, proven, { policy }) => {
    if (proven.state !== "good") return say("witnesses_skipped");
    if (!policy) return say("witnesses_none_required");
    try {
      const known = X.parseNote(log.checkpoint).signatures.some((one) => policy.witnesses.some((w) => w.name === one.name && w.id === one.id));
      const have = known ? X.openNote(log.checkpoint, policy.witnesses).verified.length : 0;
      const params = { have, n: policy.witnesses.length, need: policy.need };
      return say(have >= policy.need ? "witnesses_good" : "witnesses_too_few", params);
    } catch { return say("witnesses_wrong"); }
  };
  const judgeExpiry = (say, dated, signature, genuine, now) => {
    if (!dated) return say("expiry_skipped");
    if (!genuine) return say(signature.state === "good" ? "expiry_unconfirmed" : "expiry_untrusted");
    if (dated.issued > now + SKEW) return say("expiry_future");
    if (!dated.last) return say("expiry_never");
    return say(beijing(now).slice(0, 10) <= dated.last ? "expiry_good" : "expiry_expired", { zh_day: zhDay(dated.last), day: dated.last });
  };
  const judgeStanding = (say, number, issued, { words, status, problem, now }) => {
    const answer = () => {
      if (!number) return ["skipped"];
      if (!status) return [problem];
      const at = beijing(status.made);
      const when = { zh_time: `${zhDay(at)} ${at.slice(11, 16)}`, time: `${at.slice(0, 10)} ${at.slice(11, 16)} (UTC+8)` };
      const stale = status.made < now - OLDEST_LIST || status.made > now + SKEW || (issued !== null && status.made < issued);
      if (stale) return ["list_stale", when];
      return issued === null ? ["number_only"] : ["good_as_of", when];
    };
    const [tail, when] = answer();
    const entry = status && number ? status.entries.get(X.hex(X.hashes.sm3(X.bytes(number)))) : null;
    if (!entry) return [say(`suspension_${tail}`, when), say(`revocation_${tail}`, when)];
    const [zh_reason, en_reason] = words.reasons[entry.reason];
    const told = { zh_at: zhDay(beijing(entry.at)), at: beijing(entry.at).slice(0, 10), zh_reason, en_reason };
    if (entry.status === "revoked") return [say("suspension_moot"), say("revocation_revoked", told)];
    return [say("suspension_suspended", told), say(`revocation_${tail}`, when)];
  };

  const CORE = ["format", "signature", "issuer", "log", "witnesses"];
  const BEYOND = ["signature_unsupported", "signature_key_unknown"];
  const headline = (verdicts) => {
    const by = Object.fromEntries(verdicts.map((verdict) => [verdict.check, verdict]));
    const doubtful = CORE.map((check) => by[check]).filter((v) => v && v.state !== "good" && !v.code.endsWith("_not_carried")).map((v) => v.code);
    if (doubtful.some((code) => BEYOND.includes(code))) return "unread";
    const taken = [by.suspension.state, by.revocation.state];
    if (doubtful.length === 1 && doubtful[0] === "witnesses_too_few") return taken.includes("bad") || by.expiry.state !== "good" ? "bad" : "unwitnessed";
    if (doubtful.length === 1 && doubtful[0] === "issuer_stranger") return taken.includes("bad") || by.expiry.state !== "good" ? "bad" : "stranger";
    if (doubtful.length || (by.holder && by.holder.state === "bad")) return "bad";
    if (by.revocation.state === "bad") return "revoked";
    if (by.suspension.state === "bad") return "suspended";
    if (by.expiry.state !== "good") return by.expiry.code === "expiry_expired" ? "expired" : "bad";
    if (by.holder && by.holder.state !== "good") return "unbound";
    return taken.includes("unknown") ? "unchecked" : "good";
  };
  const report = (words, verdicts, number, facts) => {
    const [zh, en] = words.headlines[headline(verdicts)];
    return { ok: verdicts.every((verdict) => verdict.state === "good"), number, headline: { zh, en }, verdicts, facts };
  };
  const unreadable = (believe, form, signature, number) => {
    const say = sayer(believe.words);
    return report(believe.words, [
      form, signature || say("signature_skipped"), say("issuer_skipped"), say("log_skipped"), say("witnesses_skipped"),
      say("expiry_skipped"), ...judgeStanding(say, number, null, believe),
    ], number, null);
  };

  const verifyDocument = (document, believe, { reflowed = false, seal = "" } = {}) => {
    const { words, trust, now } = believe;
    const say = sayer(words);
    const claimed = X.isObject(document) && X.isObject(document.body) ? document.body.number : null;
    const number = typeof claimed === "string" ? certificateNumber([...claimed].slice(0, 40).join("")) : "";
    try { requireEnvelope(document); } catch (error) { return unreadable(believe, say("format_wrong", { where: error.where }), null, number); }
    let body = null;
    let form = say(reflowed ? "format_reflowed" : "format_good");
    try { body = requireBody(document.body); } catch (error) { form = say("format_wrong", { where: error.where }); }
    const message = X.canonical(document.body);
    const signature = judgeSignature(say, document.signature, message, seal);
    const issuer = judgeIssuer(say, document, body, signature, trust);
    const genuine = signature.state === "good" && issuer.state === "good";
    const log = body ? judgeLog(say, document.log, message, body, trust) : say("log_skipped");
    const dated = body && { issued: readTime(body.issued_at), last: body.expires_on };
    const verdicts = [
      form, signature, issuer, log, judgeWitnesses(say, document.log, log, trust), judgeExpiry(say, dated, signature, genuine, now),
      ...judgeStanding(say, number, body && genuine ? dated.issued : null, believe),
    ];
    const lines = body && (body.outcomes || body.lines);
    const facts = body && genuine ? {
      number, kind: body.kind, title: words.titles[body.kind], holder: maskName(body.holder.name), issuer: { zh: body.issuer.zh, en: body.issuer.en },
      content: content(body.kind, lines.length, body.credits, body.programme && body.programme.name, body.programme && body.programme.institution),
      issued_at: body.issued_at, expires_on: body.expires_on,
    } : null;
    return report(words, verdicts, number, facts);
  };

  Object.assign(X, {
    Misshapen, STEERING, SKEW, certificateNumber, content, findKey, issuedLeaf, judgeExpiry, judgeProof, judgeStanding, logVerifiers,
    readStatus, readTrust, report, requireEnvelope, sayer, unreadable, validAt, verifyDocument,
  });
})();
