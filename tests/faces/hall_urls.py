"""The hall alone: faces do not know each other, so its tests must not need the others."""

from django.urls import include, path

urlpatterns = [
    path("", include("xuefen.faces.shared.urls")),
    path("", include("xuefen.faces.hall.urls")),
]
handler404 = "xuefen.faces.shared.views.page_not_found"
