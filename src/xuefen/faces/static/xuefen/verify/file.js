/* Verifying a certificate in the browser, part 4: files. A PDF's attachment and seal, or the JSON itself. Mirrors pdf/{opening,sealing}.py. */
(() => {
  "use strict";
  const X = globalThis.Xuefen;
  const PDF_BYTES = 20 * 2 ** 20;
  const JSON_BYTES = 4 * 2 ** 20;
  const MARK = "xuefen-seal:2\n";
  const latin = new TextDecoder("latin1");
  const SEAL = new RegExp(`${X.hex(X.bytes(MARK)).toUpperCase()}([0-9A-F]{16})([0-9A-F]{128})`, "g");

  /* A file that is no verdict but a plain sentence: "too_large", "unreadable", "elsewhere" (a badge, for the bank's own page). */
  class NoVerdict extends Error { constructor(code) { super(code); this.code = code; } }

  const inflate = async (data, most = JSON_BYTES) => {
    const stream = new Blob([data]).stream().pipeThrough(new DecompressionStream("deflate"));
    const parts = [];
    let length = 0;
    for (const from = stream.getReader(); ;) {
      const { done, value } = await from.read();
      if (done) return X.join(...parts);
      length += value.length;
      if (length > most) throw new Error("too large");
      parts.push(value);
    }
  };

  /* The one embedded file of a PDF; null when there is none. An embedded file is a stream, and streams stand plainly in a PDF. */
  const attachment = async (data, source) => {
    const found = [];
    for (const { index } of source.matchAll(/\/EmbeddedFile\b(?!s)/g)) {
      const start = source.lastIndexOf(" obj", index);
      const begin = /stream\r?\n/g;
      begin.lastIndex = index;
      const stream = begin.exec(source);
      if (start < 0 || !stream || source.slice(start, stream.index).includes("endobj")) continue;
      const head = source.slice(start, stream.index);
      const length = /\/Length\s+([0-9]+)(?!\s+[0-9]+\s+R)/.exec(head);
      const from = stream.index + stream[0].length;
      const end = length ? from + Number(length[1]) : source.indexOf("endstream", from);
      const content = data.slice(from, end);
      found.push(head.includes("/FlateDecode") ? await inflate(content) : content);
    }
    return found.length === 1 ? found[0] : null;
  };

  const findSeal = (data, source) => {
    const found = [...source.matchAll(SEAL)];
    if (found.length !== 1) return null;
    const blank = data.slice();
    const at = found[0].index + found[0][0].length - 128;
    blank.fill(0x30, at, at + 128);
    return { keyId: found[0][1].toLowerCase(), signature: X.unhex(found[0][2].toLowerCase()), message: X.join(X.bytes(MARK), X.hashes.sm3(blank)) };
  };
  /* The seal is by the key of the document inside, or by one the same bank has used since: it may be printed years later. */
  const sealProblem = (seal, document, trust) => {
    if (!seal) return "signature_seal_missing";
    try {
      const { signature } = document;
      const own = signature.key_id === seal.keyId && X.loadPublic(signature.algorithm, X.oneBase64(signature.public_key));
      const known = X.findKey(trust, signature.key_id) && X.findKey(trust, seal.keyId);
      const key = own || (known && known.key);
      return key && key.id === seal.keyId && key.verify(seal.message, seal.signature) ? "" : "signature_seal_wrong";
    } catch { return "signature_seal_wrong"; }
  };
  const reflowed = (document, content) => {
    try { X.requireEnvelope(document); } catch { return false; }
    return !X.same(X.canonical(document), content);
  };

  const fromPdf = async (data, believe) => {
    if (data.length > PDF_BYTES) throw new NoVerdict("too_large");
    const say = X.sayer(believe.words);
    const source = latin.decode(data);
    const seal = findSeal(data, source);
    const damaged = () => X.unreadable(believe, say("format_damaged"), say("signature_seal_wrong"), "");
    let content;
    let document;
    try {
      content = await attachment(data, source);
      if (content) document = X.parse(content);
    } catch {
      if (seal) return damaged();
      throw new NoVerdict("unreadable");
    }
    if (!content) return seal ? damaged() : X.unreadable(believe, say("format_no_certificate"), null, "");
    return X.verifyDocument(document, believe, { reflowed: reflowed(document, content), seal: sealProblem(seal, document, believe.trust) });
  };
  const fromJson = (data, believe) => {
    if (data.length > JSON_BYTES) throw new NoVerdict("too_large");
    const content = data[data.length - 1] === 10 ? data.slice(0, -1) : data;
    let document;
    try { document = X.parse(content); } catch {
      if (!latin.decode(data).includes("xuefen-certificate/1")) throw new NoVerdict("unreadable");
      return X.unreadable(believe, X.sayer(believe.words)("format_damaged"), null, "");
    }
    if (X.isObject(document) && "@context" in document) throw new NoVerdict("elsewhere");
    return X.verifyDocument(document, believe, { reflowed: reflowed(document, content) });
  };

  const startsWith = (data, text) => latin.decode(data.slice(0, text.length)) === text;
  const isBadge = (data) => startsWith(data, "\u2030PNG") || /^\s*(<\?xml|<svg)/.test(latin.decode(data.slice(0, 200)));
  /* The verdicts on a file. Raises NoVerdict. */
  const verifyFile = async (data, believe) => {
    if (startsWith(data, "%PDF-")) return fromPdf(data, believe);
    if (X.isToken(data)) return X.verifyToken(latin.decode(data), believe);
    if (isBadge(data)) throw new NoVerdict("elsewhere");
    return fromJson(data, believe);
  };

  Object.assign(X, { NoVerdict, inflate, verifyFile });
})();
