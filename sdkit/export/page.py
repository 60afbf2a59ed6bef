"""index.html of a kit: every placement on one page, mock-ups, and a switch that shows what each platform covers or cuts."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from html import escape
from pathlib import Path
from urllib.parse import quote

from .encode import POOR
from .entry import Entry
from .mockups import mockups
from .placements import GROUPS, Placement, slug
from .shown import Shown, overlay, picture, size
from .xmp import COMPOSITE, ENHANCED, GENERATED

MARK = '<meta name="generator" content="sdkit">'
# Pictures and styles of the kit's own, and nothing else: no script runs, nothing is fetched, nothing is sent.
_POLICY = "default-src 'none'; img-src 'self' file: data:; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'"
_AI = {
    GENERATED: "made by a model", COMPOSITE: "photograph with a part painted by a model", ENHANCED: "photograph enlarged by a model",
}  # fmt: skip


def page(shown: Sequence[Shown], *, title: str = "Asset kit", rights: str = "") -> str:
    """The page as text. Pictures by relative path; nothing from elsewhere; every word escaped; no script is needed.

    rights   the licence verdict, in a sentence or two.
    """
    groups = [g for g in GROUPS if any(s.placement.group == g for s in shown)]
    platforms: dict[str, list[Shown]] = {}
    for item in shown:
        platforms.setdefault(item.placement.platform, []).append(item)
    total = sum(s.entry.bytes for s in shown)
    prompts = list(dict.fromkeys(s.entry.prompt for s in shown if s.entry.prompt))
    lead = f'<p class="prompt" dir="auto">“{escape(prompts[0])}”</p>' if len(prompts) == 1 else ""
    choices = [("all", "All", len(shown))]
    choices += [(g, g.replace("-", " ").capitalize(), sum(s.placement.group == g for s in shown)) for g in groups]
    radios = "".join(
        f'<label><input type="radio" name="group" id="g-{g}"{" checked" * (g == "all")}><span>{text} <b>{n}</b></span></label>'
        for g, text, n in choices
    )
    hide = "".join(f"body:has(#g-{g}:checked) [data-groups]:not([data-groups~={g}]){{display:none}}" for g in groups)
    sections = "".join(_section(name, items) for name, items in platforms.items())
    noun = f"{len(shown)} placement{'s' * (len(shown) != 1)}"
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
{MARK}
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{escape(title)}</title>
<style>{_css()}{hide}</style>
</head>
<body>
<header class="top">
<h1 dir="auto">{escape(title)}</h1>
<p class="sum">{noun} on {len(platforms)} platform{"s" * (len(platforms) != 1)}, {size(total)}</p>
{lead}
{_facts(shown, rights)}
</header>
<div class="bar" role="group" aria-label="What is shown">
<fieldset><legend class="unseen">Group</legend>{radios}</fieldset>
<label class="switch"><input type="checkbox" role="switch" id="safe"><i aria-hidden="true"></i><span>Safe areas</span></label>
</div>
<p class="key" role="note">Hatched parts may be covered or cut by the platform. The dashed line bounds what is always seen.</p>
<main>{mockups(shown)}{sections}</main>
<footer>Limits change: each card's details say where its figures come from and when they were checked. The mock-ups show how a
picture sits, not any platform's own design.</footer>
</body>
</html>
"""


def _facts(shown: Sequence[Shown], rights: str) -> str:
    """What holds for all of the kit: alt texts to look at, the AI mark, the licence, what else is in the folder."""
    drafts = sum(not s.entry.alt_edited for s in shown)
    marked, signed = sum(bool(s.entry.source) for s in shown), sum(s.entry.signed for s in shown)
    said = (
        f"{drafts} of {len(shown)} are drafts: edit <a href='alt.csv'>alt.csv</a> and export again" if drafts else "all edited"
    )
    facts = [f"<b>Alt texts</b> {said}"]
    all_of = f"{marked} of {len(shown)} files"
    if marked:
        facts.append(f"<b>AI content</b> marked in {'every file' if marked == len(shown) else all_of}")
    if signed:
        facts.append(f"<b>Content credentials</b> signed in {signed} of {len(shown)} files")
    found = [one for s in shown for one in s.entry.findings]
    if found:
        waived = [one for one in found if one.waived]
        reasons = "; ".join(f"{rule}: {why}" for rule, why in dict.fromkeys((one.rule, one.waived) for one in waived))
        let = f", {len(waived)} let pass ({escape(reasons)})" if waived else ""
        facts.append(f"<b>Brand rules</b> {len(found)} finding{'s' * (len(found) != 1)}{let}")
    costs = {s.entry.cost for s in shown if s.entry.cost is not None}
    if costs:
        dear = max(costs)
        facts.append(f"<b>Made for</b> {f'about ${dear:.2f}' if dear >= 0.01 else 'less than a cent'}")
    facts.append("<a href='contact-sheet.jpg'>Contact sheet</a>")
    verdict = f'<li class="verdict" dir="auto"><b>Rights</b> {escape(rights)}</li>' if rights else ""
    return f'<ul class="facts">{"".join(f"<li>{fact}</li>" for fact in facts)}{verdict}</ul>'


