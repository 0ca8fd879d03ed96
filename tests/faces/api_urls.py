"""The API alone: faces do not know each other, so its tests must not need the others."""

from django.urls import path

from xuefen.faces.api.api import api

urlpatterns = [path("api/", api.urls)]
