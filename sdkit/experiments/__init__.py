"""Result -> rows: every picture with all that made it, kept in a folder, read as a table, rated, and compared."""

from __future__ import annotations

import os
import random
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..codecs import open_image
from ..errors import InputError, SdkitError, StoreError
from ..request import real, whole
from ..result import Result
from . import events as said
from . import pairing
from .contrasts import factors
from .database import explained
from .design import Plan
from .events import Event
from .measures import HIGHER, INSERT_MEASURES, LOWER, Scorer, alike, checked_column, measure
from .measures import better as default_better
from .pairing import Pair, Suggestion
from .row import Recorded, Row
from .store import Reader, Store

if TYPE_CHECKING:
    from PIL import Image

    from .compare import Comparison
    from .effects import Effects
    from .frame import ExperimentFrame
    from .tracking import Tracked

__all__ = ["Event", "Experiments", "Pair", "Plan", "Reader", "Recorded", "Row", "Store", "Suggestion"]


class Experiments:
    """What `studio.experiments` is: the store's table, its pictures by id, what people say of them, and what follows from it.

    A picture is named by its id, by a row of the frame, or by its Result. `rater` is who speaks; the login name by default.

    store    the Store.
    brand    a Brand, or whatever else has its `palette_distance`; None for none.
    """

    def __init__(self, store: Store, *, brand: Scorer | None = None) -> None:
        self.store, self.brand = store, brand

    # -- looking -------------------------------------------------------------------------------------------------------

    def frame(
        self, *, experiment: str | None = None, session: str | None = None, kind: str | None = None, last: int | None = None,
        brand: Scorer | None = None,
    ) -> ExperimentFrame:  # fmt: skip
        """A pandas DataFrame, one row a picture. `sdkit.experiments.frame.frame` says which columns it has.

        brand    a Brand, for the column `palette_distance`; by default the studio's, where it has one.
        """
        from .frame import frame  # pandas takes half a second to import

        brand = brand or self.brand
        return frame(self.store, experiment=experiment, session=session, kind=kind, last=last, brand=brand)

    def open(self, what: object) -> Result:
        """The Result of an id, a row of the frame, or the path of a PNG that sdkit wrote.

        Raises InputError when there is no such picture, ImageError when its file or receipt does not read.
        """
        if self.store.reader is None:
            raise StoreError(f"{self.store.folder}: this store was opened without a reader of receipts. Pass reader= to Store.")
        path = self.store.locate(what)
        with explained(path):
            png = path.read_bytes()
        receipt = self.store.reader(png)
        ids: list[str] = []
        if path.is_relative_to(self.store.folder):
            stored = path.relative_to(self.store.folder).as_posix()
            ids = [id for (id,) in self.store.records(("id",), where="path = ?", values=(stored,))]
        asked = what if isinstance(what, str) else getattr(what, "id", "")
        id = str(asked) if str(asked) in ids else ids[-1] if ids else ""
        return Result(open_image(png), receipt.request, receipt.made, receipt.seconds, id=id, path=str(path))

    def search(self, words: str, *, last: int | None = None) -> ExperimentFrame:
        """The rows in whose prompt, negative, notes or tags all of `words` stand, in any order, by their beginnings.

        Raises InputError when there is no word to look for.
        """
        from .frame import frame

        return frame(self.store, ids=said.search(self.store, words, last), brand=self.brand)

    def duplicates(self, within: int = 6, *, experiment: str | None = None) -> list[tuple[str, str, int]]:
        """(id, id, bits) of pictures that look alike: perceptual hashes at most `within` bits of 64 apart, nearest first.

        0 is the same composition to the eye; over 10 they are different pictures.
        """
        if isinstance(within, bool) or not isinstance(within, int) or not 0 <= within <= 64:
            raise InputError("within", within, "a whole number of bits from 0 to 64")
        where, values = (
            ("dhash IS NOT NULL", ()) if experiment is None else ("dhash IS NOT NULL AND experiment = ?", (experiment,))
        )
        rows = self.store.records(("id", "dhash"), where=where, values=values, table="images LEFT JOIN measures USING (id)")
        return [(rows[i][0], rows[j][0], bits) for i, j, bits in alike([h for _, h in rows], within)]

    def measure(self) -> int:
        """Measure the pictures of the store that never were, such as those of an older sdkit; how many that was.

        New pictures are measured when they are added. One whose file is gone or damaged stays without.
        """
        missing = self.store.records(("id", "path"), where="dhash IS NULL", table="images LEFT JOIN measures USING (id)")
        done = 0
        for id, path in missing:
            try:
                values = measure(open_image(self.store.folder / path)).record()
            except SdkitError:
                continue
            with self.store.database.writing() as connection:
                connection.execute(INSERT_MEASURES, (id, *values))
            done += 1
        return done

    def sheet(
        self, experiment: str | None = None, *, x: str = "seed", y: str | Sequence[str] | None = None,
        z: str | Sequence[str] = (), side: int = 192,
    ) -> Image.Image:  # fmt: skip
        """The pictures as one labelled X/Y/Z sheet, RGB: x across, y down, a block of its own for each z.

        x, y, z   "seed" and whatever varies: a slot, a variant, "prompt", "negative", "guidance" ... By default seeds across and
                  all else down. side, pixels a picture at most. Raises InputError for a name that does not vary.
        """
        from . import page

        table = self.frame(experiment=experiment)
        return page.picture(table, page.grid(table, x, y, z), whole("side", side, 16, 2048))

    def page(
        self, path: str | os.PathLike[str], experiment: str | None = None, *, x: str = "seed", y: str | Sequence[str] | None = None,
        z: str | Sequence[str] = (), side: int = 384, title: str = "",
    ) -> Path:  # fmt: skip
        """The same as one HTML file of any size that needs nothing else, with filters, zoom and captions. Returns its path.

        side   pixels of the pictures in it, at most. Raises as `sheet` does, and StoreError when it cannot be written.
        """
        from . import page

        table = self.frame(experiment=experiment)
        title = title or experiment or "Experiments"
        return page.page(table, page.grid(table, x, y, z), path, side=whole("side", side, 16, 2048), title=title)

    def compare(self, first: object, second: object) -> Comparison:
        """Two pictures side by side: which words and settings differ, and which pixels. Each a Result, an id, a row or a PNG."""
        from .compare import compare

        one, other = (what if isinstance(what, Result) else self.open(what) for what in (first, second))
        return compare(one, other)

    def write(self, path: str | os.PathLike[str], *, experiment: str | None = None) -> Path:
        """The rows as a .csv or .parquet file, with all that was said of them; `read` takes them into another store."""
        from . import table

        return table.write(self.store, path, experiment=experiment)

    def read(self, path: str | os.PathLike[str]) -> int:
        """Take in the rows that `write` wrote, with copies of their pictures; how many were new. Twice adds nothing."""
        from . import table

        return table.read(self.store, path)

    def to_mlflow(self, experiment: str | None = None, *, uri: str = "", name: str = "") -> list[Tracked]:
        """Bring the pictures to MLflow: one run a picture, in an MLflow experiment of each experiment's name.

        experiment   the name of one; by default all pictures of the store, those of no experiment under "sdkit".
        uri     the tracking server, "http://host:5000", or another tracking URI; by default what MLflow is set to.
        name    one MLflow experiment for all of them instead.

        A run's parameters are the prompt, its slots and every setting, its metrics what was measured and the ratings, its
        tags the experiment, seed, model and id, and its artifact the PNG. Brought again, no picture has a second run; what was
        said of it since is added. Returns one Tracked an experiment. Raises MissingExtraError without MLflow, ExportError when
        the server does not take them, StoreError when a picture's file is gone.
        """
        from .to_mlflow import to_mlflow

        return to_mlflow(self.frame(experiment=experiment), uri=uri, name=name)

    def to_wandb(
        self, experiment: str | None = None, *, project: str = "sdkit", entity: str | None = None, mode: str | None = None,
        folder: str | os.PathLike[str] | None = None,
    ) -> list[Tracked]:  # fmt: skip
        """Bring the pictures to Weights & Biases: one run an experiment, with a table of all its pictures, one a row.

        experiment   as for `to_mlflow`. project, entity, mode ("online", "offline", "disabled") and folder (for its files) are
        wandb's own, and by default what its environment variables say.

        The table has the picture, the prompt, its slots, every setting, what was measured and the ratings; what all pictures
        share is the run's config. Brought again it is the same run with the table as it is now. Returns and raises as
        `to_mlflow` does, and InputError for an unknown mode.
        """
        from .to_wandb import to_wandb

        table = self.frame(experiment=experiment)
        return to_wandb(table, store=str(self.store.folder), project=project, entity=entity, mode=mode, folder=folder)

    # -- comparing -----------------------------------------------------------------------------------------------------

    def effects(
        self, of: str = "rating", *, experiment: str | None = None, margin: float | None = None, better: str = "",
        brand: Scorer | None = None,
    ) -> Effects:  # fmt: skip
        """What each word, variant, negative term and axis level does: its effect, a 95 % interval, and a verdict.

        of        "rating" (mean stars), "preference" (pairs), "kept", or a measured column: sharpness, contrast, brightness,
                  colourfulness, copy_left, copy_right, copy_top, copy_bottom; or seconds; or with a brand palette_distance.
        experiment   the name of one; by default all pictures of the store together.
        margin    a difference smaller than this is too small to see. By default 0.3 stars, 10 points of a share, or a fifth of
                  the column's standard deviation.
        better    "higher" or "lower"; by default higher, and lower for seconds and palette_distance.
        brand     a Brand to measure palette_distance by; by default the studio's.

        Pictures are compared with pictures of the same seed and otherwise the same conditions, stars only within a rater.
        Where there are six seeds or more, a seed counts as one independent unit however many pictures it has. Verdicts are
        corrected for the number of comparisons: where nothing has an effect, 95 of 100 such tables say so throughout.
        Raises InputError for a column that is not measured.
        """
        from . import effects as table_of

        table = self.frame(experiment=experiment, brand=brand)
        if better not in ("", HIGHER, LOWER):
            raise InputError("better", better, f'"{HIGHER}" or "{LOWER}"')
        if margin is not None:
            margin = real("margin", margin, 0.0, 1e12, open_low=True)
        found, seeds, ids = factors(table), list(table["seed"]), list(table["id"])
        if of == table_of.PREFERENCE:
            place = {id: i for i, id in enumerate(ids)}
            bouts = [(place[e.id], place[e.other], e.value) for e in said.pairs(self.store, ids)]
            return table_of.of_pairs(found, seeds, bouts, margin=margin)
        if of == table_of.RATING:
            values = said.latest(self.store, said.STARS, ids)
        elif of == table_of.KEPT:
            values = said.latest(self.store, said.KEEP, ids)
        else:
            values = [(i, float(y), "") for i, y in enumerate(table[checked_column(of, table)])]
        return table_of.of_values(found, seeds, values, of=of, better=better or default_better(of), margin=margin)

    def suggest(self, n: int = 10, *, experiment: str | None = None) -> list[Suggestion]:
        """The pairs most worth comparing next, and why: of the comparison made least, alike in seed and in all else."""
        n = whole("n", n, 1, 10_000)
        table = self.frame(experiment=experiment)
        ids = list(table["id"])
        shown = [(e.id, e.other) for e in said.pairs(self.store, ids)]
        return pairing.suggest(ids, factors(table), list(table["seed"]), shown, n, random.Random())

    def pairs(self, n: int = 10, *, experiment: str | None = None) -> list[Pair]:
        """The same pairs, blind: in shuffled order and without their words. Answer with `prefer(pair.left, pair.right)`."""
        out = []
        for number, pair in enumerate(self.suggest(n, experiment=experiment), 1):
            left, right = random.sample((pair.first, pair.second), 2)
            out.append(Pair(left, right, (open_image(self.store.locate(left)), open_image(self.store.locate(right))), number))
        return out

    # -- saying --------------------------------------------------------------------------------------------------------

    def rate(self, picture: object, stars: int, *, rater: str = "") -> Event:
        """1 (bad) to 5 (good) for a picture. Said again, the last word of each rater counts; earlier ones stay on record."""
        return said.add(self.store, said.STARS, self._ids(picture), value=said.stars(stars), rater=rater)

    def keep(self, picture: object, *, rater: str = "") -> Event:
        """This one is good enough to use."""
        return said.add(self.store, said.KEEP, self._ids(picture), value=1.0, rater=rater)

    def reject(self, picture: object, *, rater: str = "") -> Event:
        """This one is not."""
        return said.add(self.store, said.KEEP, self._ids(picture), value=0.0, rater=rater)

    def prefer(self, winner: object, loser: object, *, tie: bool = False, rater: str = "") -> Event:
        """The first of two pictures is the better one; with `tie`, neither is. Raises InputError when both are the same."""
        ids = self._ids(winner, loser)
        if ids[0] == ids[1]:
            raise InputError("loser", loser, "another picture than the winner")
        return said.add(self.store, said.PAIR, ids, value=0.5 if tie else 1.0, rater=rater)

    def tag(self, picture: object, tag: str, *, rater: str = "") -> Event:
        """Put a tag on a picture."""
        return said.add(self.store, said.TAG, self._ids(picture), value=1.0, text=_words("tag", tag), rater=rater)

    def untag(self, picture: object, tag: str, *, rater: str = "") -> Event:
        """Take a tag off a picture."""
        return said.add(self.store, said.TAG, self._ids(picture), value=0.0, text=_words("tag", tag), rater=rater)

    def note(self, picture: object, text: str, *, rater: str = "") -> Event:
        """Add a note to a picture, beside those it has."""
        return said.add(self.store, said.NOTE, self._ids(picture), text=_words("text", text), rater=rater)

    def events(self, picture: object = None) -> list[Event]:
        """Everything that was said, in order: of all pictures, or of one."""
        ids = None if picture is None else set(self._ids(picture))
        return [e for e in said.events(self.store) if ids is None or e.id in ids or e.other in ids]

    def _ids(self, *what: object) -> Sequence[str]:
        return said.ids_of(self.store, *what)

    def __len__(self) -> int:
        return len(self.store)

    def __repr__(self) -> str:
        return f"Experiments: {len(self)} pictures in {self.store.folder}"

    def _repr_html_(self) -> str | None:
        return self.frame(last=24)._repr_html_()


def _words(parameter: str, text: object) -> str:
    if not isinstance(text, str) or not text.strip():
        raise InputError(parameter, text, "text that is not empty")
    return text.strip()
