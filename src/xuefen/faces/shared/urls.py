"""Routes of the switches; the site includes them at its root: path("", include("xuefen.faces.shared.urls"))."""

from __future__ import annotations

from django.urls import path

from xuefen.faces.shared import views

urlpatterns = [
    path("lang/<str:code>/", views.set_language, name="set_language"),
    path("text-size/", views.set_text_size, name="set_text_size"),
]
