"""What the widgets share: one look, pictures as bytes, a sentence for an error, and a still where no kernel runs."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from threading import RLock
from typing import Any

import anywidget
import traitlets
from PIL import Image

from ..codecs import encode, from_base64, thumbnail, to_base64
from ..errors import InputError, near
from .stills import Stilled, token
from .worker import in_colab, sentence

_STATIC = Path(__file__).parent / "static"


def esm(name: str) -> str:
    """The widget's module: static/base.js, which all share, then static/`name`.js. Bundlers and imports there are none."""
    return "\n".join((_STATIC / f"{part}.js").read_text("utf-8") for part in ("base", name))


def css(name: str) -> str:
    """The widget's style sheet, after the one that all share."""
    return "\n".join((_STATIC / f"{part}.css").read_text("utf-8") for part in ("base", name))


def _sent(value: bytes, widget: Any) -> Any:
    """Bytes on their way to the page. Colab's comms spoil binary buffers at times, so there they are text."""
    return to_base64(value) if widget is not None and widget.as_text else value


def _came(value: Any, _: Any) -> bytes:
    """Bytes from the page: a memoryview, or base64 text."""
    return from_base64(value) if isinstance(value, str) else bytes(value or b"")


def picture() -> Any:
    """A trait that holds an encoded picture, b"" for none."""
    return traitlets.Bytes(b"").tag(sync=True, to_json=_sent, from_json=_came)


def typed(trait: Any) -> Any:
    """A trait for what is typed. ipywidgets 8 sends the page back what came from it, which would undo the keys pressed since."""
    return trait.tag(sync=True, echo_update=False)


class Panel(Stilled, anywidget.AnyWidget):
    """A widget of the kit.

    error      a sentence that the widget shows, "" for none.
    as_text    whether pictures travel as base64 text; by default on Colab only.
    """

    error = traitlets.Unicode("").tag(sync=True)
    as_text = traitlets.Bool(False).tag(sync=True)
    _still = traitlets.Unicode("").tag(sync=True)

    def __init__(self, **traits: Any) -> None:
        self._telling = RLock()
        traits.setdefault("as_text", in_colab())
        super().__init__(_still=token(), **traits)
        self.on_msg(self._heard)

    @contextlib.contextmanager
    def hold_sync(self) -> Iterator[None]:
        """As ipywidgets', but for the worker's thread too: what two threads set at once is sent all the same."""
        with self._telling, super().hold_sync():
            yield

    def notify_change(self, change: Any) -> None:
        """As ipywidgets', one thread after the other."""
        with self._telling:
            super().notify_change(change)

    def set_state(self, sync_data: Any) -> None:
        """What the page sets. A value that cannot be becomes a sentence in the widget, and the traits stay as they were."""
        self._accepted_from_page(sync_data)

    def _accepted_from_page(self, sync_data: Any) -> bool:
        """As `set_state`; whether the values can be."""
        before = {name: getattr(self, name) for name in sync_data if self.has_trait(name)}
        try:
            super().set_state(sync_data)
        except (InputError, traitlets.TraitError) as error:
            with self.hold_sync():
                for name, value in before.items():
                    self._trait_values[name] = value
                self.error = sentence(error)
            self.send_state(list(before))
            return False
        return True

    def _token(self) -> str:
        return str(self._still)

    def tell(self, kind: str, buffers: Sequence[bytes] = (), **content: Any) -> None:
        """Send the page a message of this kind; `buffers` are encoded pictures."""
        if self.as_text:
            self.send({"kind": kind, **content, "texts": [to_base64(one) for one in buffers]})
        else:
            self.send({"kind": kind, **content}, list(buffers))

    def _heard(self, _: Any, content: Any, buffers: Sequence[Any]) -> None:
        """Answer the page's message `kind` by the method `_on_<kind>`; what goes wrong there is shown as a sentence.

        Its `state` is what the page shows of the traits that the message is about: their own changes may come later. One that
        cannot be is told, and nothing else is done.
        """
        kind = content.get("kind", "") if isinstance(content, dict) else ""
        answer: Callable[..., None] | None = getattr(self, f"_on_{kind}", None) if str(kind).isidentifier() else None
        if answer is None:
            return
        state = content.get("state")
        shown = state if isinstance(state, dict) else {}
        news = {name: value for name, value in shown.items() if getattr(self, name, None) != value}
        if not all([self._accepted_from_page({name: value}) for name, value in news.items()]):
            return
        try:
            answer(**{k: v for k, v in content.items() if k not in ("kind", "state")})
        except Exception as error:
            self.error = sentence(error)


def jpeg(image: Image.Image, side: int, quality: int = 85) -> bytes:
    """A copy of at most `side` pixels a side, as a JPEG."""
    return encode(thumbnail(image, side), "JPEG", quality=quality)


def one_of(parameter: str, value: Any, allowed: Sequence[str]) -> Any:
    """`value`, or an InputError that lists what is allowed."""
    if value not in allowed:
        raise InputError(parameter, value, ", ".join(map(repr, allowed)), near(str(value), allowed))
    return value
