"""Addresses of signing in, of the lock, and of one's own account."""

from django.urls import path

from accounts.sign_in import lock_views, own_views, provider_views, views

urlpatterns = [
    path("sign-in/", views.sign_in, name="sign_in"),
    path("sign-in/code/", views.code, name="sign_in_code"),
    path("sign-in/with/<slug:slug>/", provider_views.begin, name="provider_begin"),
    path("sign-in/with/<slug:slug>/back/", provider_views.back, name="provider_back"),
    path("lock/", lock_views.lock, name="lock"),
    path("lock/now/", lock_views.lock_now, name="lock_now"),
    path("still-here/", lock_views.still_here, name="still_here"),
    path("your-sign-in/", own_views.your_sign_in, name="your_sign_in"),
    path("your-sign-in/set-up/", own_views.set_up, name="set_up_factor"),
    path("your-sign-in/app/", own_views.add_app, name="add_app"),
    path("your-sign-in/key/", own_views.add_key, name="add_key"),
    path("your-sign-in/factors/<int:pk>/remove/", own_views.remove_factor, name="remove_factor"),
    path("your-sign-in/codes/", own_views.new_codes, name="new_codes"),
    path("your-sign-in/password/", own_views.new_password, name="new_password"),
    path("your-sign-in/end-others/", own_views.end_others, name="end_others"),
]
