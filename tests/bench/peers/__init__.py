"""Peers: the same class of 45 in the same ten columns, built the way their manuals tell. They run under the Python of
``build/bench-venv`` and import nothing of idapp: the school comes as JSON, the address goes to standard output.
"""
