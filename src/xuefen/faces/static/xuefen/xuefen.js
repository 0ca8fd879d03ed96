/* Enhancements only: every page reads and works without this file. No inline handlers anywhere; pages ask by attribute.
   data-print          a button that prints the page
   data-speak          a button that reads the page aloud (hidden where the device cannot)
   data-dialog="id"    a link or button that opens <dialog id>; without script it goes where it points
   data-close          a button inside a dialog that closes it
   data-key="j"        the single key that clicks this element (not while typing)
   data-copy="text"    a button that copies the text and says data-done for a moment
   data-preview="id"   a form with a "preview" button: what it shows in the element with that id follows the typing
   data-file-name="id" a file input whose chosen name is written into the element with that id
   A form that changes something is sent once, however often its button is pressed; and what was typed into it comes back when
   the answer was only "sign in again" or "this page was open too long" (<main data-keep>), for the same person in the same tab. */
(() => {
  "use strict";

  const typing = (element) => element.matches("textarea, select, [contenteditable], input:not([type=radio], [type=checkbox])");

  const speak = () => {
    const speech = window.speechSynthesis;
    if (speech.speaking) {
      speech.cancel();
      return;
    }
    const words = new SpeechSynthesisUtterance(document.getElementById("main").innerText);
    words.lang = document.documentElement.lang;
    speech.speak(words);
  };

  const setUp = (root) => {
    if ("speechSynthesis" in window) {
      root.querySelectorAll("[data-speak]").forEach((button) => { button.hidden = false; });
    }
    root.querySelectorAll("[data-print]").forEach((button) => { button.hidden = false; });
    if (navigator.clipboard) root.querySelectorAll("[data-copy]").forEach((button) => { button.hidden = false; });
  };

  const copy = async (button) => {
    await navigator.clipboard.writeText(button.dataset.copy);
    const words = button.textContent;
    button.textContent = button.dataset.done;
    setTimeout(() => { button.textContent = words; }, 2000);
  };

  document.addEventListener("click", (event) => {
    const target = event.target.closest("[data-print], [data-speak], [data-dialog], [data-close], [data-copy]");
    if (!target) {
      document.querySelectorAll(".xf-menu[open]").forEach((menu) => {
        if (!menu.contains(event.target)) menu.open = false;
      });
      return;
    }
    if (target.hasAttribute("data-print")) window.print();
    if (target.hasAttribute("data-speak")) speak();
    if (target.hasAttribute("data-copy")) copy(target);
    if (target.hasAttribute("data-close")) target.closest("dialog").close();
    const dialog = document.getElementById(target.dataset.dialog);
    if (dialog) {
      event.preventDefault();
      dialog.showModal();
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    const wanted = event.key.toLowerCase();
    const target = [...document.querySelectorAll("[data-key]")].find((e) => e.dataset.key.toLowerCase() === wanted);
    if (target) {
      event.preventDefault();
      target.click();
    }
  });

  document.addEventListener("change", (event) => {
    const place = document.getElementById(event.target.dataset?.fileName);
    if (place) place.textContent = [...event.target.files].map((file) => file.name).join(", ");
  });

  // Sent once: the second press of an impatient finger is not a second request. A form that answers with a file leaves the
  // page standing, so its button comes back by itself.
  const release = (form) => {
    delete form.dataset.sent;
    form.querySelectorAll(".btn.busy").forEach((button) => { button.classList.remove("busy"); });
  };
  document.addEventListener("submit", (event) => {
    const form = event.target;
    const method = event.submitter?.getAttribute("formmethod") || form.method; // "dialog" only closes one
    if (event.defaultPrevented || method !== "post" || form.hasAttribute("hx-post")) return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
    event.submitter?.classList.add("busy");
    keep(form);
    setTimeout(() => release(form), form.enctype === "multipart/form-data" ? 60000 : 8000);
  });
  window.addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach(release));

  // What was typed survives a session that ended in the middle of a form.
  const KEPT = "xuefen-form";
  const main = document.getElementById("main");
  const texts = (form) => [...form.elements].filter((e) => e.name && !e.matches("[type=hidden], [type=password], [type=file], button, [type=submit]"));
  const keep = (form) => {
    if (!main.dataset.who) return;
    const typed = texts(form).map((e) => [e.name, e.matches("[type=checkbox], [type=radio]") ? [e.value, e.checked] : e.value]);
    if (typed.length || form.querySelector("[type=file]")) sessionStorage.setItem(KEPT, JSON.stringify({ who: main.dataset.who, page: location.pathname, action: form.getAttribute("action"), typed }));
  };
  const giveBack = () => {
    const kept = JSON.parse(sessionStorage.getItem(KEPT) || "null");
    if (!kept) return;
    if (main.hasAttribute("data-keep")) {
      sessionStorage.setItem(KEPT, JSON.stringify({ ...kept, lost: true }));
      return;
    }
    sessionStorage.removeItem(KEPT);
    const form = [...document.forms].find((one) => one.method === "post" && one.getAttribute("action") === kept.action);
    if (!kept.lost || !form || kept.who !== main.dataset.who || kept.page !== location.pathname) return;
    kept.typed.forEach(([name, value]) => texts(form).filter((e) => e.name === name).forEach((e) => {
      if (Array.isArray(value)) { if (e.value === value[0]) e.checked = value[1]; } else e.value = value;
    }));
    form.closest("details")?.setAttribute("open", "");
    const note = document.getElementById("kept");
    note.hidden = false;
    note.querySelector("[data-files]").hidden = !form.querySelector("[type=file]");
    form.before(note);
  };

  let waiting = 0;
  document.addEventListener("input", (event) => {
    const form = event.target.closest?.("form[data-preview]");
    if (!form) return;
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      const asked = new FormData(form);
      asked.set("preview", "1");
      const answer = await fetch(form.action, { method: "POST", body: asked });
      if (!answer.ok) return; // the reader sees what is wrong when they press the button
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const id = form.dataset.preview;
      document.getElementById(id).replaceWith(page.getElementById(id));
    }, 600);
  });

  document.addEventListener("htmx:load", (event) => setUp(event.target));
  const summary = document.querySelector(".xf-summary");
  if (summary) summary.focus();
  setUp(document);
  giveBack();
})();
