"""Why a backup was not made, or not put in place."""


class BackupRefused(Exception):
    """Nothing was changed. The message is a Vietnamese sentence: why, and what to do."""
