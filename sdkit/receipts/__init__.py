"""Image file <-> Request: an asset that carries its papers. One file a format; `own` is sdkit's own."""

from .own import Receipt, read, write

__all__ = ["Receipt", "read", "write"]
