"""What the parts of a Studio may ask of it: said once, for the parts to stand on and for the Studio to keep."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Event
from typing import Any, Protocol

from PIL import Image

from .request import Request
from .result import Result, ResultSet
from .sources import Opened


class Workshop(Protocol):
    """Requests in, kept pictures out.

    templates   a folder of a person's own words, or None.
    """

    templates: Any

    def run(
        self, requests: Sequence[Request], *, experiment: str = "", note: str = "",
        progress: bool | Callable[[int, int], None] = True, stop: Event | None = None,
    ) -> ResultSet:  # fmt: skip
        """Make and keep one picture a Request."""

    def _picture(self, what: object) -> tuple[Result | None, Image.Image]:
        """A picture with its Result, where it has one: a Result, a PNG of ours, an id, or any image."""

    def _open(self, what: object) -> Result:
        """The Result of an id of this store. Raises StoreError or InputError where there is none."""

    def _opened(self, what: object, parameter: str) -> Opened:
        """A picture to start from, or where `parameter` is "mask" a mask, with what it is called."""

    def _one(
        self, request: Request, experiment: str, note: str, progress: bool | Callable[[int, int], None], stop: Event | None,
        backend: Any = None,
    ) -> Result:  # fmt: skip
        """One kept picture, by `backend` or the Studio's own; raises Interrupted where it was stopped."""
