"""The node's keys, from the key provider the settings name."""

from __future__ import annotations

import functools

from django.conf import settings

from xuefen.bedrock.gm.keys import FileKeyProvider, KeyProvider


@functools.lru_cache(maxsize=4)
def _provider(folder: str, passphrase: str) -> KeyProvider:
    return FileKeyProvider(folder, passphrase=passphrase)


def keys() -> KeyProvider:
    """The key provider of this node; opened once per process (unsealing is deliberately slow)."""
    return _provider(str(settings.XUEFEN_KEYS), settings.XUEFEN_PASSPHRASE)
