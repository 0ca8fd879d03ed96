/* Verifying in the browser, part 5: SD-JWTs (RFC 9901), what their holder signed with them, and token status lists.
   Mirrors badges/{containers,examining}.py, bedrock/vc/disclosure.py and rules/credentials/{judging,binding,lists,disclosing}.py.
   Credentials as linked data are not read here. */
(() => {
  "use strict";
  const X = globalThis.Xuefen;
  const TOKEN = /^\s*[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+(~[A-Za-z0-9_~.-]*)?\s*$/;
  const ADDRESS = /^[A-Za-z][A-Za-z0-9+.-]*:\S+$/;
  const NEVER_HIDDEN = ["iss", "nbf", "exp", "cnf", "vct", "vct#integrity", "status"];
  const OPEN = new Set(["iss", "iat", "nbf", "exp", "vct", "vct#integrity", "status", "cnf", "sub", "jti", "issuer_name", "title"]);
  const LINES = ["outcomes", "lines"];
  const LIST_BYTES = 16 * 2 ** 20;
  const ASCII = new TextDecoder("latin1");

  // ── keys and tokens ───────────────────────────────────────────────────────────────────────────────────────────────
  const unbase64url = (text) => {
    if (/[+/=]/.test(text)) throw new Error("not base64url");
    return X.oneBase64(text.replace(/-/g, "+").replace(/_/g, "/") + "=".repeat((4 - (text.length % 4)) % 4));
  };
  const base64url = (data) => X.base64(data).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const DIGITS = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
  /* The Ed25519 key in "z6Mk…". */
  const readMultikey = (text) => {
    if (!/^z[1-9A-HJ-NP-Za-km-z]{1,200}$/.test(text)) throw new Error("no key");
    const number = [...text.slice(1)].reduce((sum, digit) => sum * 58n + BigInt(DIGITS.indexOf(digit)), 0n).toString(16);
    const data = X.unhex(number.length % 2 ? `0${number}` : number);
    if (data.length !== 34 || data[0] !== 0xed || data[1] !== 1) throw new Error("no Ed25519 key");
    return data.slice(2);
  };
  const keyOfMethod = (method) => {
    const [, controller, fragment] = /^([^#]*)#?(.*)$/s.exec(method);
    const raw = readMultikey(fragment);
    if (!controller || (controller.startsWith("did:key:") && controller !== `did:key:${fragment}`)) throw new Error("nobody's method");
    return { controller, raw };
  };
  const part = (text) => {
    const value = X.parse(unbase64url(text));
    if (!X.isObject(value)) throw new Error("no object");
    return value;
  };
  const readToken = (text) => {
    const parts = text.trim().split(".");
    if (parts.length !== 3) throw new Error("no token");
    return { header: part(parts[0]), payload: part(parts[1]), signature: unbase64url(parts[2]), signed: X.bytes(`${parts[0]}.${parts[1]}`) };
  };
  const okp = (jwk) => {
    if (jwk.kty !== "OKP" || jwk.crv !== "Ed25519") throw new Error("no Ed25519 key");
    return unbase64url(jwk.x);
  };
  const ed25519 = (token, raw) => X.loadPublic("ed25519", raw).verify(token.signed, token.signature);
  const es256 = async (token, { kty, crv, x, y }) => {
    if (kty !== "EC" || crv !== "P-256" || token.signature.length !== 64) throw new Error("no P-256 key");
    if (!globalThis.crypto || !crypto.subtle) throw new X.NoVerdict("elsewhere");
    const how = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
    const key = await crypto.subtle.importKey("jwk", { kty, crv, x, y }, how, false, ["verify"]);
    return crypto.subtle.verify(how, key, token.signature, token.signed);
  };
  const orNull = async (what) => {
    try { return await what(); } catch (error) { if (error instanceof X.NoVerdict) throw error; return null; }
  };
  /* Whose token it is and what its signature is worth; the key is in it, or nobody fetches it. */
  const check = async (token) => {
    const { alg, jwk, kid } = token.header;
    const controller = typeof token.payload.iss === "string" ? token.payload.iss : "";
    if (!["EdDSA", "ES256"].includes(alg) || "crit" in token.header) return { state: "unsupported", controller, detail: `alg ${String(alg).slice(0, 20)}` };
    const told = (good, raw, by = controller) => ({ state: good ? "good" : "wrong", controller: by, raw });
    if (X.isObject(jwk)) {
      const found = await orNull(async () => (alg === "EdDSA" ? told(ed25519(token, okp(jwk)), okp(jwk)) : told(await es256(token, jwk), null)));
      return found || { state: "unsupported", controller, detail: "jwk, kid" };
    }
    if (typeof kid !== "string" || alg !== "EdDSA") return { state: "unsupported", controller, detail: "kid" };
    const found = await orNull(() => { const key = keyOfMethod(kid); return told(ed25519(token, key.raw), key.raw, key.controller); });
    return found || { state: "unsupported", controller, detail: "jwk, kid" };
  };

  // ── what is shown ─────────────────────────────────────────────────────────────────────────────────────────────────
  const digestOf = (text) => base64url(X.hashes.sha256(X.bytes(text)));
  const readDisclosure = (text) => {
    const told = X.parse(unbase64url(text));
    if (!Array.isArray(told) || ![2, 3].includes(told.length) || typeof told[0] !== "string") throw new Error("not a disclosure");
    return told;
  };
  const reveal = (payload, disclosures) => {
    if (!["sha-256", undefined].includes(payload._sd_alg)) throw new Error("a digest of an unknown kind");
    const given = new Map(disclosures.map((text) => [digestOf(text), readDisclosure(text)]));
    if (given.size !== disclosures.length) throw new Error("a disclosure twice");
    const left = new Set(given.keys());
    const seen = new Set();
    const take = (digest, parts) => {
      if (typeof digest !== "string" || seen.has(digest)) throw new Error("a digest twice");
      seen.add(digest);
      const told = given.get(digest);
      if (told && told.length !== parts) throw new Error("a disclosure in the wrong place");
      left.delete(digest);
      return told;
    };
    const through = (value, depth) => {
      if (depth > 30) throw new Error("nested too deeply");
      if (Array.isArray(value)) {
        return value.flatMap((entry) => {
          if (!X.isObject(entry) || !("..." in entry)) return [through(entry, depth + 1)];
          if (Object.keys(entry).length !== 1) throw new Error("a reserved name");
          const told = take(entry["..."], 2);
          return told ? [through(told[1], depth + 1)] : [];
        });
      }
      if (!X.isObject(value)) return value;
      const found = Object.create(null);
      for (const name of Object.keys(value)) if (name !== "_sd" && !(name === "_sd_alg" && !depth)) found[name] = through(value[name], depth + 1);
      if ("..." in found || "_sd_alg" in found) throw new Error("a reserved name");
      const digests = "_sd" in value ? value._sd : [];
      if (!Array.isArray(digests)) throw new Error("_sd");
      for (const digest of digests) {
        const told = take(digest, 3);
        if (!told) continue;
        const [, name, inner] = told;
        if (typeof name !== "string" || ["_sd", "..."].includes(name) || name in value || name in found) throw new Error("a name that is taken");
        found[name] = through(inner, depth + 1);
      }
      return found;
    };
    const found = through(payload, 0);
    if (left.size) throw new Error("a disclosure that belongs nowhere");
    return found;
  };

  // ── for people ────────────────────────────────────────────────────────────────────────────────────────────────────
  const number = (value) => (value instanceof X.Float ? value.value : value);
  const isAmount = (value) => typeof number(value) === "number";
  const amount = (value) => {
    const hundredths = Math.round(Math.abs(number(value)) * 100);
    const tail = String(hundredths % 100).padStart(2, "0");
    return `${number(value) < 0 ? "-" : ""}${Math.floor(hundredths / 100)}.${tail[1] === "0" ? tail[0] : tail}`;
  };
  const plain = (value) => {
    if (X.isObject(value)) return plain("@value" in value ? value["@value"] : Object.values(value).find((v) => typeof v === "string") || "");
    if (Array.isArray(value)) return value.length ? plain(value[0]) : "";
    const steering = new RegExp(`${X.STEERING.source}+`, "g");
    return typeof value === "string" ? [...value.replace(steering, " ")].slice(0, 200).join("") : "";
  };
  const shownValue = (value) => {
    if (X.isObject(value)) return Object.values(value).slice(0, 20).map(shownValue).join(" · ");
    if (Array.isArray(value)) return value.slice(0, 20).map(shownValue).join("、");
    return isAmount(value) ? amount(value) : plain(typeof value === "string" ? value : String(value));
  };
  const shownLine = (line) => {
    if (!X.isObject(line)) return shownValue(line);
    const parts = [line.item || line.course, line.issuer];
    if (isAmount(line.credits)) parts.push(`${amount(line.credits)} 学分 credits`);
    parts.push(line.awarded_on, line.grade);
    if (Array.isArray(line.from)) parts.push(`← ${line.from.slice(0, 20).map(shownValue).join("、")}`);
    return parts.filter((one) => one && typeof one === "string").map(plain).join(" · ");
  };
  const rowsOf = (claims, fields) => {
    const order = [...Object.keys(fields), ...LINES];
    const place = (name) => (order.includes(name) ? order.indexOf(name) : order.length);
    const names = Object.keys(claims).filter((name) => !OPEN.has(name));
    names.sort((a, b) => place(a) - place(b) || (a < b ? -1 : 1));
    return names.flatMap((name) => {
      if (LINES.includes(name) && Array.isArray(claims[name])) {
        return claims[name].slice(0, 400).map((line, n) => ({ zh: `第 ${n + 1} 项`, en: `No. ${n + 1}`, value: shownLine(line) }));
      }
      const label = fields[name] || { zh: plain(name).slice(0, 40), en: plain(name).slice(0, 40) };
      return [{ ...label, value: shownValue(claims[name]) }];
    });
  };

  // ── the questions ─────────────────────────────────────────────────────────────────────────────────────────────────
  const moment = (value) => (typeof number(value) === "number" && number(value) >= 0 && number(value) < 2 ** 33
    ? `${new Date(Math.floor(number(value)) * 1000).toISOString().slice(0, 19)}Z` : null);
  const statusOf = (claims) => {
    if (!("status" in claims)) return [];
    const told = X.isObject(claims.status) ? claims.status.status_list : null;
    if (!X.isObject(told)) return [{ purpose: "status", url: "", index: -1 }];
    const index = typeof told.idx === "number" ? String(told.idx) : told.idx;
    if (typeof index !== "string" || !/^[0-9]{1,9}$/.test(index)) throw new X.Misshapen("credentialStatus.statusListIndex");
    if (typeof told.uri !== "string" || told.uri.length > 2000 || !ADDRESS.test(told.uri)) throw new X.Misshapen("credentialStatus.statusListCredential");
    return ["revocation", "suspension"].map((purpose) => ({ purpose, url: told.uri, index: Number(index) }));
  };
  const claimsOf = (claims) => {
    if (typeof claims.iss !== "string" || claims.iss.length > 2000 || !ADDRESS.test(claims.iss)) throw new X.Misshapen("issuer");
    return {
      issuerId: claims.iss, issuer: plain(claims.issuer_name), name: plain(claims.title || claims.vct),
      from: moment(claims.nbf) || moment(claims.iat), status: statusOf(claims),
    };
  };
  const minute = (when) => {
    const at = new Date(when + 8 * 3600e3).toISOString();
    return { zh_time: `${Number(at.slice(0, 4))} 年 ${Number(at.slice(5, 7))} 月 ${Number(at.slice(8, 10))} 日 ${at.slice(11, 16)}`,
      time: `${at.slice(0, 10)} ${at.slice(11, 16)} (UTC+8)`, zh_day: `${Number(at.slice(0, 4))} 年 ${Number(at.slice(5, 7))} 月 ${Number(at.slice(8, 10))} 日`, day: at.slice(0, 10) };
  };
  const judgeIssuer = (say, claims, signature, found, trust) => {
    if (!claims) return say("issuer_skipped");
    const named = { zh: claims.issuer || claims.issuerId, en: claims.issuer || claims.issuerId };
    if (signature.state !== "good") return say("issuer_unconfirmed", named);
    if (found.controller !== claims.issuerId) return say("issuer_not_signer", named);
    const own = found.raw && trust.keys.find((key) => key.purpose === "credentials" && X.same(key.key.raw, found.raw));
    if (!own) return say("issuer_stranger", named);
    if (!claims.issuerId.startsWith("did:key:")) return say("issuer_name_wrong", trust);
    const signed = found.created || claims.from;
    return say(signed && X.validAt(own, signed) ? "issuer_good" : "issuer_key_time", trust);
  };
  const judgeExpiry = (say, claims, expires, signature, believable, now) => {
    if (!claims) return say("expiry_skipped");
    if (!believable) return say(signature.state === "good" ? "expiry_unconfirmed" : "expiry_untrusted");
    if (claims.from && Date.parse(claims.from) > now + X.SKEW) return say("expiry_future");
    if (!expires) return say("expiry_never");
    return say(now <= Date.parse(expires) ? "expiry_good" : "expiry_expired", minute(Date.parse(expires)));
  };
  const judgeQuestion = (say, question, refs, { lists, now }) => {
    if (!refs.length) return say(`${question}_no_list`);
    const answers = refs.map((ref) => ({ ref, told: X.stateIn(lists.get(ref.url), ref.index, now) }));
    const wanted = question === "suspension" ? 2 : 1;
    if (answers.some(({ told }) => told && told.state === wanted)) return say(`${question}_bit_${question === "suspension" ? "suspended" : "revoked"}`);
    const silent = answers.find(({ told }) => !told);
    if (silent) return say(`${question}_list_elsewhere`, { where: silent.ref.url || silent.ref.purpose });
    return say(`${question}_good_as_of`, minute(Math.min(...answers.map(({ told }) => told.made))));
  };
  const judgeStanding = (say, claims, believe) => {
    if (!claims) return [say("suspension_skipped"), say("revocation_skipped")];
    const of = (suspension) => claims.status.filter((ref) => (ref.purpose === "suspension") === suspension);
    const revoked = judgeQuestion(say, "revocation", of(false), believe);
    return [revoked.state === "bad" ? say("suspension_moot") : judgeQuestion(say, "suspension", of(true), believe), revoked];
  };
  /* Who presents it: what the holder's key signed over token and disclosures, for whom and when. */
  const judgeHolder = async (say, presented, binding, payload, now) => {
    const named = payload.cnf;
    if ((named === undefined || named === null) && !binding) return [];
    if (!binding) return [say("holder_not_shown")];
    const wrong = (detail) => [say("holder_wrong", { detail })];
    const kb = await orNull(() => readToken(binding));
    if (!kb || !["sha-256", undefined].includes(payload._sd_alg)) return wrong("kb+jwt");
    const jwk = X.isObject(named) && X.isObject(named.jwk) ? named.jwk : null;
    const { iat, aud, nonce, sd_hash: hash } = kb.payload;
    if (!jwk) return wrong("cnf");
    if (kb.header.typ !== "kb+jwt") return wrong("typ");
    if (hash !== digestOf(presented)) return wrong("sd_hash");
    if (!moment(iat)) return wrong("iat");
    if (typeof aud !== "string" || typeof nonce !== "string") return wrong("aud, nonce");
    const ways = { EdDSA: () => ed25519(kb, okp(jwk)), ES256: () => es256(kb, jwk) };
    const way = !("crit" in kb.header) && Object.hasOwn(ways, kb.header.alg) ? ways[kb.header.alg] : () => false;
    if (!await orNull(way)) return wrong("signature");
    if (Date.parse(moment(iat)) > now + X.SKEW) return wrong("iat");
    return [say("holder_bound", { ...minute(Date.parse(moment(iat))), audience: plain(aud) })];
  };

  const STATES = { good: "signature_good", wrong: "signature_wrong", unsupported: "signature_unsupported" };
  /* The verdicts on an SD-JWT. Raises NoVerdict. */
  const verifyToken = async (text, believe) => {
    const say = X.sayer(believe.words);
    const whole = text.trim();
    const [head, ...rest] = whole.split("~");
    const token = await orNull(() => readToken(head));
    if (!token) throw new X.NoVerdict("unreadable");
    if (!rest.length) throw new X.NoVerdict("elsewhere");
    if (rest.length > 10000) throw new X.NoVerdict("unreadable");
    const binding = rest.pop();
    const found = await check(token);
    if (!["dc+sd-jwt", "vc+sd-jwt"].includes(token.header.typ)) Object.assign(found, { state: "unsupported", detail: "typ" });
    let claims = await orNull(() => reveal(token.payload, rest));
    if (!claims) { claims = { vct: "", iss: token.payload.iss }; Object.assign(found, { state: "wrong" }); }
    if (NEVER_HIDDEN.some((name) => name in claims && !(name in token.payload))) found.state = "wrong";
    if ("@context" in claims) throw new X.NoVerdict("elsewhere");
    found.created = moment(claims.iat) || moment(claims.nbf);
    let read = null;
    const [zh, en] = [believe.words.titles.selective.zh, believe.words.titles.selective.en];
    let form = say("format_credential", { zh, en });
    try { read = claimsOf(claims); } catch (error) {
      if (!(error instanceof X.Misshapen)) throw error;
      form = say("format_wrong", { where: error.where });
    }
    const signature = say(STATES[found.state], { detail: found.detail || "–" });
    const issuer = judgeIssuer(say, read, signature, found, believe.trust);
    const genuine = signature.state === "good" && issuer.state === "good";
    const holder = signature.state === "good" ? await judgeHolder(say, whole.slice(0, whole.length - binding.length), binding, token.payload, believe.now) : [];
    const believable = signature.state === "good" && issuer.state !== "bad";
    const verdicts = [form, signature, issuer, ...holder, judgeExpiry(say, read, moment(claims.exp), signature, believable, believe.now),
      ...judgeStanding(say, read, believe)];
    const named = read && { zh: read.issuer || read.issuerId, en: read.issuer || read.issuerId };
    const facts = read && genuine ? {
      number: "", kind: "selective", title: { zh, en }, holder: "", content: { zh: read.name, en: read.name }, issuer: named,
      issued_at: read.from || `${new Date(believe.now).toISOString().slice(0, 19)}Z`, expires_on: null, shown: rowsOf(claims, believe.words.fields),
    } : null;
    return X.report(believe.words, verdicts, "", facts);
  };

  // ── status lists ──────────────────────────────────────────────────────────────────────────────────────────────────
  const isToken = (data) => data.length < 4 * 2 ** 20 && TOKEN.test(ASCII.decode(data));
  /* The issuer's token status list; null when it is another token, throws when it is one nobody believes. */
  const readList = async (data, trust) => {
    const token = await orNull(() => readToken(ASCII.decode(data)));
    if (!token || token.header.typ !== "statuslist+jwt") return null;
    const { sub, iat, exp, status_list: list } = token.payload;
    const made = moment(iat);
    if (token.header.alg !== "EdDSA" || typeof sub !== "string" || !made || !moment(exp) || !X.isObject(list)) throw new Error("no list");
    if (!trust.keys.some((key) => key.purpose === "credentials" && X.validAt(key, made) && ed25519(token, key.key.raw))) throw new Error("not the issuer's");
    const bits = await X.inflate(unbase64url(list.lst), LIST_BYTES);
    return { url: sub, made: Date.parse(made), ends: Date.parse(moment(exp)), bits };
  };
  const stateIn = (list, index, now) => (list && list.made <= now && now <= list.ends && index >= 0 && index < list.bits.length * 4
    ? { made: list.made, state: (list.bits[index >> 2] >> (2 * (index & 3))) & 3 } : null);

  Object.assign(X, { isToken, readList, stateIn, verifyToken });
})();
