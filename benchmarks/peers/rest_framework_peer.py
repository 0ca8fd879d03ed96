"""The usual way to answer one question: a Django REST framework view with one look-up."""

from __future__ import annotations

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.urls import path
from peer_database import database

settings.configure(
    SECRET_KEY="not-secret",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=["rest_framework"],
    DATABASES={"default": database()},
    USE_TZ=True,
    REST_FRAMEWORK={"DEFAULT_AUTHENTICATION_CLASSES": [], "UNAUTHENTICATED_USER": None,
                    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"]},
)  # fmt: skip
django.setup()

from django.db import models  # noqa: E402
from rest_framework import generics, serializers  # noqa: E402


class Certificate(models.Model):
    """The bank's own table, as far as the answer needs it."""

    number = models.CharField(max_length=20, unique=True)
    status = models.CharField(max_length=10)
    issued_at = models.DateTimeField()

    class Meta:
        app_label = "peer"
        db_table = "certificate"
        managed = False


class CertificateSerializer(serializers.ModelSerializer[Certificate]):
    class Meta:
        model = Certificate
        fields = ("number", "status", "issued_at")


class CertificateView(generics.RetrieveAPIView[Certificate]):
    queryset = Certificate.objects.all()
    serializer_class = CertificateSerializer
    lookup_field = "number"


urlpatterns = [path("<str:number>", CertificateView.as_view())]
application = get_wsgi_application()
