"""The thread that draws for the eye: only the newest matters, cells never wait, and nothing is left over."""

import threading

from sdkit.widgets.newest import Newest

PATIENCE = 60


def test_what_was_asked_later_hurries_and_replaces_what_was_asked_before():
    newest, begun, seen = Newest(), threading.Event(), []

    def long(stale):
        begun.set()
        for _ in range(PATIENCE * 100):
            if stale():
                break
            threading.Event().wait(0.01)
        seen.append("long")

    newest.ask(long)
    assert begun.wait(PATIENCE)
    for number in range(5):
        newest.ask(lambda stale, number=number: seen.append(number))
    assert newest.wait(PATIENCE) and seen == ["long", 4]


def test_it_ends_with_its_work_and_begins_again():
    newest, threads = Newest(), []
    for _ in range(3):
        newest.ask(lambda stale: threads.append(threading.current_thread()))
        assert newest.wait(PATIENCE)
    assert len(threads) == 3 and not any(
        "sdkit-newest" in t.name and t in threads for t in threading.enumerate() if t.is_alive()
    )
    newest.ask(lambda stale: 1 / 0)  # what goes wrong does not take the thread along
    newest.ask(lambda stale: threads.append("after"))
    assert newest.wait(PATIENCE) and threads[-1] == "after"
    newest.close()
    newest.ask(lambda stale: threads.append("closed"))
    assert newest.wait(PATIENCE) and threads[-1] == "after"


def test_in_the_foreground_it_is_done_when_ask_returns():
    newest, seen = Newest(foreground=True), []
    newest.ask(lambda stale: seen.append((threading.current_thread() is threading.main_thread(), stale())))
    assert seen == [(True, False)] and newest.wait(0)
