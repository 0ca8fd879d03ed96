/* The bank's own verify page: a file dropped or chosen is sent at once, a QR code scanned is opened where it leads. */
(() => {
  "use strict";
  const camera = globalThis.XuefenCamera;
  const area = document.querySelector("[data-drop]");
  const input = area.querySelector("input[type=file]");
  const video = document.getElementById("camera-video");
  const box = document.getElementById("camera-box");

  const trouble = (code) => {
    document.querySelectorAll("[data-trouble]").forEach((line) => { line.hidden = line.dataset.trouble !== code; });
  };
  /* A certificate's code leads to the page that verifies in the browser; an address of a number to that number. */
  const follow = (text) => {
    const number = /\/verify\/(ZS[0-9]{16})$/.exec(text.trim());
    const code = /#(X[0-9A-Z$\-/.:]+)$/.exec(text.trim());
    if (code) location.assign(`${area.dataset.code}#${code[1]}`);
    else if (number) location.assign(`${area.dataset.home}${number[1]}`);
    else return false;
    return true;
  };
  const send = async () => {
    const file = input.files[0];
    if (!file) return;
    trouble("");
    const text = file.type.startsWith("image/") ? await camera.fromPicture(file) : "";
    if (text && follow(text)) return;
    area.classList.add("busy");
    input.form.submit();
  };

  input.addEventListener("change", send);
  for (const name of ["dragover", "dragleave", "drop"]) {
    document.addEventListener(name, (event) => {
      if (![...event.dataTransfer.types].includes("Files")) return;
      event.preventDefault();
      area.classList.toggle("over", name === "dragover");
      if (name !== "drop" || !event.dataTransfer.files.length) return;
      input.files = event.dataTransfer.files;
      send();
    });
  }

  const close = () => { camera.stop(video); box.hidden = true; };
  document.querySelectorAll("[data-scan]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", async () => {
      trouble("");
      box.hidden = false;
      try {
        const text = await camera.scan(video);
        box.hidden = true;
        if (text && !follow(text)) trouble("no_code");
      } catch (error) {
        close();
        trouble(`camera_${error.message}`);
      }
    });
  });
  document.querySelector("[data-stop]").addEventListener("click", close);
  document.documentElement.dataset.ready = "yes";
})();
