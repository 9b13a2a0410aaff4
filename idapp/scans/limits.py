"""Bounds of an uploaded photo, shared by the web process and its sandbox."""

MAX_BYTES = 12 * 2**20  # a phone's photo has 3 to 8 MB
MAX_PIXELS = 60_000_000  # decoded: 180 MB
MAX_PAGES = 4
LONGEST_SIDE = 2200  # pixels of what is kept: small print stays readable
THUMBNAIL_SIDE = 480  # of the small picture in a list
MAX_CODES = 8
MAX_CODE = 2000  # characters: the code of a card holds some hundred
MEMORY = 900 * 2**20  # address space of the sandbox
CPU_SECONDS = 15
