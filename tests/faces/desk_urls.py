"""Desk, public pages and log files without hall and API: faces do not know each other."""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path


def signin(request: HttpRequest) -> HttpResponse:
    return HttpResponse("sign in")


urlpatterns = [
    path("", include("xuefen.faces.shared.urls")),
    path("signin/", signin, name="signin"),
    path("desk/", include("xuefen.faces.desk.urls")),
    path("verify/", include("xuefen.faces.verify.urls")),
    path("", include("xuefen.faces.verify.urls_standards")),
    path("log/", include("xuefen.faces.node.urls")),
]
handler404 = "xuefen.faces.shared.views.page_not_found"
