import hashlib
import random
import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from sdkit import receipts
from sdkit.errors import ImageError, InputError, StoreError
from sdkit.experiments import Experiments, Store
from sdkit.experiments.migrations import MIGRATIONS
from sdkit.experiments.row import next_id
from sdkit.prompt import Prompt

ROOT = Path(__file__).parents[2]
# A process of its own that opens the store in argv[1] and adds argv[2] noisy pictures, printing each id once it is kept.
ADDER = """
    import sys
    from PIL import Image
    from sdkit import receipts
    from sdkit.experiments import Store
    from sdkit.request import Request
    from sdkit.result import Made, Result

    store = Store(sys.argv[1], reader=receipts.read)
    print("open", flush=True)
    for number in range(int(sys.argv[2])):
        picture = Image.effect_noise((64, 64), 90).convert("RGB")
        made = Result(picture, Request(prompt="a rocket", seed=number), Made("pocket"))
        print(store.add(made, receipts.write(made)).id, flush=True)
"""


def child(code: str, *arguments: object) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT,
    )  # fmt: skip


def files(folder: Path) -> set[str]:
    return {
        str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file() and not p.name.startswith("experiments.sqlite")
    }


def test_what_is_added_comes_back(store, add):
    image = Image.new("RGB", (16, 8), "navy")
    prompt = Prompt("a red rocket", "a {red|mint} rocket", (("red|mint", "red"),))
    kept = add(store, 7, prompt, experiment="launch", negative="blur", image=image, strength=0.5, loras=(("ink", 0.8),))
    row = store.get(kept.id)
    assert (row.prompt, row.template, row.choices) == (prompt.text, prompt.template, prompt.choices)
    assert (row.seed, row.width, row.height, row.kind, row.strength, row.loras) == (7, 16, 8, "img2img", 0.5, (("ink", 0.8),))
    assert (row.model, row.scheduler, row.libraries, row.batch) == ("pocket", "DDIMScheduler", {"torch": "2.13.0"}, 2)
    assert (row.experiment, row.session, row.key) == ("launch", store.session, kept.request.key)
    assert row.request == kept.request.to_dict()
    assert str(row.path) == kept.path and row.path.parent.parent == store.folder / "images"
    assert hashlib.sha256(row.path.read_bytes()).hexdigest() == row.path.stem
    again = Experiments(store).open(kept.id)
    assert again.request.to_dict() == kept.request.to_dict() and again.made == kept.made and again.id == kept.id


def test_ids_sort_in_order_of_adding_and_survive_reopening(store, add):
    ids = [add(store, seed).id for seed in range(5)]
    with Store(store.folder) as other:
        ids.append(add(other, 5).id)
        assert ids == sorted(set(ids)) == [row.id for row in other.rows()]
        assert len(store) == len(other) == 6
        assert [row.id for row in store.rows(session=other.session)] == ids[-1:]
    assert [row.seed for row in store.rows(last=2)] == [4, 5]


@given(st.integers(0, 2**44), st.integers(0, 2**44))
def test_the_next_id_is_always_greater(first, second):
    moment = [datetime.fromtimestamp(n / 1000, UTC) for n in (first, second)]
    before = next_id(None, moment[0])
    after = next_id(before, moment[1])
    assert after > before and len(after) == len(before) == 10


def test_find_gives_what_was_made_for_a_key(store, add):
    kept = add(store, 1)
    add(store, 2)
    assert [row.id for row in store.find(kept.request.key)] == [kept.id]
    Path(kept.path).unlink()
    assert store.find(kept.request.key) == []


def test_filters(store, add):
    add(store, 1, experiment="a")
    add(store, 2, experiment="b")
    assert [row.seed for row in store.rows(experiment="b")] == [2]
    assert store.rows(kind="inpaint") == []
    for last in (-1, "1; DROP TABLE images", True):
        with pytest.raises(InputError, match="last"):
            store.rows(last=last)


def test_one_picture_added_twice_is_two_rows_of_one_file(store, add):
    assert add(store).path == add(store).path
    assert len(store) == 2 and len(files(store.folder)) == 1


def test_text_that_sqlite_cannot_hold_is_kept_exactly_in_the_request(store, add):
    row = store.get(add(store, prompt="a \ud800 rocket").id)
    assert row.prompt == "a ? rocket" and row.request["prompt"]["text"] == "a \ud800 rocket"


def test_locate(store, tmp_path, add, result):
    kept = add(store)
    path = Path(kept.path)
    loose = tmp_path / "loose.png"
    loose.write_bytes(receipts.write(result(3)))
    for what in (kept.id, kept, store.get(kept.id), {"id": kept.id}, {"path": kept.path}, kept.path, path):
        assert store.locate(what) == path
    assert store.locate({"id": kept.id, "path": "/moved/away.png"}) == path
    assert Experiments(store).open(loose).request.seed == 3
    for what in ("x00000000", tmp_path, tmp_path / "no.png", 5, None, {}, ""):
        with pytest.raises(InputError, match="row"):
            store.locate(what)
    path.unlink()
    with pytest.raises(StoreError, match="gone"):
        store.locate(kept.id)
    with pytest.raises(InputError, match="id"):
        store.get("x00000000")


