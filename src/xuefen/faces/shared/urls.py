"""Routes of the switches and of signing in; the site includes them at its root: path("", include("xuefen.faces.shared.urls"))."""

from __future__ import annotations

from django.urls import path

from xuefen.faces.shared import signin, views

urlpatterns = [
    path("lang/<str:code>/", views.set_language, name="set_language"),
    path("text-size/", views.set_text_size, name="set_text_size"),
    path("signin/", signin.signin, name="signin"),
    path("signout/", signin.signout, name="signout"),
]
