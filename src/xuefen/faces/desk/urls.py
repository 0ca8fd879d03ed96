"""Routes of the desk; the site includes them at /desk/."""

from __future__ import annotations

from django.urls import path

from xuefen.faces.desk.views import catalogue, deposits, notices, overview, people, review
from xuefen.faces.desk.views.looks_urls import LOOKS

app_name = "desk"
urlpatterns = [
    path("", overview.home, name="home"),
    path("queue/", review.queue, name="queue"),
    path("applications/<str:number>/", review.application, name="application"),
    path("applications/<str:number>/decide/", review.decide, name="decide"),
    path("applications/<str:number>/convert/", review.convert, name="convert"),
    path("batches/", deposits.batches, name="batches"),
    path("batches/upload/", deposits.upload, name="upload"),
    path("batches/one/", deposits.deposit_one, name="deposit_one"),
    path("batches/<str:number>/", deposits.batch, name="batch"),
    path("batches/<str:number>/run/", deposits.resume, name="batch_run"),
    path("batches/<str:number>/errors.xlsx", deposits.errors, name="batch_errors"),
    path("batches/<str:number>/receipt.json", deposits.receipt, name="batch_receipt"),
    path("notices/", notices.notices, name="notices"),
    path("notices/<str:number>/answer/", notices.answer, name="answer"),
    path("learners/", people.learners, name="learners"),
    path("learners/search/", people.search, name="learner_search"),
    path("learners/open/", people.open_account, name="learner_open"),
    path("learners/<int:learner_id>/", people.learner, name="learner"),
    path("learners/<int:learner_id>/reset/", people.reset_sign_in, name="learner_reset"),
    path("learners/<int:learner_id>/prove/", people.prove, name="learner_prove"),
    path("standards/", overview.standards, name="standards"),
    path("catalogue/", catalogue.duplicates, name="duplicates"),
    path("catalogue/judge/", catalogue.judge, name="judge_pair"),
    path("catalogue/similar/", catalogue.similar, name="similar"),
    path("audit/", overview.audit_trail, name="audit"),
    path("insight/", overview.insight, name="insight"),
    *LOOKS,
]
