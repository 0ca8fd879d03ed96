"""Form fields as the look wants them: label, control, help, and the error under the field in words."""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms import BoundField

from xuefen.faces.shared.i18n import say


def _classes(widget: forms.Widget) -> str:
    if isinstance(widget, forms.CheckboxInput):
        return "form-check-input"
    return "form-select" if isinstance(widget, forms.Select) else "form-control"


def _shape(widget: forms.Widget) -> str:
    """Which layout the template uses: check (one box), choices (radio or boxes), hidden, or line."""
    if widget.is_hidden:
        return "hidden"
    if isinstance(widget, forms.CheckboxInput):
        return "check"
    return "choices" if isinstance(widget, (forms.RadioSelect, forms.CheckboxSelectMultiple)) else "line"


def field(
    bound: BoundField, *, hint: Any = "", label: Any = "", columns: str = "", either: bool = False
) -> dict[str, Any]:
    """Context for one field. hint and label replace the form's own; columns="three" sets choices side by side; either: this
    field or another must be filled, so it is not called optional.
    """
    widget, errors, shape = bound.field.widget, list(bound.errors), _shape(bound.field.widget)
    help_text = say(hint) or bound.help_text
    ident = bound.id_for_label or bound.auto_id
    described = " ".join(filter(None, [f"{ident}_help" if help_text else "", f"{ident}_error" if errors else ""]))
    attrs: dict[str, Any] = {} if shape in ("choices", "hidden") else {"class": _classes(widget)}
    if "class" in attrs and widget.attrs.get("class"):
        attrs["class"] += f" {widget.attrs['class']}"
    if errors and shape == "line":
        attrs["class"] += " is-invalid"
    if errors and shape != "hidden":
        attrs["aria-invalid"] = "true"
    if described and shape != "hidden":
        attrs["aria-describedby"] = described
    return {
        "field": bound,
        "shape": shape,
        "ident": ident,
        "label": say(label) or bound.label,
        "help": help_text,
        "errors": errors,
        "columns": columns,
        "optional": not bound.field.required and shape == "line" and not either,
        "control": "" if shape == "choices" else bound.as_widget(attrs=attrs),
        "options": [option.data for option in bound.subwidgets] if shape == "choices" else [],
    }


def error_summary(form: forms.BaseForm) -> dict[str, Any]:
    """Context for the list on top: what is wrong with the form as a whole, and a link to every field to mend."""
    fields = [{"ident": bound.id_for_label or bound.auto_id, "label": bound.label} for bound in form if bound.errors]
    return {"fields": fields, "count": len(fields), "general": list(form.non_field_errors())}
