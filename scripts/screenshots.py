"""Screenshots of a running demo: for the README, and for looking at every page at phone and desk width.

    make screenshots                      the README's few, into docs/screenshots
    python scripts/screenshots.py --all DIR   every page of every role at 390 and 1280 px, with console errors and overflow

Uses the demo bank of XUEFEN_HOME; `make demo ARGS=--once` makes one.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright
from playwright.sync_api import Error as PlaywrightError

ROOT = Path(__file__).resolve().parents[1]
PASSWORD = "xuefen-demo-2026"  # noqa: S105 - the demo's, printed by the demo
WIDTHS = {"390": (390, 844), "1280": (1280, 900)}
# page name → (who signs in, path); {…} is filled from what the page before it links to
README = {
    "home": ("林秋禾", "/home/"),
    "plan": ("陶川", "/plan/?q=行政管理"),  # followed to the plan itself
    "queue": ("reviewer", "/desk/queue/"),
    "deposit": ("yldx", "/desk/batches/"),
    "verify": ("", "/verify/"),
}


@contextmanager
def bank(home: Path) -> Iterator[str]:
    """A running bank on a free port; its base address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "xuefen.config.main", "up", "--port", str(port)],
        env={**os.environ, "XUEFEN_HOME": str(home)},
    )
    base = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{base}/healthz", timeout=1)  # noqa: S310 - our own loopback server
                break
            except OSError:
                time.sleep(0.2)
        yield base
    finally:
        server.terminate()
        server.wait(30)


def sign_in(page: Page, base: str, who: str) -> None:
    page.goto(f"{base}/signin/")
    page.fill("input[name=account]", who)
    page.fill("input[name=password]", PASSWORD)
    page.click("main button.btn-primary")
    page.wait_for_load_state("networkidle")


def accounts(home: Path) -> dict[str, str]:
    """Name → account number of the demo's people, from the file the demo keeps."""
    import json

    return dict(json.loads((home / "demo" / "people.json").read_text(encoding="utf-8")))


def shoot(
    browser: Browser,
    base: str,
    *,
    who: str,
    paths: dict[str, str],
    folder: Path,
    width: str,
    lang: str,
    whole: bool = True,
) -> list[str]:
    """Screenshots of some pages as one person; console errors and sideways overflow as lines."""
    size = WIDTHS[width]
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, device_scale_factor=1, locale="zh-CN" if lang == "zh" else "en"
    )
    page = context.new_page()
    found: list[str] = []
    page.on("console", lambda m: found.append(f"{page.url}: console {m.text}") if m.type == "error" else None)
    page.on("pageerror", lambda e: found.append(f"{page.url}: {e}"))
    if lang == "en":
        context.add_cookies([{"name": "django_language", "value": "en", "url": base}])
    if who:
        sign_in(page, base, who)
    for name, path in paths.items():
        try:
            response = page.goto(base + path)
        except PlaywrightError as error:
            if "Download is starting" not in error.message:
                raise
            continue
        if response is None or response.status >= 400:
            found.append(f"{path}: {response.status if response else 'no answer'}")
        if path.startswith("/plan/?q="):
            page.click("main a[href^='/plan/'] >> text=行政管理")
            page.wait_for_load_state("networkidle")
        if page.evaluate("document.documentElement.scrollWidth > innerWidth + 1"):
            found.append(f"{path} at {width}: wider than the screen")
        # The README shows what fits a screen; looking for faults needs the whole page.
        page.screenshot(path=folder / f"{name}-{width}.png", full_page=whole)
    context.close()
    return found


def links(browser: Browser, base: str, who: str, start: list[str]) -> dict[str, str]:
    """Every address of our own that somebody reaches from the given pages, two clicks deep, a few of each kind."""
    import re

    context = browser.new_context()
    page = context.new_page()
    if who:
        sign_in(page, base, who)
    seen: dict[str, str] = {}
    kinds: dict[str, int] = {}
    queue = list(start)
    while queue and len(seen) < 40:
        path = queue.pop(0)
        kind = re.sub(r"[A-Z]{2}\d{8,}|\d+", "N", path.split("?")[0])
        if (
            path in seen.values()
            or kinds.get(kind, 0) >= 2
            or re.search(r"(\.|/)(pdf|json|xlsx|csv)/?$|/api/|^/log/|receipt|errors", path)
        ):
            continue
        kinds[kind] = kinds.get(kind, 0) + 1
        try:
            response = page.goto(base + path)
        except PlaywrightError as error:
            if "Download is starting" not in error.message:
                raise
            continue
        if response is None or "text/html" not in response.headers.get("content-type", ""):
            continue
        seen[re.sub(r"\W+", "_", f"{who}{path}").strip("_") or "root"] = path
        queue += [
            href for href in page.eval_on_selector_all("a[href^='/']", "all => all.map(a => a.getAttribute('href'))")
            if not href.startswith(("/static/", "/api/"))
        ]  # fmt: skip
    context.close()
    return seen


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", type=Path, metavar="DIR")
    parser.add_argument("--lang", choices=["zh", "en"], default="zh")
    arguments = parser.parse_args()
    home = Path(os.environ.get("XUEFEN_HOME", "var")).resolve()
    people = accounts(home)
    folder = arguments.all or ROOT / "docs/screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    found: list[str] = []
    with bank(home) as base, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("google-chrome"),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
        )
        if arguments.all:
            roles = ["", people["林秋禾"], people["钟野"], "reviewer", "yldx", "tashan", "sheng", "jianguan", "hub"]
            for who in roles:
                paths = links(browser, base, who, ["/", "/home/", "/desk/", "/verify/"])
                for width in WIDTHS:
                    found += shoot(browser, base, who=who, paths=paths, folder=folder, width=width, lang=arguments.lang)
        else:
            for name, (who, path) in README.items():
                for width in WIDTHS:
                    found += shoot(
                        browser, base, who=people.get(who, who), paths={name: path}, folder=folder, width=width,
                        lang=arguments.lang, whole=False,
                    )  # fmt: skip
        browser.close()
    for line in dict.fromkeys(found):
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
