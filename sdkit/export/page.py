"""index.html of a kit: every placement on one page, with a switch that shows what each platform covers or cuts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import quote

from .placements import GROUPS, Placement, slug

if TYPE_CHECKING:
    from .bundle import Entry

MARK = '<meta name="generator" content="sdkit">'


@dataclass(frozen=True)
class Shown:
    """One card: the manifest's entry, its placement, and what the picture shows ("" for the prompt)."""

    entry: Entry
    placement: Placement
    alt: str = ""


def page(shown: Sequence[Shown], *, title: str = "Asset kit") -> str:
    """The page as text. Pictures by relative path; nothing from elsewhere; every word escaped; no script is needed."""
    groups = [g for g in GROUPS if any(s.placement.group == g for s in shown)]
    platforms: dict[str, list[Shown]] = {}
    for item in shown:
        platforms.setdefault(item.placement.platform, []).append(item)
    total = sum(s.entry.bytes for s in shown)
    prompts = list(dict.fromkeys(s.entry.prompt for s in shown if s.entry.prompt))
    lead = f'<p class="prompt">“{escape(prompts[0])}”</p>' if len(prompts) == 1 else ""
    choices = [("all", "All", len(shown))] + [(g, g.capitalize(), sum(s.placement.group == g for s in shown)) for g in groups]
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
{MARK}
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{escape(title)}</title>
<style>{_CSS}{hide}</style>
</head>
<body>
<header class="top">
<h1>{escape(title)}</h1>
<p class="sum">{noun} on {len(platforms)} platform{"s" * (len(platforms) != 1)}, {_size(total)}</p>
{lead}
</header>
<form class="bar" aria-label="What is shown" onsubmit="return false">
<fieldset><legend class="unseen">Group</legend>{radios}</fieldset>
<label class="switch"><input type="checkbox" role="switch" id="safe"><i aria-hidden="true"></i><span>Safe areas</span></label>
</form>
<p class="key" role="note">Hatched parts may be covered or cut by the platform. The dashed line bounds what is always seen.</p>
<main>{sections}</main>
<footer>Limits change: each card's details say where its figures come from and when they were checked.</footer>
</body>
</html>
"""


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
    alt = shown.alt or (f"{entry.prompt} ({p.title})" if entry.prompt else f"{p.platform}, {p.title}")
    share = min(entry.bytes / entry.byte_limit, 1)
    # A card is as wide as its picture needs: strips take a row, upright pictures stand side by side.
    if p.ratio < 2.4:
        basis = min(max(round(252 * p.ratio**0.5), 190), 330)
    else:
        basis = min(max(p.width + 30, 350), 1160 if p.ratio > 3.4 else 480)
    shown_width = min(p.width, round(420 * p.ratio)) if p.ratio < 1 else p.width
    facts = " ".join(
        part for part in (
            escape(p.note), f"Figures from {escape(p.source)}" if p.source else "Your own placement",
            f"checked {escape(p.checked_on)}" if p.checked_on else "", f"(confidence: {escape(p.confidence)})."
        ) if part
    )  # fmt: skip
    limit = f"{_size(entry.bytes)} of {_size(entry.byte_limit)}"
    return f"""
<figure class="card" data-groups="{p.group}" style="--basis:{basis}px">
<a class="frame" href="{quote(entry.path)}" style="aspect-ratio:{p.width}/{p.height};max-width:{shown_width}px">
<img src="{quote(entry.path)}" width="{p.width}" height="{p.height}" alt="{escape(alt, quote=True)}" loading="lazy" decoding="async">
{_overlay(p)}</a>
<figcaption>
<h3>{escape(p.title)} <span class="px">{p.width} × {p.height}</span></h3>
<p class="meter" title="{limit}"><span class="track"><span style="width:{max(share * 100, 1.5):.1f}%"></span></span>{limit}</p>
<p class="why"><span class="tag {entry.method}">{entry.method}</span> {escape(entry.reason)}</p>
<details><summary>Details</summary><p>{facts}</p><p><code>{escape(entry.path)}</code>{_made(entry)}</p></details>
</figcaption>
</figure>"""


def _made(entry: Entry) -> str:
    seed = "" if entry.seed is None else f"<br>Seed {entry.seed}"
    return seed + (f"<br>Enlarged by {escape(entry.upscaler)}" if entry.upscaler else "")


def _overlay(p: Placement) -> str:
    """The keep-out zones and the safe area's outline, in per cent of the picture; nothing where all of it is safe."""
    if not p.safe:
        return ""
    top, right = p.safe.top / p.height * 100, p.safe.right / p.width * 100
    bottom, left = p.safe.bottom / p.height * 100, p.safe.left / p.width * 100
    middle = f"top:{top:.3f}%;bottom:{bottom:.3f}%"
    zones = [
        f"left:0;right:0;top:0;height:{top:.3f}%" if top else "",
        f"left:0;right:0;bottom:0;height:{bottom:.3f}%" if bottom else "",
        f"{middle};left:0;width:{left:.3f}%" if left else "",
        f"{middle};right:0;width:{right:.3f}%" if right else "",
    ]
    out = "".join(f'<span class="keep" style="{zone}"></span>' for zone in zones if zone)
    out += f'<span class="safe" style="{middle};left:{left:.3f}%;right:{right:.3f}%"></span>'
    return f'<span class="areas" aria-hidden="true">{out}</span>'


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB".replace(".0 MB", " MB") if count >= 999_500 else f"{max(1, round(count / 1000))} KB"


