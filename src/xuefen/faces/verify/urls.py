"""Routes of the public pages; the site includes them at /verify/. A QR code leads to /verify/<number>."""

from __future__ import annotations

from django.urls import path

from xuefen.faces.verify import views, views_catalogue, views_offline, views_rules, views_shared
from xuefen.faces.verify.views_coverage import coverage

app_name = "verify"
urlpatterns = [
    path("", views.home, name="home"),
    path("offline/", views_offline.page, name="offline"),
    path("offline/xuefen-verify.html", views_offline.file, name="offline_file"),
    path("rules/coverage/", coverage, name="coverage"),
    path("catalogue/", views_catalogue.catalogue, name="catalogue"),
    path("catalogue/<str:institution>/items/<str:code>/", views_catalogue.item, name="item"),
    path("catalogue/<str:institution>/<str:code>/", views_catalogue.programme, name="programme"),
    path("rules/", views_rules.rules, name="rules"),
    path("rules/<str:number>/", views_rules.rule, name="rule"),
    path("agreements/", views_rules.agreements, name="agreements"),
    path("agreements/<str:number>/", views_rules.agreement, name="agreement"),
    path("notices/", views.notices, name="notices"),
    path("notices/<str:number>/object/", views.object_, name="object"),
    path("log/", views.log, name="log"),
    path("shared/<str:token>/", views_shared.shared, name="shared"),
    path("shared/<str:token>/credential/", views_shared.credential, name="shared_credential"),
    path("<str:number>", views.certificate, name="certificate"),
]
