"""`flask --app app ...`: what is done at the machine itself, by whoever runs the installation.

Commands call the same verbs as the pages and leave the same audit rows. Passwords are asked for, never given on the
command line, where every user of the machine could read them; unattended backups read the passphrase from
`IDAPP_BACKUP_PASSPHRASE`, or from a file.

``beginning``    the school, its accounts, the demo school
``daily_work``   workbooks, verification, the progress of many schools
``places``       the catalogue of places: which epoch, which lists
``maintenance``  backup, examination, what is kept about a person, what is deleted
"""

from flask import Flask

from idapp.commands.beginning import (
    create_user,
    make_demo,
    remove_second_step,
    reset_password,
    set_up,
)
from idapp.commands.daily_work import export, import_file, progress_import, verify
from idapp.commands.maintenance import (
    examine,
    make_backup,
    move_to_postgresql,
    person_data,
    purge,
    recheck,
    restore,
    upgrade_check,
)
from idapp.commands.places import change_epoch, places_back, places_update


def register(app: Flask) -> None:
    """Hang the commands on `flask --app app`."""
    for command in (
        set_up,
        create_user,
        reset_password,
        remove_second_step,
        make_demo,
        import_file,
        export,
        verify,
        make_backup,
        restore,
        move_to_postgresql,
        examine,
        person_data,
        purge,
        recheck,
        upgrade_check,
        progress_import,
        change_epoch,
        places_update,
        places_back,
    ):
        app.cli.add_command(command)
