"""What pictures cost: seconds, energy and money here, and what a rented machine or a service would ask. From a dated table.

Money is US dollars throughout: the table says no other, and nothing is converted.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .data import folder
from .errors import InputError, near
from .request import Request, real
from .result import Result

if TYPE_CHECKING:
    import pandas as pd

FILE = "prices.toml"
_CONFIDENCE = ("high", "medium", "low")
_ESTIMATED = {"high": "", "medium": " (by another's account)", "low": " (from memory: look again)"}


@dataclass(frozen=True)
class Price:
    """One price. usd by the `unit` "image" or "hour"; confidence "high", "medium" or "low" (from memory)."""

    name: str
    usd: float
    unit: str
    source: str = ""
    checked_on: str = ""
    confidence: str = "low"
    note: str = ""

    def of(self, images: int, seconds: float) -> float:
        """US dollars of so many pictures that take so long in all."""
        return self.usd * (images if self.unit == "image" else seconds / 3600)

    @property
    def stale(self) -> bool:
        """Whether it was looked up over a year ago."""
        return date.today().toordinal() - date.fromisoformat(self.checked_on).toordinal() > 365


@dataclass(frozen=True)
class Prices:
    """The table. watts: (pattern, watts) of devices, tried in order."""

    usd_per_kwh: float
    watts: tuple[tuple[str, float], ...] = field(repr=False)
    elsewhere: tuple[Price, ...] = field(repr=False)

    def price(self, name: str) -> Price:
        """The price of that name. Raises InputError that lists near names."""
        for one in self.elsewhere:
            if one.name.lower() == name.strip().lower():
                return one
        raise InputError("price", name, "a machine or service of the table", near(name, (p.name for p in self.elsewhere)))

    def watts_of(self, device: str) -> float:
        """What a device is taken to draw, by its name or kind; that of "cpu" where it is not known."""
        patterns = dict(self.watts)
        return next(
            (w for pattern, w in self.watts if fnmatchcase(device.lower(), pattern.lower())), patterns.get("cpu*", 90.0)
        )


@dataclass(frozen=True)
class Cost:
    """What pictures cost on the machine that made them, estimated.

    images, seconds   as measured; kwh, usd   from the watts and the price of electricity that are stated.
    """

    images: int
    seconds: float
    watts: float
    usd_per_kwh: float
    usd_each: float | None = None

    @property
    def kwh(self) -> float:
        """Kilowatt-hours."""
        return self.watts * self.seconds / 3_600_000

    @property
    def usd(self) -> float:
        """US dollars: the electricity, or the service's price where a service made them."""
        return self.kwh * self.usd_per_kwh if self.usd_each is None else self.usd_each * self.images

    def __str__(self) -> str:
        noun = f"{self.images} picture{'s' * (self.images != 1)}, {self.seconds:.0f} s"
        if self.usd_each is not None:
            return f"{noun}: {money(self.usd)} at {money(self.usd_each)} a picture."
        how = f"{self.kwh * 1000:.2f} Wh at {self.watts:.0f} W, {self.usd_per_kwh:g} US$ a kWh; the machine itself not counted"
        return f"{noun}: {money(self.usd)} of electricity here (estimate: {how})."


def load(own: str | os.PathLike[str] | None = None) -> Prices:
    """The table, with one's own prices.toml (or the folder of it) laid over it. Raises InputError for a broken one."""
    data = _read(folder("templates") / FILE)
    if own is not None:
        path = Path(own) / FILE if Path(own).is_dir() else Path(own)
        if path.is_file() or not Path(own).is_dir():
            more = _read(path)
            data = {
                "electricity": {**data["electricity"], **more.get("electricity", {})},
                **{kind: [*more.get(kind, []), *data[kind]] for kind in ("hardware", "machine", "service")},
            }
    try:
        watts = tuple((str(one["pattern"]), real("watts", one["watts"], 0.0, 1e6)) for one in data["hardware"])
        kwh = real("electricity.usd_per_kwh", data["electricity"]["usd_per_kwh"], 0.0, 100.0)
        prices = [_price(one, "hour") for one in data["machine"]] + [_price(one, "image") for one in data["service"]]
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError("prices", str(error), "a prices.toml with electricity, hardware, machine and service") from error
    return Prices(kwh, watts, tuple({p.name.lower(): p for p in reversed(prices)}.values())[::-1])


