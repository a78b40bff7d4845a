"""Paths of logins, accounts and the audit chain."""

from django.urls import path

from hpki_server.people import views
from hpki_server.people.views import proofs

app_name = "people"
urlpatterns = [
    path("login/", views.log_in, name="login"),
    path("register/", views.register, name="register"),
    path("logout/", views.log_out, name="logout"),
    path("password/new/<uuid:account_id>/<str:token>/", views.new_password, name="new-password"),
    path("password/", views.change_password, name="change-password"),
    path("staff/login/", views.staff_log_in, name="staff-login"),
    path("staff/login/code/", views.staff_code, name="staff-code"),
    path("staff/login/app/", views.staff_app, name="staff-app"),
    path("staff/setup/<uuid:account_id>/<str:token>/", views.staff_setup, name="staff-setup"),
    path("staff/password/", views.staff_change_password, name="staff-change-password"),
    path("staff/accounts/", views.accounts, name="accounts"),
    path("staff/accounts/new/", views.new_account, name="new-account"),
    path("staff/accounts/<uuid:account_id>/", views.account, name="account"),
    path("staff/accounts/<uuid:account_id>/renew/", views.renew_access, name="renew-access"),
    path("staff/accounts/<uuid:account_id>/close/", views.close_account, name="close-account"),
    path("staff/grants/<uuid:grant_id>/withdraw/", views.withdraw, name="withdraw"),
    path("staff/proposals/", views.proposals, name="proposals"),
    path("staff/proposals/<uuid:proposal_id>/confirm/", views.confirm, name="confirm-proposal"),
    path("staff/proposals/<uuid:proposal_id>/withdraw/", views.withdraw_proposal, name="withdraw-proposal"),
    path("staff/audit/", views.audit_lines, name="audit"),
    path("audit/key.pem", proofs.audit_key, name="audit-key"),
    path("audit/heads/", proofs.heads, name="audit-heads"),
    path("audit/heads/<int:size>/", proofs.head, name="audit-head"),
    path("audit/inclusion/<int:sequence>/<int:size>/", proofs.inclusion, name="audit-inclusion"),
    path("audit/consistency/<int:first>/<int:second>/", proofs.consistency, name="audit-consistency"),
]
