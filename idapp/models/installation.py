"""What is set about the installation itself, in the browser instead of in its environment."""

from __future__ import annotations

from peewee import BooleanField, CharField, TextField

from idapp.models.ground import Table


class StoredSetting(Table):
    """One setting by its name, such as `site.address` or `registry.url`; read through ``stored_settings`` only."""

    name = CharField(max_length=64, unique=True)
    value = TextField()
    sealed = BooleanField(default=False)  # encrypted with this installation's key
