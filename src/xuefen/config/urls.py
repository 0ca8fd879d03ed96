"""Which address leads to which face."""

from django.urls import include, path

from xuefen.faces.api.api import api
from xuefen.faces.node.views import health
from xuefen.faces.verify.views_offline import page as offline

urlpatterns = [  # what machines ask most stands first
    path("api/", api.urls),
    path("log/", include("xuefen.faces.node.urls")),
    path("healthz", health, name="health"),
    path("", include("xuefen.faces.shared.urls")),
    path("", include("xuefen.faces.hall.urls")),
    path("desk/", include("xuefen.faces.desk.urls")),
    path("q", offline, name="code"),  # what a QR code says: rules.qr.PATH
    path("verify/", include("xuefen.faces.verify.urls")),
    path("", include("xuefen.faces.verify.urls_standards")),
]
handler400 = "xuefen.faces.shared.views.bad_request"
handler403 = "xuefen.faces.shared.views.permission_denied"
handler404 = "xuefen.faces.shared.views.page_not_found"
handler500 = "xuefen.faces.shared.views.server_error"
