"""Reading what is in custody."""

from xuefen.bank.custody.queries.keyring import held, key_rows, unrecorded, violations

__all__ = ["held", "key_rows", "unrecorded", "violations"]
