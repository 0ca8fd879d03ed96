/* The page that verifies without a server: files by drag, choice and paste, codes by camera, picture and address. */
(() => {
  "use strict";
  const X = globalThis.Xuefen;
  const camera = globalThis.XuefenCamera;
  const given = (id) => { const found = document.getElementById(id); return found && found.textContent.trim(); };
  const words = JSON.parse(given("words"));
  const $ = (id) => document.getElementById(id);
  const video = $("video");
  let language = new URLSearchParams(location.search).get("lang") || document.documentElement.lang.slice(0, 2);
  let trust = null;
  let status = null;
  let problem = "not_checked";
  const lists = new Map();  // token status lists of the issuer, by address
  let shown = null;  // what stands in the result: {report} or {trouble}

  const say = (pair, params = {}) => (language === "en" ? pair.en : pair.zh).replace(/\{(\w+)\}/g, (_, name) => params[name]);
  const page = (key, params) => say(words.page[key], params);
  const make = (tag, css, ...inside) => {
    const found = document.createElement(tag);
    if (css) found.className = css;
    found.append(...inside);
    return found;
  };
  const minute = (iso) => `${new Date(Date.parse(iso) + 8 * 3600e3).toISOString().slice(0, 16).replace("T", " ")} (UTC+8)`;

  // ── what stands on the page ───────────────────────────────────────────────────────────────────────────────────────
  const MARKS = { good: ["y", "✓"], bad: ["n", "✗"], unknown: ["s", "?"], skipped: ["s", "–"] };
  const check = (verdict) => {
    const [css, mark] = MARKS[verdict.state];
    const item = make("li", css, make("i", "mark", mark), make("b", "", say(words.checks[verdict.check])), make("span", "", say(verdict)));
    item.dataset.code = verdict.code;
    item.querySelector(".mark").setAttribute("aria-label", page(`state_${verdict.state}`));
    return item;
  };
  const facts = (found) => {
    const holder = found.holder ? [["holder", `${found.holder}${page("face_to_face")}`]] : [];
    const number = found.number ? [["number", found.number.replace(/^(ZS)(\d{4})(\d{4})(\d{4})(\d{4})$/, "$1 $2 $3 $4 $5")]] : [];
    const rows = [
      ["title", say(found.title)], ...holder, ["content", say(found.content)],
      ["issued", `${say(found.issuer)}${language === "en" ? ", " : "，"}${minute(found.issued_at).slice(0, 10)}`],
      ...number,
    ].map(([key, value]) => [page(key), value]).concat((found.shown || []).map((row) => [say(row), row.value]));
    return make("dl", "xf-facts inset", ...rows.flatMap(([name, value]) => [make("dt", "", name), make("dd", "", value)]));
  };
  const card = ({ report }) => {
    const head = make("header", "", make("h2", "h", say(report.headline)), make("p", "xf-2", page("checked_here")));
    const article = make("article", report.ok ? "xf-verdict" : "xf-verdict bad", head);
    if (report.facts) article.append(facts(report.facts));
    article.append(make("ul", "xf-checks", ...report.verdicts.map(check)));
    return article;
  };
  const render = () => {
    document.documentElement.lang = language === "en" ? "en" : "zh-CN";
    document.title = page("title_page");
    document.querySelectorAll("[data-w]").forEach((element) => { element.textContent = page(element.dataset.w); });
    $("switch").textContent = language === "en" ? "中文" : "English";
    $("believe").textContent = trust
      ? page("believing", { name: say(trust), trust: minute(trust.generated_at), status: status ? minute(new Date(status.made).toISOString()) : page("no_status") })
      : page("no_trust");
    $("believe").className = trust ? "xf-2" : "xf-note warn";
    const result = $("result");
    result.replaceChildren();
    if (shown) result.append(shown.report ? card(shown) : make("p", "xf-note warn", page(shown.trouble)));
  };
  const show = (what) => {
    shown = what;
    globalThis.lastReport = what.report || null;
    render();
    $("result").dataset.told = String(Number($("result").dataset.told || 0) + 1);
    $("result").focus();
  };

  // ── whom to believe ───────────────────────────────────────────────────────────────────────────────────────────────
  const takeStatus = (data) => {
    try { status = X.readStatus(data, trust); problem = "not_checked"; } catch { status = null; problem = "list_invalid"; }
  };
  const takeTrust = (data) => { trust = X.readTrust(data); status = null; problem = "not_checked"; lists.clear(); };
  const load = async (id, take) => {
    const text = given(id);
    const address = $(id) && $(id).dataset.src;
    if (text) return take(X.bytes(text));
    const answer = address ? await fetch(address, { cache: "no-cache" }) : null;
    return answer && answer.ok ? take(new Uint8Array(await answer.arrayBuffer())) : undefined;
  };

  // ── what somebody brings ──────────────────────────────────────────────────────────────────────────────────────────
  const believe = () => ({ words, trust, status, problem, lists, now: globalThis.verifyAt || Date.now() });
  const broughtBelief = (data) => {
    let value;
    try { value = X.parse(data); } catch { return false; }
    if (!X.isObject(value) || !["xuefen-trust/1", "xuefen-status/1"].includes(value.format)) return false;
    try {
      if (value.format === "xuefen-trust/1") takeTrust(data);
      else if (trust) takeStatus(data);
      else return show({ trouble: "trust_first" }), true;
      show({ trouble: value.format === "xuefen-trust/1" ? "took_trust" : status ? "took_status" : "bad_status" });
    } catch { show({ trouble: "bad_trust" }); }
    return true;
  };
  const broughtList = async (data) => {
    if (!trust || !X.isToken(data)) return false;
    try {
      const list = await X.readList(data, trust);
      if (!list) return false;
      lists.set(list.url, list);
      show({ trouble: "took_status" });
    } catch { show({ trouble: "bad_status" }); }
    return true;
  };
  const takeCode = (text) => {
    const payload = X.readCode(text);
    if (!payload) return show({ trouble: "no_code" });
    return trust ? show({ report: X.verifyCode(payload, believe()) }) : show({ trouble: "no_trust" });
  };
  const takeBytes = async (data) => {
    if (!data.length) return show({ trouble: "unreadable" });
    if (broughtBelief(data)) return undefined;
    if (!trust) return show({ trouble: "no_trust" });
    if (await broughtList(data)) return undefined;
    try { return show({ report: await X.verifyFile(data, believe()) }); } catch (error) {
      if (!(error instanceof X.NoVerdict)) throw error;
      return show({ trouble: error.code });
    }
  };
  const takeFile = async (file) => {
    if (file.size > 20 * 2 ** 20) return show({ trouble: "too_large" });
    if (file.type.startsWith("image/")) {
      const text = await camera.fromPicture(file);
      return text ? takeCode(text) : show({ trouble: "no_code_in_picture" });
    }
    return takeBytes(new Uint8Array(await file.arrayBuffer()));
  };
  const takeFiles = async (files) => {
    for (const file of files) await takeFile(file);
  };

  // ── by hand ───────────────────────────────────────────────────────────────────────────────────────────────────────
  const closeCamera = () => { camera.stop(video); $("camera").hidden = true; };
  const openCamera = async () => {
    $("camera").hidden = false;
    try {
      const text = await camera.scan(video);
      $("camera").hidden = true;
      if (text) takeCode(text);
    } catch (error) {
      closeCamera();
      show({ trouble: `camera_${error.message}` });
    }
  };
  const listen = () => {
    const drop = $("drop");
    for (const name of ["dragover", "dragleave", "drop"]) {
      document.addEventListener(name, (event) => {
        event.preventDefault();
        drop.classList.toggle("over", name === "dragover");
        if (name === "drop") takeFiles(event.dataTransfer.files);
      });
    }
    $("file").addEventListener("change", (event) => { takeFiles([...event.target.files]).then(() => { event.target.value = ""; }); });
    $("scan").addEventListener("click", openCamera);
    $("stop").addEventListener("click", closeCamera);
    $("check").addEventListener("click", () => {
      const text = $("pasted").value.trim();
      return text.startsWith("{") || X.isToken(X.bytes(text)) ? takeBytes(X.bytes(text)) : takeCode(text);
    });
    $("switch").addEventListener("click", () => { language = language === "en" ? "zh" : "en"; render(); });
    window.addEventListener("hashchange", () => { if (location.hash.length > 1) takeCode(location.hash); });
  };

  const start = async () => {
    listen();
    render();
    try {
      await load("trust", takeTrust);
      if (trust) await load("status", takeStatus);
    } catch { /* the page says that there is no trust file, and takes one by hand */ }
    render();
    document.documentElement.dataset.ready = "yes";
    if (location.hash.length > 1) takeCode(location.hash);
  };
  start();
})();
