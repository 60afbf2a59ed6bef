"""Drawing for the eye: a thread that does only the newest of what it was asked, beside the worker that makes pictures."""

from __future__ import annotations

import atexit
import contextlib
import threading
from collections.abc import Callable
from weakref import WeakSet

Stale = Callable[[], bool]
_LAST_WORD = 2.0  # seconds that a kernel on its way out waits for the picture being drawn


class Newest:
    """Work of which only the newest matters: asking again drops what has not begun, and hurries what has.

    foreground    work at once, in the thread that asks: where what a background thread writes does not show, as on Colab.

    The thread is there while there is work, and ends with it.
    """

    def __init__(self, *, foreground: bool = False) -> None:
        self.foreground = foreground
        self._lock = threading.Condition()
        self._next: Callable[[Stale], None] | None = None
        self._turn = 0
        self._closed = False
        self._thread: threading.Thread | None = None
        _ALL.add(self)

    def ask(self, work: Callable[[Stale], None]) -> None:
        """Do `work(stale)`, which must tell its errors itself, and should end soon after `stale()` is true."""
        with self._lock:
            if self._closed:
                return
            self._turn += 1
            turn = self._turn
            if not self.foreground:
                self._next = work
                if self._thread is None:
                    self._thread = threading.Thread(target=self._serve, name="sdkit-newest", daemon=True)
                    self._thread.start()
                return
        work(lambda: turn != self._turn)

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until all is done, at most so long; whether it is."""
        with self._lock:
            return self._lock.wait_for(lambda: self._thread is None, seconds)

    def close(self) -> None:
        """Nothing more is begun, and what goes on is hurried."""
        with self._lock:
            self._turn += 1
            self._closed, self._next = True, None

    def _serve(self) -> None:
        while True:
            with self._lock:
                work, self._next, turn = self._next, None, self._turn
                if work is None:
                    self._thread = None
                    self._lock.notify_all()
                    return
            with contextlib.suppress(Exception):  # a widget that was closed meanwhile must not end in a log
                work(lambda turn=turn: turn != self._turn)  # type: ignore[misc]


_ALL: WeakSet[Newest] = WeakSet()


@atexit.register
def _close_all() -> None:
    """No thread is cut off in the middle of a drawing."""
    for one in list(_ALL):
        one.close()
    for one in list(_ALL):
        one.wait(_LAST_WORD)


__all__ = ["Newest", "Stale"]
