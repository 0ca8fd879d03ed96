/* Enhancements only: every page reads and works without this file. No inline handlers anywhere; pages ask by attribute.
   data-print          a button that prints the page
   data-speak          a button that reads the page aloud (hidden where the device cannot)
   data-dialog="id"    a link or button that opens <dialog id>; without script it goes where it points
   data-close          a button inside a dialog that closes it
   data-key="j"        the single key that clicks this element (not while typing)
   data-preview="id"   a form with a "preview" button: what it shows in the element with that id follows the typing
   data-file-name="id" a file input whose chosen name is written into the element with that id */
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
  };

  document.addEventListener("click", (event) => {
    const target = event.target.closest("[data-print], [data-speak], [data-dialog], [data-close]");
    if (!target) {
      document.querySelectorAll(".xf-menu[open]").forEach((menu) => {
        if (!menu.contains(event.target)) menu.open = false;
      });
      return;
    }
    if (target.hasAttribute("data-print")) window.print();
    if (target.hasAttribute("data-speak")) speak();
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
})();
