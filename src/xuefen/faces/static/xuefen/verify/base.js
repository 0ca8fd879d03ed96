/* Verifying a certificate in the browser, part 1: bytes, strict JSON and its canonical form, keys, signed notes, the log's tree.
   Mirrors bedrock/{canon,notes,merkle,cosignatures}.py and gm/; the tests compare both on the same files. No network, no DOM. */
(() => {
  "use strict";
  const { sm2, sm3, ed25519, sha256 } = globalThis.XuefenCrypto;
  const encoder = new TextEncoder();
  const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const MAX = Number.MAX_SAFE_INTEGER;

  const bytes = (text) => encoder.encode(text);
  const text = (data) => strict.decode(data);
  const hex = (data) => Array.from(data, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const unhex = (value) => Uint8Array.from(value.match(/../g) || [], (pair) => parseInt(pair, 16));
  const join = (...parts) => {
    const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
    parts.reduce((at, part) => (all.set(part, at), at + part.length), 0);
    return all;
  };
  const same = (a, b) => a.length === b.length && a.every((byte, at) => byte === b[at]);
  const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
  const unbase64 = (value) => {
    if (!BASE64.test(value)) throw new Error("not base64");
    return Uint8Array.from(atob(value), (character) => character.charCodeAt(0));
  };
  const base64 = (data) => btoa(String.fromCharCode(...data));
  const oneBase64 = (value) => {
    const data = unbase64(value);
    if (base64(data) !== value) throw new Error("not the one spelling of base64");
    return data;
  };

  // ── JSON ──────────────────────────────────────────────────────────────────────────────────────────────────────────
  class Float { constructor(value) { this.value = value; } }  // 1.0 is no 1: only whole numbers count in certificates

  const parse = (data) => {
    const source = text(data);
    let at = 0;
    const fail = (why) => { throw new Error(`${why} at ${at}`); };
    const space = () => { while (" \t\n\r".includes(source[at] || "x")) at += 1; };
    const expect = (word) => { if (!source.startsWith(word, at)) fail("syntax"); at += word.length; };
    const string = () => {
      const start = at;
      expect('"');
      while (source[at] !== '"') {
        if (at >= source.length || source[at] < " ") fail("text");
        at += source[at] === "\\" ? 2 : 1;
      }
      at += 1;
      const value = JSON.parse(source.slice(start, at));
      encodeURIComponent(value);  // throws for half a character, which only an escape can smuggle in
      return value;
    };
    const number = () => {
      const found = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?/y;
      found.lastIndex = at;
      const match = found.exec(source);
      if (!match) fail("syntax");
      at += match[0].length;
      const value = Number(match[0]);
      if (match[1] || match[2]) return Number.isFinite(value) ? new Float(value) : fail("too large");
      return match[0].length <= 17 && Math.abs(value) <= MAX ? value : fail("too large");
    };
    const list = (depth) => {
      const found = [];
      expect("[");
      for (space(); source[at] !== "]"; space()) {
        if (found.length) { expect(","); }
        found.push(value(depth + 1));
        space();
        if (source[at] !== "," && source[at] !== "]") fail("syntax");
      }
      at += 1;
      return found;
    };
    const object = (depth) => {
      const found = Object.create(null);
      let some = false;
      expect("{");
      for (space(); source[at] !== "}"; space()) {
        if (some) { expect(","); space(); }
        const key = string();
        if (key in found) fail("a key twice");
        space();
        expect(":");
        found[key] = value(depth + 1);
        some = true;
        space();
        if (source[at] !== "," && source[at] !== "}") fail("syntax");
      }
      at += 1;
      return found;
    };
    const value = (depth) => {
      if (depth > 900) fail("nested too deeply");
      space();
      const first = source[at];
      if (first === "{") return object(depth);
      if (first === "[") return list(depth);
      if (first === '"') return string();
      for (const [word, meant] of [["true", true], ["false", false], ["null", null]]) {
        if (source.startsWith(word, at)) { at += word.length; return meant; }
      }
      return number();
    };
    const whole = value(0);
    space();
    return at === source.length ? whole : fail("more than one value");
  };

  const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value) && !(value instanceof Float);
  const write = (value) => {
    if (Array.isArray(value)) return `[${value.map(write).join(",")}]`;
    if (value instanceof Float) return JSON.stringify(value.value);
    if (!isObject(value)) return JSON.stringify(value);
    return `{${Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${write(value[key])}`).join(",")}}`;
  };
  const canonical = (value) => bytes(write(value));

  // ── keys ──────────────────────────────────────────────────────────────────────────────────────────────────────────
  const hashes = { sm3: (data) => unhex(sm3(data)), sha256: (data) => sha256(data) };
  const ORDER = BigInt("0xfffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123");
  const inRange = (part) => { const n = BigInt(`0x${hex(part)}`); return n > 0n && n < ORDER; };
  const attempt = (check) => { try { return check() === true; } catch { return false; } };  // the libraries throw for bad points

  const loadPublic = (algorithm, raw) => {
    const whole = algorithm === "sm2sm3" && raw.length === 65 && raw[0] === 4 && attempt(() => sm2.verifyPublicKey(hex(raw)));
    if (!whole && !(algorithm === "ed25519" && raw.length === 32)) throw new Error("no public key");
    return {
      algorithm,
      raw,
      id: hex(hashes.sm3(join(bytes(algorithm), raw))).slice(0, 16),
      verify: (message, signature) => signature.length === 64 && attempt(() => (algorithm === "ed25519"
        ? ed25519.verify(signature, message, raw, { zip215: false })
        : inRange(signature.slice(0, 32)) && inRange(signature.slice(32))
          && sm2.doVerifySignature(message, hex(signature), hex(raw), { hash: true, userId: "1234567812345678" }))),
    };
  };

  // ── signed notes ──────────────────────────────────────────────────────────────────────────────────────────────────
  const SM2_LOG = bytes("\u00ffxuefen.org/sm2sm3\n").slice(1);
  const SM2_WITNESS = bytes("\u00ffxuefen.org/sm2sm3-cosignature\n").slice(1);
  SM2_LOG[0] = SM2_WITNESS[0] = 0xff;
  const TYPES = {
    ed25519: { prefix: Uint8Array.of(1), length: 32, hash: "sha256", signature: 64 },
    sm2sm3: { prefix: SM2_LOG, length: 65, hash: "sm3", signature: 64 },
    "ed25519-cosignature": { prefix: Uint8Array.of(4), length: 32, hash: "sha256", signature: 72 },
    "sm2sm3-cosignature": { prefix: SM2_WITNESS, length: 65, hash: "sm3", signature: 72 },
  };
  const isName = (name) => name !== "" && !/[\u0000-\u001f+\s]/u.test(name);
  const noteKeyId = (name, algorithm, raw) => {
    const type = TYPES[algorithm];
    if (!isName(name) || !type || raw.length !== type.length) throw new Error("no key of a note");
    return hashes[type.hash](join(bytes(`${name}\n`), type.prefix, raw)).slice(0, 4);
  };

  /* A key under a name: a log's, or a witness's, whose signature has eight bytes of time before it. */
  const noteVerifier = (name, algorithm, raw) => {
    const witness = algorithm.endsWith("-cosignature");
    const key = loadPublic(algorithm.replace("-cosignature", ""), raw);
    const verify = (message, signature) => {
      if (signature.length !== TYPES[algorithm].signature) return false;
      if (!witness) return key.verify(message, signature);
      const time = signature.slice(0, 8).reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
      return time > 0n && time <= 253402300799n
        && key.verify(join(bytes(`cosignature/v1\ntime ${time}\n`), message), signature.slice(8));
    };
    return { name, algorithm, raw, witness, id: hex(noteKeyId(name, algorithm, raw)), verify };
  };
  const vkey = (verifier) => `${verifier.name}+${verifier.id}+${base64(join(TYPES[verifier.algorithm].prefix, verifier.raw))}`;
  const readVkey = (value) => {
    const parts = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(value);
    if (!parts) throw new Error("a verifier key is written name+id+base64");
    const material = unbase64(parts[3]);
    for (const [algorithm, { prefix }] of Object.entries(TYPES)) {
      if (!same(material.slice(0, prefix.length), prefix)) continue;
      const found = noteVerifier(parts[1], algorithm, material.slice(prefix.length));
      if (vkey(found) !== value) throw new Error("its id does not belong to this key");
      return found;
    }
    throw new Error("a key of unknown type");
  };

  const parseNote = (whole) => {
    const at = whole.lastIndexOf("\n\n");
    if (/[\u0000-\u0009\u000b-\u001f]/.test(whole) || at < 0 || !whole.endsWith("\n") || at + 2 >= whole.length) throw new Error("no note");
    const lines = whole.slice(at + 2, -1).split("\n");
    if (lines.length > 100) throw new Error("too many signatures");
    const found = new Map();
    for (const line of lines) {
      const [, name, encoded] = /^— ([^ ]*) (.*)$/u.exec(line) || [];
      const data = name !== undefined && isName(name) ? unbase64(encoded) : [];
      if (data.length < 5) throw new Error("not a signature line");
      const again = `— ${name} ${base64(data)}\n`;
      found.set(again, { name, id: hex(data.slice(0, 4)), signature: data.slice(4), line: again });
    }
    return { text: whole.slice(0, at + 1), signatures: [...found.values()] };
  };

  /* The signatures of known keys. Throws when one of them is wrong, "none" when there is none. */
  const openNote = (whole, verifiers) => {
    const note = parseNote(whole);
    const verified = new Map();
    for (const one of note.signatures) {
      const known = verifiers.find((verifier) => verifier.name === one.name && verifier.id === one.id);
      const named = `${one.name}+${one.id}`;
      if (!known || verified.has(named)) continue;
      if (!known.verify(bytes(note.text), one.signature)) throw new Error("a wrong signature");
      verified.set(named, one);
    }
    if (!verified.size) throw new Error("no known key has signed");
    return { ...note, verified: [...verified.values()] };
  };

  const parseCheckpoint = (note) => {
    const [origin, size, root, ...rest] = note.split("\n");
    if (!origin || rest.pop() !== "" || rest.includes("") || !/^(0|[1-9][0-9]{0,18})$/.test(size)) throw new Error("no checkpoint");
    const data = oneBase64(root);
    if (data.length !== 32 || BigInt(size) >= 2n ** 63n) throw new Error("no checkpoint");
    return { origin, size: Number(size), root: data };
  };
  const checkpointText = (origin, size, root) => `${origin}\n${size}\n${base64(root)}\n`;

  // ── the log's tree (RFC 6962) ─────────────────────────────────────────────────────────────────────────────────────
  const tree = (name) => ({
    leaf: (entry) => hashes[name](join(Uint8Array.of(0), entry)),
    node: (left, right) => hashes[name](join(Uint8Array.of(1), left, right)),
  });
  /* On which side the sibling stands at each step from the leaf up. */
  const sides = (index, size) => {
    const found = [];
    for (let low = 0, high = size; high - low > 1;) {
      let half = 1;
      while (half * 2 < high - low) half *= 2;
      const left = index >= low + half;
      found.unshift(left);
      if (left) low += half; else high = low + half;
    }
    return found;
  };
  const impliedRoot = (hash, index, size, leaf, path) => path.reduce(
    (found, sibling, at) => (sides(index, size)[at] ? hash.node(sibling, found) : hash.node(found, sibling)), leaf);

  globalThis.Xuefen = {
    Float, MAX, base64, bytes, canonical, checkpointText, hashes, hex, impliedRoot, isObject, join, loadPublic, noteVerifier,
    oneBase64, openNote, parse, parseCheckpoint, parseNote, readVkey, same, sides, text, tree, unhex, vkey,
  };
})();
