"""The pages: one module a subject; ``pages`` puts them together."""
