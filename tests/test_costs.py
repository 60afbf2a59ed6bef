"""Costs: what was measured times what is stated, and every price with its source and date."""

import pandas as pd
import pytest
from PIL import Image

from sdkit import costs
from sdkit.errors import InputError
from sdkit.prompt import Prompt
from sdkit.request import Request
from sdkit.result import Made, Result


def result(seconds=3.6, device="cpu"):
    request = Request(prompt=Prompt.literal("a lemon"), size=(64, 64))
    return Result(Image.new("RGB", (8, 8)), request, Made("pocket", device=device), seconds)


def test_what_pictures_cost_here():
    prices = costs.load()
    cost = costs.of([result()] * 10, prices)
    assert (cost.images, cost.seconds, cost.watts) == (10, pytest.approx(36), pytest.approx(90))
    assert cost.kwh == pytest.approx(90 * 36 / 3_600_000) and cost.usd == pytest.approx(cost.kwh * 0.25)
    assert "estimate" in str(cost) and "90 W" in str(cost) and "0.25 US$ a kWh" in str(cost)
    mixed = costs.of([result(10, "cpu"), result(10, "cuda")], prices)
    assert mixed.watts == pytest.approx((90 + 350) / 2)
    assert costs.of([], prices).usd == 0
    assert costs.of([result()] * 2, prices, usd_each=lambda request: 0.04).usd == pytest.approx(0.08)


@pytest.mark.parametrize(
    ("device", "watts"), [("NVIDIA H100 80GB", 760), ("cuda:1", 350), ("Tesla T4", 130), ("mps", 60), ("abacus", 90)]
)
def test_watts_by_device(device, watts):
    assert costs.load().watts_of(device) == watts


def test_the_same_elsewhere():
    cost = costs.here(12, 3600)
    frame = costs.compare(cost)
    assert list(frame["usd"]) == sorted(frame["usd"]) and frame["source"].str.len().min() > 5
    by_name = frame.set_index("where")["usd"]
    assert by_name["Stability AI, Stable Image Ultra"] == pytest.approx(0.96)
    assert by_name["H100 by the hour"] == pytest.approx(2.5)
    assert "looked up 2026-" in costs.said(cost, "stability ai, stable image ultra") and "$0.96" in costs.said(
        cost, "Stability AI, Stable Image Ultra"
    )
    assert "from memory" in costs.said(cost, "T4 in the cloud")
    with pytest.raises(InputError, match="Stability"):
        costs.load().price("Stability AI, Stable Image Ulta")


def test_the_shipped_table_is_dated_and_sourced():
    for price in costs.load().elsewhere:
        assert price.source and price.checked_on and price.usd > 0, price.name
        assert price.confidence == "low" or "remembered" not in price.source


def test_ones_own_prices(tmp_path):
    (tmp_path / "prices.toml").write_text("""
[electricity]
usd_per_kwh = 0.5
[[hardware]]
pattern = "cpu*"
watts = 45
[[service]]
name = "Our printer"
usd_per_image = 1
checked_on = "2026-01-01"
[[service]]
name = "Stability AI, Stable Image Ultra"
usd_per_image = 0.07
checked_on = "2026-01-01"
""")
    prices = costs.load(tmp_path)
    assert costs.here(1, 3600, "cpu", prices).usd == pytest.approx(0.0225)
    assert prices.price("our printer").usd == 1 and prices.price("Stability AI, Stable Image Ultra").usd == 0.07
    assert costs.load().usd_per_kwh == 0.25


@pytest.mark.parametrize(
    "text", ["[", "[electricity]\nusd_per_kwh=-1", "[[service]]\nname='x'", "[[service]]\nname='x'\nusd_per_image=1"]
)
def test_a_broken_table_is_named(tmp_path, text):
    (tmp_path / "prices.toml").write_text(text)
    with pytest.raises(InputError):
        costs.load(tmp_path)


@pytest.mark.parametrize(
    ("usd", "said"), [(0, "$0.00"), (1.5, "$1.50"), (0.01, "$0.01"), (0.0042, "$0.0042"), (0.00000123, "$0.0000012")]
)
def test_money(usd, said):
    assert costs.money(usd) == said


def test_a_ledger_of_experiments():
    frame = pd.DataFrame({"seconds": [3600.0, 0.0], "device": ["cpu", "cuda"]})
    assert list(costs.ledger(frame)["kwh"]) == [0.09, 0.0]
    with pytest.raises(InputError, match="device"):
        costs.ledger(frame[["seconds"]])