_CSS = """
:root{--paper:#f7f6f3;--card:#fff;--ink:#1d1f23;--soft:#5f636b;--line:#e3e1db;--accent:#3454d1;--track:#e8e6e0;
--crop:#2f6f4f;--pad:#8a5a00;--outpaint:#5a3fb0;--shadow:0 1px 2px #0000000d,0 6px 20px -8px #0000001f}
@media (prefers-color-scheme:dark){:root{--paper:#16171a;--card:#1f2125;--ink:#eceae6;--soft:#a3a6ad;--line:#303339;
--accent:#8fa6ff;--track:#34373d;--crop:#7fcfa3;--pad:#e6b455;--outpaint:#b9a5ff;--shadow:0 1px 2px #0006}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;
-webkit-font-smoothing:antialiased}
.top,.bar,.key,main,footer{max-width:1240px;margin-inline:auto;padding-inline:clamp(16px,4vw,40px)}
.top{padding-top:clamp(28px,5vw,56px)}
h1{font-size:clamp(26px,4vw,38px);line-height:1.15;letter-spacing:-.02em;margin:0;font-weight:650;overflow-wrap:anywhere}
.sum{color:var(--soft);margin:6px 0 0}
.prompt{margin:14px 0 0;max-width:62ch;font-size:17px;overflow-wrap:anywhere}
.bar{position:sticky;top:0;z-index:3;display:flex;flex-wrap:wrap;gap:10px 24px;align-items:center;justify-content:space-between;
padding-block:14px;margin-top:14px;background:var(--paper)}
fieldset{border:0;margin:0;padding:0;display:flex;flex-wrap:wrap;gap:6px}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.bar input{position:absolute;opacity:0;width:1px;height:1px}
.bar label{cursor:pointer}
fieldset label span{display:block;padding:6px 14px;border:1px solid var(--line);border-radius:99px;background:var(--card)}
fieldset b{font-weight:400;color:var(--soft);margin-left:2px}
fieldset input:checked+span{background:var(--ink);border-color:var(--ink);color:var(--paper)}
fieldset input:checked+span b{color:inherit;opacity:.7}
.switch{display:flex;align-items:center;gap:10px;padding:6px 0}
.switch i{width:40px;height:24px;border-radius:99px;background:var(--soft);position:relative;transition:background .2s}
.switch i::after{content:"";position:absolute;top:3px;left:3px;width:18px;height:18px;border-radius:50%;background:#fff;
transition:translate .2s}
.switch input:checked+i{background:var(--accent)}
.switch input:checked+i::after{translate:16px}
.bar input:focus-visible+span,.bar input:focus-visible+i,a:focus-visible,
summary:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
.key{display:none;color:var(--soft);margin-block:0 4px}
body:has(#safe:checked) .key{display:block}
main{display:flex;flex-wrap:wrap;gap:0 40px}
section{padding-top:26px;flex:0 1 auto;max-width:100%}
h2{font-size:20px;letter-spacing:-.01em;margin:0 0 14px;padding-bottom:8px;border-bottom:1px solid var(--line);font-weight:620}
.cards{display:flex;flex-wrap:wrap;gap:20px;align-items:flex-start}
.card{margin:0;flex:0 1 var(--basis);min-width:min(100%,190px);background:var(--card);border:1px solid var(--line);
border-radius:14px;box-shadow:var(--shadow);padding:14px;max-width:100%}
.frame{display:block;position:relative;width:100%;margin-inline:auto;border-radius:6px;overflow:hidden;background:var(--track)}
.frame img{display:block;width:100%;height:100%;object-fit:cover}
.areas{position:absolute;inset:0;opacity:0;transition:opacity .2s;pointer-events:none}
body:has(#safe:checked) .areas{opacity:1}
.keep{position:absolute;background:repeating-linear-gradient(45deg,#d0103a8c 0 6px,#ffffff59 6px 12px)}
.safe{position:absolute;border:2px dashed #fff;outline:1px solid #0008;outline-offset:0}
figcaption{padding-top:12px}
h3{font-size:15px;margin:0;font-weight:620;display:flex;flex-wrap:wrap;justify-content:space-between;gap:0 12px}
.px{color:var(--soft);font-weight:400;font-variant-numeric:tabular-nums}
figcaption p{margin:8px 0 0}
.meter{display:flex;align-items:center;gap:10px;color:var(--soft);font-size:13px;font-variant-numeric:tabular-nums;white-space:nowrap}
.track{flex:1;height:4px;border-radius:4px;background:var(--track);overflow:hidden;max-width:220px}
.track span{display:block;height:100%;border-radius:4px;background:var(--accent)}
.why{font-size:14px;color:var(--soft);max-width:70ch;overflow-wrap:anywhere}
.tag{color:var(--ink);font-weight:620;margin-right:2px}
.tag::before{content:"";display:inline-block;width:8px;height:8px;border-radius:50%;margin-right:6px;background:var(--crop)}
.tag.pad::before{background:var(--pad)}.tag.outpaint::before{background:var(--outpaint)}
details{margin-top:8px;font-size:13px;color:var(--soft)}summary{cursor:pointer;width:max-content}
code{font-size:12px;overflow-wrap:anywhere}
footer{color:var(--soft);font-size:13px;padding-block:48px 56px}
@media (max-width:560px){.card{flex-basis:100%}}
@media (prefers-reduced-motion:reduce){*{transition:none!important}}
@media (forced-colors:active){.bar input:checked+span,.bar input:checked+i{outline:2px solid Highlight}}
@media print{.bar{display:none}.card{break-inside:avoid}}
"""

__all__ = ["MARK", "Shown", "page"]
