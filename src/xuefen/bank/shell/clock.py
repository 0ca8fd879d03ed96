"""The only place that reads the clock. Everything else is handed ``now``. Needs no Django, so offline commands use it too."""

from datetime import UTC, date, datetime

from xuefen.bedrock.workdays import BEIJING


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


def stamp(moment: datetime) -> str:
    """A moment as leaves and receipts write it: UTC, whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def today(moment: datetime | None = None) -> date:
    """The calendar day of ``moment`` (now by default) where the bank is, Asia/Shanghai."""
    return (moment or now()).astimezone(BEIJING).date()
