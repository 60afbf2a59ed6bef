"""ExportPanel: where the picture goes, with which words, what is wrong with that, and then the files."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import traitlets
from PIL import Image

from ..branded import Given
from ..codecs import open_image
from ..errors import InputError
from ..export import Kit
from ..export.alts import draft
from ..export.bundle import SHEET
from ..studio import Studio
from .looks import Looks
from .panel import css, esm, one_of, typed
from .worker import DONE, Job
from .working import Steps

_PART = 1 << 20  # bytes of the zip in a message


class ExportPanel(Looks):
    """Choose placements, set words, see what is wrong, and export.

    studio       what paints and writes, as `Studio.export` does.
    picture      a Result, its id, a PIL image, or a path. `.picture` may be set anew: placements and words stay.
    brand        a Brand or its folder; by default the studio's.
    placements   names; groups and platforms that are set mean all of theirs.
    fit          {placement: "crop" | "pad" | "outpaint"} where the choice is yours.
    layout_name  of a layout, "" for no words (`layout="headline"` sets it, too, when the panel is made; later `.layout` is what
                 ipywidgets means by it); texts, {slot: words}; language, of the words, such as "de"; copy_side, "left", "right",
                 "top", "bottom" or "".
    waive        {rule: reason} of what may pass, or {"placement: rule": reason}.
    selected     the placement looked at large; `safe`, whether safe areas are drawn; `search` and `only` ("error", "warning",
                 "waived" or ""), what is listed of placements and findings.
    label        True for "AI generated" on the pictures, or other words; alt, what the picture shows.
    archive, zipped, to     a copy with all papers; kit.zip; the folder.

    `.export()`, `.stop()` and `.wait()` do what the buttons do, `.call` is what `Studio.export` is called with. `.fits` has
    {placement: [method, reason, share to be painted]}; `.findings` a dict each ("sure": it holds whatever a model paints);
    `.stops` the sentence that says why nothing can be exported; and `.kit` the Kit that was written last. `.settled()` waits for
    previews and findings.
    """

    _esm = esm("export_panel")
    _css = css("export_panel")

    safe = traitlets.Bool(False).tag(sync=True)
    search = typed(traitlets.Unicode(""))
    only = traitlets.Unicode("").tag(sync=True)
    alt = traitlets.Unicode("").tag(sync=True)
    archive = traitlets.Bool(False).tag(sync=True)
    zipped = traitlets.Bool(True).tag(sync=True)
    to = traitlets.Unicode("out/export").tag(sync=True)
    files: Any = traitlets.List().tag(sync=True)
    _written = traitlets.Dict().tag(sync=True)
    _draft = traitlets.Unicode("").tag(sync=True)

    def __init__(self, studio: Studio, picture: object, brand: Given = None, **traits: Any) -> None:
        self._kit: Kit | None = None
        self._zip = b""
        super().__init__(studio, picture, brand, **traits)

    def _pictured(self) -> None:
        """The alt text that stands where none is written."""
        first = self.studio._shown(self._source)
        self._draft = draft(str(first.request.prompt)) if first is not None else ""

    @property
    def kit(self) -> Kit | None:
        """What was written last."""
        return self._kit

    @property
    def call(self) -> dict[str, Any]:
        """What `Studio.export` is called with, beside the picture."""
        call: dict[str, Any] = {"placements": list(self.placements), "to": self.to, "label": self.label, "alt": self.alt}
        call |= {"archive": self.archive, "zipped": self.zipped, "fit": self._fits()}
        return call | self._said() | ({"waive": self._waivers()} if self._carries else {})

    def export(self) -> Job:
        """Write the kit, in the background; `.wait()` waits for it, and `.kit` has it then.

        Raises InputError without a placement, and while earlier work of this widget goes on. Everything else that is wrong is told
        in `.error`.
        """
        if not self.placements:
            raise InputError("placements", [], "at least one placement")
        call, picture = self.call, self._of

        def work(stop: threading.Event) -> Kit:
            return self.studio.export(picture, progress=Steps(self), stop=stop, **call)  # type: ignore[arg-type]

        return self._ask("export", work)

    def _told(self, job: Job) -> None:
        with self.hold_sync():
            super()._told(job)
            if isinstance(job.value, Kit):  # also where Stop came too late
                self.state = DONE
                self._take(job.value)

    def _take(self, kit: Kit) -> None:
        self._kit, self._zip = kit, b""
        self.files = [
            {"placement": e.placement, "path": e.path, "bytes": e.bytes, "limit": e.byte_limit, "method": e.method,
             "kept": e.placement in kit.kept}
            for e in kit.entries
        ]  # fmt: skip
        self._written = {
            "folder": str(kit.folder), "page": str(kit.page), "total": sum(e.bytes for e in kit.entries),
            "zip": kit.zip.stat().st_size if kit.zip else 0, "archive": str(kit.archive or ""),
        }  # fmt: skip

    # -- what the page asks for ------------------------------------------------------------------------------------------

    def _on_export(self) -> None:
        self.export()

    def _on_zip(self, part: int) -> None:
        """A part of kit.zip. The page asks for one after the other: none is lost where messages may come too fast."""
        if part == 0 or not self._zip:
            path = self._kit.zip if self._kit is not None else None
            if path is None:
                raise InputError("zipped", self.zipped, "True before Export", "There is no kit.zip to download.")
            self._zip = path.read_bytes()
        parts = -(-len(self._zip) // _PART)
        if not isinstance(part, int) or not 0 <= part < parts:
            raise InputError("part", part, f"0 to {parts - 1}")
        data = self._zip[part * _PART : (part + 1) * _PART]
        self.tell("zip", [data], part=part, parts=parts, size=len(self._zip), name="kit.zip")
        if part == parts - 1:
            self._zip = b""

    # -- traits ----------------------------------------------------------------------------------------------------------

    @traitlets.validate("only")
    def _listed(self, proposal: Any) -> str:
        return str(one_of("only", proposal["value"], ("", "error", "warning", "waived")))

    @traitlets.validate("to")
    def _folder(self, proposal: Any) -> str:
        if not proposal["value"].strip():
            raise InputError("to", proposal["value"], "the path of a folder")
        return str(proposal["value"]).strip()

    # -- how it is shown -------------------------------------------------------------------------------------------------

    def still(self) -> Image.Image:
        """The contact sheet of what was written, or the previews, or the picture."""
        sheet = self._kit.folder / SHEET if self._kit is not None else Path()
        return open_image(sheet) if sheet.is_file() else super().still()

    def __repr__(self) -> str:
        done = f", {len(self.files)} files in {self._written['folder']}" if self.files else ""
        return f"ExportPanel({len(self.placements)} placements{done})"
