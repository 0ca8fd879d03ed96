"""What an expert sends when comparing items."""

from __future__ import annotations

from django import forms

from xuefen.bank.catalogue.types import PairVerdict


class PairForm(forms.Form):
    """A verdict on two items."""

    one = forms.IntegerField(min_value=1)
    other = forms.IntegerField(min_value=1)
    verdict = forms.ChoiceField(choices=[(verdict.value, verdict.value) for verdict in PairVerdict])
    reason = forms.CharField(max_length=400, required=False)
