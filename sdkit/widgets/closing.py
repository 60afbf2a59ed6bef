"""Closing for good: ipywidgets holds on to whatever is not closed itself, a widget's layout and style as well."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import ipywidgets


class Whole:
    """A widget that closes with all that it is made of."""

    def close(self) -> None:
        """Take the widget away, with what lies inside it."""
        parts = list(_parts(self))
        super().close()  # type: ignore[misc]
        for part in parts:
            put_away(part)


def put_away(widget: ipywidgets.Widget) -> None:
    """Close any widget with what lies inside it, its layout and its style."""
    parts = list(_parts(widget))
    widget.close()
    for part in parts:
        put_away(part)


def _parts(widget: Any) -> Iterator[ipywidgets.Widget]:
    for name in widget.keys:
        value = widget._trait_values.get(name)
        yield from (
            one for one in (value if isinstance(value, tuple | list) else [value]) if isinstance(one, ipywidgets.Widget)
        )
