"""What opens a Studio as an app: the one place where it reaches for its widgets, and only when it is asked to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from .widgets.app import App


class Apps(Protocol):
    """The part of a Studio that a person sees."""

    def app(self, **settings: Any) -> App:
        """The Studio's widgets in tabs, for a notebook or for voila; `settings` are PromptLab's, such as prompt and negative.

        Raises MissingExtraError without anywidget: pip install "sdkit[notebook]".
        """
        from .widgets import App

        return App(self, **settings)  # type: ignore[arg-type]