def of(results: Iterable[Result], prices: Prices | None = None, usd_each: Callable[[Request], float] | None = None) -> Cost:
    """What these pictures cost. usd_each, a service's own price of a Request, where one made them."""
    results, prices = list(results), prices or load()
    seconds = sum(r.seconds for r in results)
    # Several machines: each second at the watts of its own.
    watts = sum(r.seconds * prices.watts_of(r.made.device) for r in results) / seconds if seconds else 0.0
    each = sum(map(usd_each, (r.request for r in results))) / len(results) if usd_each and results else None
    return Cost(len(results), seconds, watts, prices.usd_per_kwh, each)


def here(images: int, seconds: float, device: str = "cpu", prices: Prices | None = None) -> Cost:
    """What so many pictures that take so many seconds in all will cost on this device."""
    prices = prices or load()
    return Cost(images, real("seconds", seconds, 0.0, 1e12), prices.watts_of(device), prices.usd_per_kwh)


def compare(cost: Cost, prices: Prices | None = None) -> pd.DataFrame:
    """The same pictures elsewhere: one row a service or machine, cheapest first, with the source of each price.

    A machine by the hour is taken to need the seconds that they took here, so a faster one costs less than it says.
    """
    import pandas as pd

    prices = prices or load()
    rows: list[dict[str, Any]] = [
        {
            "where": "here, electricity alone",
            "usd": cost.usd,
            "unit": "kWh",
            "confidence": "low",
            "checked_on": "",
            "source": str(cost),
        }
    ]
    rows += [
        {
            "where": p.name, "usd": p.of(cost.images, cost.seconds), "unit": p.unit, "confidence": p.confidence,
            "checked_on": p.checked_on, "source": "; ".join(filter(None, (p.note, p.source))),
        }
        for p in prices.elsewhere
    ]  # fmt: skip
    return pd.DataFrame(rows).sort_values("usd", ignore_index=True)


def said(cost: Cost, name: str, prices: Prices | None = None) -> str:
    """ "12 pictures, 14 s: $0.0001 of electricity here (...). By NAME: $0.96 (...)." """
    price = (prices or load()).price(name)
    there = f"{money(price.of(cost.images, cost.seconds))}{_ESTIMATED[price.confidence]}, looked up {price.checked_on}"
    return f"{cost} By {price.name}: {there}."


def money(usd: float) -> str:
    """ "$1.20"; what is less than a cent with two digits that say something: "$0.00012"."""
    if usd == 0 or usd >= 0.01:
        return f"${usd:.2f}"
    return f"${usd:.{max(4, 1 - int(f'{usd:e}'.partition('e')[2]))}f}"


def ledger(frame: pd.DataFrame, prices: Prices | None = None) -> pd.DataFrame:
    """The experiments' table with two columns more: kwh and usd, estimated from its `seconds` and `device`."""
    prices = prices or load()
    missing = {"seconds", "device"} - set(frame.columns)
    if missing:
        raise InputError(
            "frame", sorted(missing)[0], "a table with the columns seconds and device, as experiments.frame() gives it"
        )
    kwh = [prices.watts_of(str(d)) * s / 3_600_000 for d, s in zip(frame["device"], frame["seconds"], strict=True)]
    return frame.assign(kwh=kwh, usd=[one * prices.usd_per_kwh for one in kwh])


def _price(one: Mapping[str, Any], unit: str) -> Price:
    name, confidence, day = str(one["name"]), one.get("confidence", "low"), one.get("checked_on", "")
    usd = real(f"prices: {name}", one[f"usd_per_{unit}"], 0.0, 1e6)
    try:
        date.fromisoformat(day)
    except (ValueError, TypeError):
        raise InputError(f"prices: {name}: checked_on", day, "a date, YYYY-MM-DD") from None
    if confidence not in _CONFIDENCE:
        raise InputError(f"prices: {name}: confidence", confidence, ", ".join(map(repr, _CONFIDENCE)))
    return Price(name, usd, unit, str(one.get("source", "")), day, confidence, str(one.get("note", "")))


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise InputError("prices", str(path), f"a readable TOML file ({error.strerror or error})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError("prices", str(path), f"a TOML file ({error})") from error


__all__ = ["Cost", "Price", "Prices", "compare", "here", "ledger", "load", "money", "of", "said"]
