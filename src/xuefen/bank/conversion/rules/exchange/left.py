"""Why a statement of another system cannot be carried."""


class CannotCarry(Exception):
    """A stable reason, and the words of the file."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason)
        self.reason, self.detail = reason, detail
