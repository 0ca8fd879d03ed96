"""Routes of the rule doctor and of previews."""

from __future__ import annotations

from django.urls import path

from xuefen.faces.desk.views import looks

LOOKS = [
    path("doctor/", looks.doctor, name="doctor"),
    path("doctor/<int:run_id>/", looks.doctor_run, name="doctor_run"),
    path("doctor/<int:run_id>/again/", looks.doctor_again, name="doctor_again"),
    path("impact/", looks.impacts, name="impacts"),
    path("impact/standard/", looks.preview_standard, name="preview_standard"),
    path("impact/rules/", looks.preview_rules, name="preview_rules"),
    path("impact/<int:run_id>/", looks.impact_run, name="impact"),
    path("impact/<int:run_id>/again/", looks.impact_again, name="impact_again"),
]
