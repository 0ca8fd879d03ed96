"""The only place that reads the clock. Everything else is handed ``now``."""

from datetime import date, datetime

from django.utils import timezone


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return timezone.now()


def today(moment: datetime | None = None) -> date:
    """The calendar day of ``moment`` (now by default) where the bank is, Asia/Shanghai."""
    return timezone.localtime(moment or now()).date()