def _section(platform: str, items: Sequence[Shown]) -> str:
    groups = " ".join(dict.fromkeys(s.placement.group for s in items))
    cards = "".join(_card(s) for s in items)
    name = slug(platform)
    return (
        f'<section data-groups="{groups}" aria-labelledby="p-{name}"><h2 id="p-{name}">{escape(platform)}</h2>'
        f'<div class="cards">{cards}</div></section>'
    )


def _card(shown: Shown) -> str:
    entry, p = shown.entry, shown.placement
    share = min(entry.bytes / entry.byte_limit, 1)
    # A card is as wide as its picture needs: strips take a row, upright pictures stand side by side.
    if p.ratio < 2.4:
        basis = min(max(round(252 * p.ratio**0.5), 190), 330)
    else:
        basis = min(max(p.width + 30, 350), 1160 if p.ratio > 3.4 else 480)
    shown_width = min(p.width, round(420 * p.ratio)) if p.ratio < 1 else p.width
    limit = f"{size(entry.bytes)} of {size(entry.byte_limit)}"
    return f"""
<figure class="card" data-groups="{p.group}" style="--basis:{basis}px">
<a class="frame" href="{quote(entry.path)}" style="aspect-ratio:{p.width}/{p.height};max-width:{shown_width}px">
{picture(shown)}
{overlay(p)}</a>
<figcaption>
<h3>{escape(p.title)} <span class="px">{p.width} × {p.height}</span></h3>
<p class="meter" title="{limit}"><span class="track"><span style="width:{max(share * 100, 1.5):.1f}%"></span></span>{limit}</p>
<p class="why"><span class="tag {entry.method}">{entry.method}</span> {escape(entry.reason)}</p>
{_warning(entry)}<details><summary>Details</summary>{_details(entry, p)}</details>
</figcaption>
</figure>"""


def _warning(entry: Entry) -> str:
    if entry.format == "PNG" or not 0 < entry.quality < POOR:
        return ""
    words = f"Visibly compressed: only quality {entry.quality} stays under {size(entry.byte_limit)}."
    return f'<p class="warn">{words} A plainer picture would look better here.</p>\n'


def _details(entry: Entry, p: Placement) -> str:
    quality = f"{entry.format} {entry.colour if entry.format == 'PNG' else f'quality {entry.quality}, {entry.colour}'}".strip(
        " ,"
    )
    figures = " ".join(
        part for part in (
            p.note, f"Figures from {p.source}" if p.source else "Your own placement",
            f"checked {p.checked_on}" if p.checked_on else "", f"(confidence: {p.confidence}).",
        ) if part
    )  # fmt: skip
    rows = [
        ("Alt text", f"{entry.alt} ({'edited' if entry.alt_edited else 'draft'})" if entry.alt else ""),
        ("AI mark", _AI.get(entry.source, entry.source)),
        ("Label", entry.label),
        ("Findings", "; ".join(map(str, entry.findings))),
        ("Licence", entry.licence),
        ("Signed", "with content credentials (C2PA)" if entry.signed else ""),
        ("File", entry.path),
        ("Encoded", f"{quality}, SSIM {entry.likeness:.3f}" if entry.likeness is not None else quality if entry.format else ""),
        ("Seed", "" if entry.seed is None else str(entry.seed)),
        ("Enlarged by", entry.upscaler),
        ("Placement", figures),
    ]
    return "<dl>" + "".join(f'<dt>{k}</dt><dd dir="auto">{escape(v)}</dd>' for k, v in rows if v) + "</dl>"


@cache
def _css() -> str:
    return Path(__file__).with_name("page.css").read_text("utf-8")


__all__ = ["MARK", "page"]
