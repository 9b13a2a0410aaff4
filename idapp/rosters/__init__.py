"""A list of people as somebody made it: where it stands, what its headings mean, whose row is whose."""
