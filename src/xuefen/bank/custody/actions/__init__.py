"""Writers of custody."""

from xuefen.bank.custody.actions.rotating import rotate, tidy

__all__ = ["rotate", "tidy"]
