"""Rate: blind, by keyboard, every answer in the store at once; and what follows from it."""

import pytest
from making import shot

from sdkit import InputError
from sdkit.widgets import Rate


@pytest.fixture
def shots(painted):
    return painted.generate("a {rocket|lemon|star}", seeds=8, steps=1, progress=False, experiment="first")


def test_pairs_are_alike_in_all_but_one_thing_and_blind(painted, shots):
    rate = Rate(painted, n=10, seed=1)
    rows = painted.experiments.frame().set_index("id")
    sides = set()
    for _ in range(10):
        left, right = rate.item
        assert rows.loc[left, "seed"] == rows.loc[right, "seed"] and rows.loc[left, "v1"] != rows.loc[right, "v1"]
        sides.add(rows.loc[left, "v1"])
        rate.skip()
    assert rate.item == () and len(sides) > 1 and rate.answers == [None] * 10
    state = str({k: v for k, v in rate.get_state().items() if k not in ("_esm", "_css")})
    assert "rocket" not in state and "lemon" not in state


def test_answers_are_events_at_once(painted, shots):
    rate = Rate(shots, n=3, rater="ann", seed=2)
    asked = []
    for value in ("left", "right", "tie"):
        asked.append(rate.item)
        rate.answer(value)
    events = painted.experiments.events()
    assert [(e.id, e.other, e.value, e.rater) for e in events] == [
        (*asked[0], 1.0, "ann"), (*reversed(asked[1]), 1.0, "ann"), (*asked[2], 0.5, "ann"),
    ]  # fmt: skip
    assert rate.answers == ["left", "right", "tie"] and rate.item == ()
    with pytest.raises(InputError, match="All are rated"):
        rate.answer("left")


def test_undo_goes_back_and_the_last_word_counts(painted, shots):
    rate = Rate(painted, mode="stars", n=3, seed=0)
    first = rate.item[0]
    rate.answer(2)
    rate.undo()
    assert rate.item == (first,) and rate.answers[0] == 2
    rate.answer(5)
    frame = painted.experiments.frame().set_index("id")
    assert frame.loc[first, "rating"] == 5 and frame.loc[first, "ratings"] == 1
    rate.undo()
    rate.undo()
    assert rate.at == 0


def test_the_effects_so_far(painted, shots):
    names = dict(zip((s.id for s in shots), (str(s.request.prompt) for s in shots), strict=True))
    rate = Rate(painted, n=24, seed=3)
    assert all(row.verdict == "not enough data" for row in rate.effects)
    while rate.item:
        left, right = (names[id] for id in rate.item)
        rate.answer("left" if "rocket" in left else "right" if "rocket" in right else "tie")
    row = next(row for row in rate.effects if row.what == "rocket")
    assert row.effect > 0.7 and row.pairs >= 8
    stars = Rate(painted, mode="stars", n=24)
    while stars.item:
        stars.answer(5 if "rocket" in names[stars.item[0]] else 2)
    assert next(row for row in stars.effects if row.what == "rocket").effect == pytest.approx(3, abs=0.1)


def test_wrong_answers_and_pictures_are_refused(painted, shots):
    rate = Rate(painted, n=2)
    for bad in ("up", 3, None):
        with pytest.raises(InputError):
            rate.answer(bad)
    rate._heard(rate, {"kind": "answer", "value": "up", "at": 0}, [])
    assert "value: got 'up'" in rate.error and painted.experiments.events() == []
    rate._heard(rate, {"kind": "answer", "value": "left", "at": 0}, [])
    rate._heard(rate, {"kind": "answer", "value": "left", "at": 0}, [])  # a key that was held down
    assert rate.at == 1 and len(painted.experiments.events()) == 1 and rate.error == ""
    for bad in ([shot()], 3, [shots[0], shot()]):
        with pytest.raises(InputError, match="results"):
            Rate(bad)
    with pytest.raises(InputError, match="two pictures or more"):
        Rate(shots[:1])
    with pytest.raises(InputError, match="mode"):
        Rate(shots, mode="pair")


def test_seeds_alone_and_frames_can_be_rated(painted, shots):
    rate = Rate([s for s in shots if "rocket" in str(s.request.prompt)], n=50)
    assert rate.total == 28 and all(a != b for a, b in rate._items)
    assert Rate(painted.experiments.frame().head(6), mode="stars").total == 6
    with pytest.raises(InputError, match="0 pictures"):
        Rate(painted.experiments, experiment="none such", mode="stars")
    assert (
        "data:image/jpeg" in rate._repr_mimebundle_()[0]["text/html"]
        and "rocket" not in rate._repr_mimebundle_()[0]["text/html"]
    )


@pytest.mark.slow
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_ten_pairs_by_keyboard(shown, painted, shots, dark, tmp_path):
    one = shown(lambda: Rate(painted, n=10, seed=5), dark=dark)
    rate, page = one.widget, one.page

    def at(place):
        one.until(lambda: rate.at == place and page.locator(f".board[data-at='{place}'] img").count() == 2)

    at(0)
    page.locator(".board").focus()
    asked = []
    for place, key in enumerate(["ArrowLeft", "ArrowRight", "ArrowDown", "ArrowLeft", "ArrowRight"]):
        asked.append(rate.item)
        page.keyboard.press(key)
        at(place + 1)
    page.keyboard.press("Backspace")
    at(4)
    page.keyboard.press("ArrowLeft")
    at(5)
    page.get_by_text("Effects so far").click()
    one.until(lambda: page.locator(".effects tbody tr").count() == 3)
    assert one.axe() == []
    page.screenshot(path=tmp_path / "rate.png", full_page=True)
    page.locator(".board button").nth(1).click()
    at(6)
    for place in range(6, 9):
        page.keyboard.press("0")
        at(place + 1)
    page.keyboard.press("s")
    one.until(lambda: "That was all: 9 of 10 rated" in page.locator(".board").inner_text())
    assert rate.answers == ["left", "right", "tie", "left", "left", "right", "tie", "tie", "tie", None]
    events = painted.experiments.events()
    assert len(events) == 10 and (events[5].id, events[5].other) == asked[4] and (events[4].other, events[4].id) == asked[4]
    rows = page.locator(".effects tbody").inner_text()
    assert "not enough data" in rows


@pytest.mark.slow
def test_a_key_held_down_rates_one_pair(shown, painted, shots):
    one = shown(lambda: Rate(painted, n=10, seed=5))
    rate, page = one.widget, one.page

    def at(place):
        one.until(lambda: rate.at == place and page.locator(f".board[data-at='{place}'] img").count() == 2)

    at(0)
    page.locator(".board").focus()
    page.keyboard.down("ArrowLeft")
    at(1)
    for _ in range(5):
        page.keyboard.down("ArrowLeft")  # as the keyboard repeats it
        page.wait_for_timeout(50)
    page.keyboard.up("ArrowLeft")
    page.keyboard.press("ArrowRight")
    at(2)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Backspace")  # before the next pair has come
    one.until(lambda: rate.at == 2 and rate.answers[:4] == ["left", "right", "tie", None])
    assert len(painted.experiments.events()) == 3
