"""scripts/fonts.py: quiet where the fonts are, clear where they cannot be had, whole or not at all in between."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from xuefen.bank.certificates.pdf import fonts as finder

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("fonts_script", ROOT / "scripts" / "fonts.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """A machine without fonts and without tools."""
    monkeypatch.setattr(finder, "SYSTEM_FOLDERS", ())
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XUEFEN_HOME", str(tmp_path / "home"))
    finder.find_fonts.cache_clear()
    yield tmp_path / "home" / "fonts"
    finder.find_fonts.cache_clear()


def test_without_fonts_and_without_apt_it_says_what_to_do(
    script: ModuleType, bare: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert script.main() == 1
    said = capsys.readouterr().err
    assert "缺少中文字体" in said and "fonts-noto-cjk" in said and str(bare) in said
    assert not bare.exists()


def test_a_refused_download_leaves_nothing_behind(script: ModuleType, bare: Path) -> None:
    tools = bare.parents[1]
    for name in ("apt-get", "dpkg-deb"):
        (tools / name).write_text("#!/bin/sh\nexit 1\n")
        (tools / name).chmod(0o755)
    assert script.unpack_into(bare) is False
    assert not bare.parent.exists()


def test_where_the_fonts_are_nothing_happens(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    finder.find_fonts.cache_clear()
    if not script._found(tmp_path):
        pytest.skip("Noto CJK fonts are missing: run scripts/fonts.py")
    monkeypatch.setenv("XUEFEN_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", "")
    assert script.main() == 0
    assert capsys.readouterr() == ("", "")
