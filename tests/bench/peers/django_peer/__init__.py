"""Django's admin: a changelist with ``list_editable``. ``python -m django_peer FOLDER``."""
