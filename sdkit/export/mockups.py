"""How pictures of a kit sit in a feed, a story, a profile, a chat, an article, a mail: drawn in CSS, of no platform's design."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

from .placements import Placement
from .shown import Shown, overlay, picture

_HEART = '<svg viewBox="0 0 24 24"><path d="M12 20s-7.5-4.6-7.5-10A4.2 4.2 0 0 1 12 7.4 4.2 4.2 0 0 1 19.5 10c0 5.4-7.5 10-7.5 10z"/></svg>'
_TALK = '<svg viewBox="0 0 24 24"><path d="M20 11.5a8 8 0 0 1-11.6 7.1L4 20l1.4-4.4A8 8 0 1 1 20 11.5z"/></svg>'
_SEND = '<svg viewBox="0 0 24 24"><path d="M21 4 10.5 14.5M21 4l-6.5 17-4-7.5L3 9.5z"/></svg>'
_KEEP = '<svg viewBox="0 0 24 24"><path d="M6 4h12v16l-6-4.5L6 20z"/></svg>'
_PHONE, _WIDE = ("Feed", "Story"), ("Profile header", "Ad in an article")
_WHO = '<div class="who" aria-hidden="true"><span class="face"></span><span class="lines"><i></i><i></i></span></div>'
_TEXT = '<span class="lines text" aria-hidden="true"><i></i><i></i><i></i></span>'
_DOTS = '<div class="dots" aria-hidden="true"><i></i><i></i><i></i></div>'


@dataclass(frozen=True)
class _Kind:
    """A mock-up: its name, the placements it is best shown with, what others will do, and how it is drawn."""

    name: str
    best: tuple[str, ...]
    fits: Callable[[Placement], bool]
    draw: Callable[[str, str], str]


def mockups(shown: Sequence[Shown]) -> str:
    """A section with one mock-up of each kind that the kit has a picture for; "" where it has none."""
    phones: list[str] = []
    screens: list[str] = []
    for kind in _KINDS:
        found = [s for name in kind.best for s in shown if s.placement.name == name]
        found = found or [s for s in shown if kind.fits(s.placement)]
        if found:
            one = found[0]
            p = one.placement
            shape = "" if kind.name == "Story" else f' style="aspect-ratio:{p.width}/{p.height}"'
            shot = f'<span class="shot"{shape}>{picture(one)}{overlay(p)}'
            caption = f"{escape(p.platform)}: {escape(p.title)}, {p.width} × {p.height}"
            wide = " wide" * (kind.name in _WIDE)
            figure = f'<figure class="mock{wide}">{kind.draw(shot, "</span>")}<figcaption><b>{kind.name}</b>{caption}</figcaption></figure>'
            (phones if kind.name in _PHONE or (phones and kind.draw is _article) else screens).append(figure)
    if not phones and not screens:
        return ""
    stage = "".join(
        f'<div class="{name}">{"".join(figures)}</div>'
        for name, figures in (("phones", phones), ("screens", screens))
        if figures
    )
    return (
        '<section class="mocks" aria-labelledby="mocks"><h2 id="mocks">How it will sit</h2>'
        f'<div class="stage">{stage}</div></section>'
    )


def _feed(shot: str, end: str) -> str:
    icons = f'<div class="icons" aria-hidden="true">{_HEART}{_TALK}{_SEND}{_KEEP}</div>'
    return f'<div class="phone feed">{_WHO}{shot}{end}{icons}<div class="below">{_TEXT}</div></div>'


def _story(shot: str, end: str) -> str:
    ui = (
        f'<span class="ui" aria-hidden="true"><span class="bars"><i></i><i></i><i></i></span>{_WHO}'
        f'<span class="reply"><i></i>{_HEART}{_SEND}</span></span>'
    )
    return f'<div class="phone story">{shot}{ui}{end}</div>'


def _profile(shot: str, end: str) -> str:
    lines = '<span class="lines" aria-hidden="true"><i></i><i></i></span>'
    face = '<span class="face" aria-hidden="true"></span>'
    return f'<div class="tab">{_DOTS}{shot}{end}<div class="profile">{face}{lines}</div></div>'


def _link(shot: str, end: str) -> str:
    lines = '<span class="lines" aria-hidden="true"><i></i><i></i></span>'
    return f'<div class="tab">{_DOTS}<div class="bubble">{shot}{end}{lines}</div></div>'


def _article(shot: str, end: str) -> str:
    text = f'<span class="lines text" aria-hidden="true">{"<i></i>" * 11}</span>'
    return f'<div class="tab">{_DOTS}<div class="article">{text}<div><p class="note">Advertisement</p>{shot}{end}</div></div></div>'


def _mail(shot: str, end: str) -> str:
    return f'<div class="tab">{_DOTS}<div class="mail">{shot}{end}{_TEXT}</div></div>'


_KINDS = (
    _Kind(
        "Feed", ("instagram-portrait", "instagram-square", "facebook-feed", "threads-post"),
        lambda p: p.group in ("social", "ads") and 0.7 < p.ratio < 1.1 and p.width >= 600, _feed,
    ),
    _Kind("Story", ("instagram-story", "facebook-story", "instagram-reel", "tiktok-video"), lambda p: abs(p.ratio - 9 / 16) < 0.01, _story),
    _Kind(
        "Profile header", ("linkedin-page-cover", "x-header", "facebook-cover", "linkedin-profile-cover"),
        lambda p: p.group == "social" and 2.4 < p.ratio < 8, _profile,
    ),
    _Kind("Link in a chat", ("open-graph",), lambda p: 1.85 < p.ratio < 1.95 and p.width >= 600, _link),
    _Kind("Mail", ("email-header-2x", "email-header"), lambda p: p.group == "email", _mail),
    _Kind(
        "Ad in an article", ("iab-medium-rectangle-300x250", "google-medium-rectangle-300x250", "google-large-rectangle-336x280"),
        lambda p: False, _article,
    ),
)  # fmt: skip


__all__ = ["mockups"]