def test_not_a_png_is_refused(store, result):
    with pytest.raises(InputError, match="png"):
        store.add(result(), b"GIF89a")
    assert len(store) == 0 and files(store.folder) == set()


def test_threads_share_a_store(store, add):
    def work(start: int) -> None:
        for seed in range(start, start + 8):
            add(store, seed)
            store.rows(last=3)

    threads = [threading.Thread(target=work, args=(n * 100,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({row.id for row in store.rows()}) == 32


@pytest.mark.parametrize("each", [25, pytest.param(500, marks=pytest.mark.slow)])
def test_two_processes_at_once_lose_nothing(tmp_path, each):
    workers = [child(ADDER, tmp_path / "new" / "store", each) for _ in range(2)]
    printed = [line for w in workers for line in w.communicate(timeout=600)[0].split() if line != "open"]
    assert [w.returncode for w in workers] == [0, 0]
    with Store(tmp_path / "new" / "store") as store:
        rows = store.rows()
        assert {row.id for row in rows} == set(printed) and len(printed) == 2 * each
        assert all(row.path.is_file() for row in rows)
        assert len(Experiments(store).search("rocket", last=3)) == 3
        assert Experiments(store).frame()[["sharpness"]].notna().all(axis=None)


def test_killed_at_any_moment_nothing_finished_is_lost(tmp_path):
    chance = random.Random(5)
    finished: set[str] = set()
    for _ in range(8):
        worker = child(ADDER, tmp_path, 100_000)
        assert worker.stdout.readline() == "open\n"
        time.sleep(chance.uniform(0, 0.25))
        worker.send_signal(signal.SIGKILL)
        finished.update(worker.communicate()[0].split("\n")[:-1])
        with Store(tmp_path, reader=receipts.read) as store:
            rows = store.rows()
            stored = {str(row.path.relative_to(tmp_path)) for row in rows}
            assert finished <= {row.id for row in rows}
            assert files(tmp_path) == stored  # every row has its file, every file its row, and no part is left
    assert len(finished) > 20
    assert all(receipts.read(row.path).request.prompt.text == "a rocket" for row in rows)


def test_killed_between_file_and_row(tmp_path):
    """The worst moment, every time: the picture is on disk, the row is not yet committed."""
    hook = "import os, sdkit.experiments.store as s; s.record = lambda *_, **__: os.kill(os.getpid(), 9); print"
    code = textwrap.dedent(ADDER).replace("print", hook, 1)
    worker = child(code, tmp_path, 1)
    worker.communicate(timeout=30)
    assert worker.returncode == -signal.SIGKILL
    (left,) = files(tmp_path)
    with Store(tmp_path) as store:
        assert len(store) == 0 and files(tmp_path) == {left}  # without a reader nothing is touched
    with Store(tmp_path, reader=receipts.read) as store:
        (row,) = store.rows()
        assert str(row.path.relative_to(tmp_path)) == left and "recovered" in row.note
        assert row.prompt == "a rocket" and (row.width, row.height) == (64, 64)


def test_an_unfinished_write_of_another_is_left_alone(store, add, monkeypatch):
    """While one adds, between its file and its row, another opens the store: it waits, and adopts nothing."""
    between, go_on = threading.Event(), threading.Event()

    def pause(folder):
        (folder / f".{'0' * 64}.png.k3.part").write_bytes(b"half")
        between.set()
        assert go_on.wait(10)

    monkeypatch.setattr("sdkit.experiments.store._sync_folder", pause)
    opened = []
    adding = threading.Thread(target=add, args=(store,))
    opening = threading.Thread(target=lambda: opened.append(Store(store.folder, reader=receipts.read).rows()))
    adding.start()
    assert between.wait(10)
    opening.start()
    opening.join(0.3)
    assert opening.is_alive() and len(files(store.folder)) == 2  # the picture and the unfinished file
    go_on.set()
    adding.join(10)
    opening.join(10)
    (rows,) = opened
    assert [row.note for row in rows] == [""] and len(files(store.folder)) == 1


def test_strangers_in_the_folder(store, tmp_path, add):
    good = add(store)
    images = store.folder / "images"
    (images / "notes.txt").write_text("mine")
    (images / "ab").mkdir(exist_ok=True)
    (images / "ab" / "photo.png").write_bytes(b"mine too")
    bare = b"\x89PNG\r\n\x1a\n" + b"0" * 100
    name = hashlib.sha256(bare).hexdigest()
    (images / name[:2]).mkdir(exist_ok=True)
    (images / name[:2] / f"{name}.png").write_bytes(bare)
    (images / name[:2] / f".{name}.png.k3.part").write_bytes(b"half")
    assert store.recover() == 0
    assert files(store.folder) == {
        str(Path(good.path).relative_to(store.folder)), "images/notes.txt", "images/ab/photo.png", f"unreadable/{name}.png",
    }  # fmt: skip


def test_a_lost_table_is_made_again_from_the_pictures(store, add):
    before = [
        (row.prompt, row.seed, row.key, row.model, row.seconds) for row in [store.get(add(store, n).id) for n in range(4)]
    ]
    store.close()
    for file in store.folder.glob("experiments.sqlite*"):
        file.write_bytes(b"not a database, " * 100)
    with pytest.raises(StoreError, match=r"experiments\.sqlite.*damaged.*aside"):
        Store(store.folder)
    for file in store.folder.glob("experiments.sqlite*"):
        file.unlink()
    with Store(store.folder, reader=receipts.read) as again:
        assert sorted((r.prompt, r.seed, r.key, r.model, r.seconds) for r in again.rows()) == sorted(before)


def test_a_newer_store_is_refused_untouched(store, add):
    add(store)
    store.close()
    path = store.folder / "experiments.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
        connection.execute("CREATE TABLE future (x)")
    connection.close()
    before = {p: p.read_bytes() for p in store.folder.rglob("*") if p.is_file()}
    with pytest.raises(StoreError, match=r"newer sdkit.*pip install --upgrade"):
        Store(store.folder, reader=receipts.read)
    assert {p: p.read_bytes() for p in store.folder.rglob("*") if p.is_file()} == before


def test_another_programs_file_is_refused_untouched(tmp_path):
    path = tmp_path / "experiments.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE images (mine)")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match="another program"):
        Store(tmp_path)
    assert path.read_bytes() == before


def test_a_file_in_place_of_the_folder(tmp_path, add):
    (tmp_path / "file").write_text("mine")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(StoreError, match=r"file.*Choose another folder"):
            Store(folder)
    with Store(tmp_path / "ok") as store:
        (tmp_path / "ok" / "images").write_text("mine")
        with pytest.raises(StoreError, match=r"images.*Choose another folder"):
            add(store)
        assert len(store) == 0


FULL = """
    import resource, sys
    from PIL import Image
    from sdkit import receipts
    from sdkit.errors import StoreError
    from sdkit.experiments import Store
    from sdkit.request import Request
    from sdkit.result import Made, Result

    def add(store, seed):
        made = Result(Image.new("RGB", (16, 8), (seed % 256, 0, 0)), Request(prompt="a rocket", seed=seed), Made("pocket"))
        store.add(made, receipts.write(made))

    def files(folder):
        return [p for p in folder.rglob("*") if p.is_file() and not p.name.startswith("experiments.sqlite")]

    with Store(sys.argv[1], reader=receipts.read) as store:
        add(store, 1)
        before = files(store.folder)
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
        try:
            for seed in range(2, 200):
                add(store, seed)
                before = files(store.folder)
        except StoreError as error:
            print(error)
        assert sorted(files(store.folder)) == sorted(before), "a file was left"
        assert len(store) == len(before) == len(store.rows())
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        add(store, 1000)  # and it goes on when there is room again
        print(len(store) == len(before) + 1)
"""


@pytest.mark.parametrize("limit", [300, 150_000])  # bytes a file may have: too few for the PNG; for the table's log
def test_a_full_disk_changes_nothing(tmp_path, limit):
    worker = child(FULL, tmp_path, limit)
    out, err = worker.communicate(timeout=60)
    assert worker.returncode == 0, err
    message, goes_on = out.splitlines()
    assert "no room left" in message and str(tmp_path) in message and goes_on == "True"


def test_an_interrupt_changes_nothing(store, monkeypatch, add):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("sdkit.experiments.store.record", interrupt)
        with pytest.raises(KeyboardInterrupt):
            add(store)
    assert len(store) == 0 and files(store.folder) == set()
    assert add(store).id


def test_a_folder_deleted_under_the_store_is_made_again(store, add):
    add(store, 1)
    for path in sorted(store.folder.rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    store.folder.rmdir()
    kept = add(store, 2)
    assert [row.id for row in store.rows()] == [kept.id] and Path(kept.path).is_file()


def test_opening_a_picture_that_does_not_read(store, add):
    kept = add(store)
    Path(kept.path).write_bytes(b"gone wrong")
    with pytest.raises(ImageError):
        Experiments(store).open(kept.id)
    with pytest.raises(StoreError, match="reader"):
        Experiments(Store(store.folder)).open(kept.id)
