"""What an expert sends when comparing items."""

from __future__ import annotations

from typing import Any

from django import forms

from xuefen.bank.catalogue.types import PairVerdict


class PairForm(forms.Form):
    """A verdict on two items, or on every open pair of a group (ids with commas)."""

    one = forms.IntegerField(min_value=1, required=False)
    other = forms.IntegerField(min_value=1, required=False)
    group = forms.RegexField(regex=r"^\d{1,18}(,\d{1,18}){1,39}$", required=False)
    verdict = forms.ChoiceField(choices=[(verdict.value, verdict.value) for verdict in PairVerdict])
    reason = forms.CharField(max_length=400, required=False)

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        if not values.get("group") and not (values.get("one") and values.get("other")):
            raise forms.ValidationError("incomplete")
        return values
