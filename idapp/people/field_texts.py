"""The texts of one record as they travel between the modules: what stands there, what was typed, what came in."""

from collections.abc import Mapping

FieldTexts = Mapping[str, str]
"""{name of a field: text}"""
