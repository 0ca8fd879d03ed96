"""Certificates in the form the rest of the world reads, and the judging of anybody's credentials. Pure."""

from xuefen.bank.certificates.rules.credentials.binding import holder_key
from xuefen.bank.certificates.rules.credentials.disclosing import (
    SHOWN_NAMES,
    fields_of,
    lines_of,
    require_choice,
    rows_of,
    sd_jwt,
    shown_rows,
    states_token,
    states_url,
    type_metadata,
)
from xuefen.bank.certificates.rules.credentials.judging import (
    LookUp,
    examined,
    judge_credential,
    nobody,
    other_format,
    own_number,
    presentation_faults,
)
from xuefen.bank.certificates.rules.credentials.lists import read_list
from xuefen.bank.certificates.rules.credentials.making import (
    LISTS,
    credential,
    form_of,
    profile,
    status_list,
    status_url,
)
from xuefen.bank.certificates.rules.credentials.reading import Claims, claims_of, holder_of, kind_of, listed, text
from xuefen.bank.certificates.rules.credentials.signing import signed

__all__ = [
    "LISTS",
    "SHOWN_NAMES",
    "Claims",
    "LookUp",
    "claims_of",
    "credential",
    "examined",
    "fields_of",
    "form_of",
    "holder_key",
    "holder_of",
    "judge_credential",
    "kind_of",
    "lines_of",
    "listed",
    "nobody",
    "other_format",
    "own_number",
    "presentation_faults",
    "profile",
    "read_list",
    "require_choice",
    "rows_of",
    "sd_jwt",
    "shown_rows",
    "signed",
    "states_token",
    "states_url",
    "status_list",
    "status_url",
    "text",
    "type_metadata",
]
