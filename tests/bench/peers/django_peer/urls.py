"""The admin, and its files (their handler serves them only in DEBUG or with ``insecure``)."""

from django.contrib import admin
from django.contrib.staticfiles.views import serve
from django.urls import path, re_path

urlpatterns = [
    path("admin/", admin.site.urls),
    re_path(r"^static/(?P<path>.*)$", lambda request, path: serve(request, path, insecure=True)),
]
