"""How long work meets the person in front of it: a bar, Ctrl-C, a notebook."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from typing import Any

from .backends.base import Progress


@contextlib.contextmanager
def shown(progress: bool | Progress, pictures: int) -> Iterator[Progress | None]:
    """A progress function for the backend: the caller's own, a bar, or none."""
    if not isinstance(progress, bool):
        yield progress
        return
    if not progress:
        yield None
        return
    from tqdm.auto import tqdm

    with tqdm(total=1, unit="step", desc=f"{pictures} picture{'s' * (pictures != 1)}", leave=False, dynamic_ncols=True) as bar:

        def report(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield report


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Let Ctrl-C wait until the block is done: a picture that is finished is also kept."""
    came: list[Any] = []
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield  # no KeyboardInterrupt arrives here
        return
    signal.signal(signal.SIGINT, lambda *given: came.append(given))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if came:
            before(*came[0])


def in_notebook() -> bool:
    """Whether a person at a kernel is running this: there, stopping a cell should leave them what is finished."""
    try:
        from IPython import get_ipython  # type: ignore[attr-defined]
    except ImportError:
        return False
    return type(get_ipython()).__name__ in ("ZMQInteractiveShell", "Shell")  # Jupyter and VS Code; Colab
