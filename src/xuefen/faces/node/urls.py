"""Routes of the log's static files; the site includes them at /log/."""

from __future__ import annotations

from django.urls import path

from xuefen.faces.node import views

app_name = "node"
urlpatterns = [
    path("checkpoint", views.checkpoint, name="checkpoint"),
    path("witness/add-checkpoint", views.add_checkpoint, name="add_checkpoint"),
    path("tile/<path:path>", views.tile, name="tile"),
    path("trust.json", views.trust, name="trust"),
    path("pdf-signer.pem", views.pdf_signer, name="pdf_signer"),
    path("status.json", views.status, name="status"),
    path("credentials/<str:name>", views.credentials, name="credentials"),
]
