"""Their list: every column an input, one form around all of them."""

from django.conf import settings
from django.contrib import admin
from django_peer.models import Pupil
from import_export import resources
from import_export.admin import ImportExportModelAdmin


class PupilResource(resources.ModelResource):
    class Meta:
        model = Pupil
        import_id_fields = ("ministry_code",)
        fields = ("class_no", *settings.SCHOOL["columns"])
        use_bulk = False


@admin.register(Pupil)
class PupilAdmin(ImportExportModelAdmin):
    resource_classes = (PupilResource,)
    list_display = ("id", *settings.SCHOOL["columns"])
    list_display_links = ("id",)
    list_editable = tuple(settings.SCHOOL["columns"])
    list_filter = ("class_no",)
    list_per_page = settings.SCHOOL["class_size"]
    show_full_result_count = True
