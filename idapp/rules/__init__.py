"""What a correct value is. Pure Python: no database, no clock, no network. People-facing sentences are Vietnamese."""
