/* Reading a QR code with the camera or from a picture. Where the browser has no BarcodeDetector, jsQR reads (loaded from
   data-reader="…" on the page when it is not in the page). Troubles: "denied", "none", "busy", "insecure". */
(() => {
  "use strict";
  const MOST_PIXELS = 1600;
  const PHOTO_PIXELS = [MOST_PIXELS, 4000];  // a code fills a picture, or stands in the corner of a photographed page
  let stream = null;

  const load = (src) => new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = src;
    script.onload = resolve;
    script.onerror = () => reject(new Error("no reader"));
    document.head.append(script);
  });

  /* A function from something drawable to the text of its QR code, or "". */
  const reader = async () => {
    if ("BarcodeDetector" in window && (await window.BarcodeDetector.getSupportedFormats()).includes("qr_code")) {
      const detector = new window.BarcodeDetector({ formats: ["qr_code"] });
      return async (source) => ((await detector.detect(source))[0] || { rawValue: "" }).rawValue;
    }
    if (!globalThis.jsQR) await load(document.querySelector("[data-reader]").dataset.reader);
    const canvas = document.createElement("canvas");
    const context = canvas.getContext("2d", { willReadFrequently: true });
    return async (source, most = MOST_PIXELS) => {
      const [width, height] = [source.videoWidth || source.width, source.videoHeight || source.height];
      const scale = Math.min(1, most / Math.max(width, height));
      [canvas.width, canvas.height] = [Math.round(width * scale), Math.round(height * scale)];
      context.drawImage(source, 0, 0, canvas.width, canvas.height);
      const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
      return (globalThis.jsQR(data, canvas.width, canvas.height) || { data: "" }).data;
    };
  };

  const fromPicture = async (file) => {
    try {
      const [read, picture] = [await reader(), await createImageBitmap(file)];
      for (const most of PHOTO_PIXELS) {
        const text = await read(picture, most);
        if (text || Math.max(picture.width, picture.height) <= most) return text;
      }
    } catch { /* no picture this browser can open */ }
    return "";
  };

  const stop = (video) => {
    if (stream) stream.getTracks().forEach((track) => track.stop());
    stream = null;
    video.srcObject = null;
  };
  const TROUBLES = { NotAllowedError: "denied", SecurityError: "denied", NotReadableError: "busy", AbortError: "busy" };

  /* Shows the camera in `video` until a code is read. Resolves with its text, "" when it was stopped; rejects with a trouble. */
  const scan = async (video) => {
    if (!window.isSecureContext) throw new Error("insecure");
    if (!navigator.mediaDevices) throw new Error("none");
    const read = await reader();
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 1920 }, height: { ideal: 1080 } } });
    } catch (error) { throw new Error(TROUBLES[error.name] || "none"); }
    video.srcObject = stream;
    await video.play();
    while (stream) {
      const text = video.readyState >= 2 ? await read(video).catch(() => "") : "";
      if (text) { stop(video); return text; }
      await new Promise((resolve) => { setTimeout(resolve, 120); });
    }
    return "";
  };

  globalThis.XuefenCamera = { fromPicture, scan, stop };
})();
