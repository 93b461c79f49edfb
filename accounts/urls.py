"""Signing in and out, the person's own settings, and the tokens of integrations."""

from django.urls import include, path

from accounts import people_views, read_views, review_views, token_views, views

urlpatterns = [
    path("", include("accounts.sign_in.urls")),
    path("sign-out/", views.SignOut.as_view(), name="sign_out"),
    path("integrations/", token_views.integrations, name="integrations"),
    path("integrations/<int:pk>/tokens/", token_views.issue_token, name="issue_token"),
    path("integrations/<int:pk>/tokens/revoke/", token_views.revoke_token, name="revoke_token"),
    path("reads/", read_views.read_list, name="reads"),
    path("people/", people_views.people_list, name="people"),
    path("people/<int:pk>/", people_views.person, name="person"),
    path("people/<int:pk>/let-in/", people_views.let_in, name="let_in"),
    path("people/<int:pk>/reset-factors/", people_views.reset_factors, name="reset_factors"),
    path("people/<int:pk>/end/", people_views.end_access, name="end_access"),
    path("people/<int:pk>/give-back/", people_views.give_back, name="give_back"),
    path("people/<int:pk>/joining-link/", people_views.joining_link, name="joining_link"),
    path("join/<str:link>/", people_views.join, name="join"),
    path("access-reviews/", review_views.reviews, name="access_reviews"),
    path("access-reviews/<str:quarter>/", review_views.review, name="access_review"),
    path("access-reviews/<str:quarter>/people/<int:pk>/", review_views.decide, name="decide_access"),
    path("access-reviews/<str:quarter>/finish/", review_views.finish, name="finish_access_review"),
    path("theme/", views.choose_theme, name="theme"),
]
