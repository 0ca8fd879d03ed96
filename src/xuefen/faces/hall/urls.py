"""Routes of the hall; the site includes them at its root."""

from __future__ import annotations

from django.urls import path

from xuefen.faces.hall import (
    views_account,
    views_activities,
    views_applications,
    views_badges,
    views_certificates,
    views_compare,
    views_contracts,
    views_open,
    views_password,
    views_plan,
    views_share,
)

app_name = "hall"
urlpatterns = [
    path("", views_open.start, name="start"),
    path("open/", views_open.open_account, name="open"),
    path("open/done/", views_open.opened, name="opened"),
    path("home/", views_account.home, name="home"),
    path("outcomes/", views_account.outcomes, name="outcomes"),
    path("outcomes/<str:number>/", views_account.outcome, name="outcome"),
    path("activities/", views_activities.activities, name="activities"),
    path("activities/<str:number>/", views_activities.activity, name="activity"),
    path("activities/<str:number>/join/", views_activities.join, name="activity_join"),
    path("activities/<str:number>/leave/", views_activities.leave, name="activity_leave"),
    path("activities/<str:number>/check-in/", views_activities.check_in, name="check_in"),
    path("deeds/new/", views_activities.report, name="deed_report"),
    path("deeds/<str:number>/confirm/", views_activities.confirm_deed, name="deed_confirm"),
    path("deeds/<str:number>/decline/", views_activities.decline_deed, name="deed_decline"),
    path("password/", views_password.password, name="password"),
    path("plan/", views_plan.choose, name="plan"),
    path("plan/compare/", views_compare.compare, name="plan_compare"),
    path("plan/<int:programme_id>/", views_plan.plan_for, name="plan_for"),
    path("plan/<int:programme_id>/problem.json", views_compare.problem_file, name="plan_problem"),
    path("shares/", views_share.shares, name="shares"),
    path("shares/new/", views_share.share, name="share"),
    path("shares/<int:link_id>/end/", views_share.unshare, name="unshare"),
    path("shared/<str:token>/", views_share.shared, name="shared"),
    path("applications/", views_applications.applications, name="applications"),
    path("applications/<str:number>/", views_applications.application, name="application"),
    path("applications/<str:number>/withdraw/", views_applications.withdraw, name="withdraw"),
    path("applications/<str:number>/certificate/", views_certificates.certify, name="certify"),
    path("contracts/", views_contracts.contracts, name="contracts"),
    path("contracts/<str:number>/", views_contracts.contract, name="contract"),
    path("contracts/<str:number>/sign/", views_contracts.sign, name="contract_sign"),
    path("contracts/<str:number>/decline/", views_contracts.decline, name="contract_decline"),
    path("contracts/<str:number>/end/", views_contracts.end, name="contract_end"),
    path("certificates/", views_certificates.certificates, name="certificates"),
    path("certificates/<str:number>/", views_certificates.certificate, name="certificate"),
    path("certificates/<str:number>/pdf/", views_certificates.download, {"kind": "pdf"}, name="pdf"),
    path("certificates/<str:number>/json/", views_certificates.download, {"kind": "json"}, name="json"),
    path(
        "certificates/<str:number>/credential/",
        views_certificates.download,
        {"kind": "credential"},
        name="credential",
    ),
    path("certificates/<str:number>/elmo/", views_certificates.download, {"kind": "elmo"}, name="elmo"),
    path("certificates/<str:number>/share/", views_share.share_part, name="share_part"),
    path("certificates/<str:number>/sd-jwt/", views_share.part, name="part"),
    path("badges/", views_badges.badges, name="badges"),
]
