"""Result -> rows: every picture with all that made it, kept in a folder and read as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..codecs import open_image
from ..errors import StoreError
from ..result import Result
from .database import explained
from .row import Recorded, Row
from .store import Reader, Store

if TYPE_CHECKING:
    from .frame import ExperimentFrame

__all__ = ["Experiments", "Reader", "Recorded", "Row", "Store"]


class Experiments:
    """What `studio.experiments` is: the store's table, and its pictures by id.

    store    the Store.
    """

    def __init__(self, store: Store) -> None:
        self.store = store

    def frame(
        self, *, experiment: str | None = None, session: str | None = None, kind: str | None = None, last: int | None = None
    ) -> ExperimentFrame:
        """A pandas DataFrame, one row a picture. `sdkit.experiments.frame.frame` says which columns it has."""
        from .frame import frame  # pandas takes half a second to import

        return frame(self.store, experiment=experiment, session=session, kind=kind, last=last)

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

    def __len__(self) -> int:
        return len(self.store)

    def __repr__(self) -> str:
        return f"Experiments: {len(self)} pictures in {self.store.folder}"

    def _repr_html_(self) -> str | None:
        return self.frame(last=24)._repr_html_()
