"""Signing in and out, the person's own settings, and the tokens of integrations."""

from django.urls import include, path

from accounts import read_views, token_views, views

urlpatterns = [
    path("", include("accounts.sign_in.urls")),
    path("sign-out/", views.SignOut.as_view(), name="sign_out"),
    path("integrations/", token_views.integrations, name="integrations"),
    path("integrations/<int:pk>/tokens/", token_views.issue_token, name="issue_token"),
    path("integrations/<int:pk>/tokens/revoke/", token_views.revoke_token, name="revoke_token"),
    path("reads/", read_views.read_list, name="reads"),
    path("theme/", views.choose_theme, name="theme"),
]
