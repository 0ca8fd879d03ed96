"""Addresses of activities, schemes and gathering at the desk."""

from __future__ import annotations

from django.urls import path

from xuefen.faces.desk.views import activities, gathering

ACTIVITIES = [
    path("activities/", activities.activities, name="activities"),
    path("activities/open/", activities.open_activity, name="activity_open"),
    path("activities/gather/", gathering.gather, name="gather"),
    path("activities/schemes/", gathering.schemes, name="schemes"),
    path("activities/schemes/<int:scheme_id>/sign/", gathering.sign, name="scheme_sign"),
    path("activities/deeds/<str:number>/confirm/", activities.confirm_deed, name="deed_confirm"),
    path("activities/deeds/<str:number>/decline/", activities.decline_deed, name="deed_decline"),
    path("activities/taken/<str:number>/withdraw/", activities.withdraw, name="participation_withdraw"),
    path("activities/<str:number>/", activities.activity, name="activity"),
    path("activities/<str:number>/venue/", activities.venue, name="venue"),
    path("activities/<str:number>/list/", activities.confirm_list, name="activity_list"),
    path("activities/<str:number>/cancel/", activities.cancel, name="activity_cancel"),
]
