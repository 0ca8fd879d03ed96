"""Reading schemes, activities, participations and gatherings. Scoped reads take the scope first."""

from xuefen.bank.activities.queries.gathering import (
    due,
    gathered_of,
    gathering_facts,
    gatherings,
    periods,
    preview,
    progress,
    undeposited,
    words_of,
)
from xuefen.bank.activities.queries.happening import (
    activities,
    activity,
    activity_facts,
    code_now,
    deed_facts,
    deeds,
    deeds_of,
    deeds_to_witness,
    on_offer,
    participations_of,
    take_part,
    taken,
)
from xuefen.bank.activities.queries.proof import violations
from xuefen.bank.activities.queries.schemes import scheme_in_force, scheme_rows, schemes, schemes_in_force

__all__ = [
    "activities",
    "activity",
    "activity_facts",
    "code_now",
    "deed_facts",
    "deeds",
    "deeds_of",
    "deeds_to_witness",
    "due",
    "gathered_of",
    "gathering_facts",
    "gatherings",
    "on_offer",
    "participations_of",
    "periods",
    "preview",
    "progress",
    "scheme_in_force",
    "scheme_rows",
    "schemes",
    "schemes_in_force",
    "take_part",
    "taken",
    "undeposited",
    "violations",
    "words_of",
]
