"""Routes of the public standards and of the metadata model; the site includes them at its root."""

from __future__ import annotations

from django.urls import path

from xuefen.faces.verify import views_metadata, views_standards

app_name = "standards"
urlpatterns = [
    path("standards/", views_standards.home, name="home"),
    path("standards/consultations/<str:number>/", views_standards.consultation, name="consultation"),
    path("standards/<str:code>/", views_standards.on_day, name="on_day"),
    path("standards/<str:code>/compare/", views_standards.compare, name="compare"),
    path("standards/<str:code>/<int:number>/", views_standards.version, name="version"),
    path("standards/<str:code>/<int:number>/standard.yaml", views_standards.version_yaml, name="yaml"),
    path("standards/<str:code>/<int:number>/publication.json", views_standards.publication, name="publication"),
    path("metadata/", views_metadata.home, name="metadata"),
    path("metadata/model.json", views_metadata.model, name="metadata_model"),
    path("metadata/schema.json", views_metadata.schema, name="metadata_schema"),
    path("metadata/template.csv", views_metadata.template, name="metadata_template"),
    path("metadata/lists/<str:name>.csv", views_metadata.code_list, name="metadata_list"),
]
