"""What has left its place on the page: the window or its card, or over something else, or cut."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from tests.device.display.stage import FINISH, Stage

MISPLACED = """
const wrong = [];
const box = (e) => e.getBoundingClientRect();
const heard = (e) => e.offsetWidth === 1 || e.parentElement.offsetWidth === 1; // for ears alone
const seen = (e) => box(e).width > 0 && box(e).height > 0 && !heard(e);
const name = (e) => `${e.tagName}#${e.id}.${e.className} "${e.textContent.trim().slice(0, 20)}"`;
const inside = (inner, outer) => inner.left >= outer.left - 1 && inner.right <= outer.right + 1
  && inner.top >= outer.top - 1 && inner.bottom <= outer.bottom + 1;
const apart = (a, b) => a.right <= b.left + 1 || b.right <= a.left + 1
  || a.bottom <= b.top + 1 || b.bottom <= a.top + 1;
const all = (selector, root = document) => [...root.querySelectorAll(selector)].filter(seen);
const disjoint = (parts) => parts.forEach((a, n) => parts.slice(n + 1).forEach((b) => {
  if (!apart(box(a), box(b))) wrong.push(`${name(a)} and ${name(b)} overlap`);
}));
const window_ = { left: 0, top: 0, right: innerWidth, bottom: innerHeight };

const way = ".way > :not(.traveller)";
const ground = "#notice, #tools button, #ask, #choice, #languages button";
for (const e of all(`header > *, #rest > *, ${way}, .card, #credit, ${ground}`)) {
  if (!inside(box(e), window_)) wrong.push(`${name(e)} leaves the window`);
}
disjoint(all(`header > *, #rest > *, .card, #credit, ${ground}`));
disjoint(all(way));
for (const card of all(".card")) {
  for (const e of all(":not(.map svg *)", card)) { // a map is cut at its edges
    if (!inside(box(e), box(card))) wrong.push(`${name(e)} leaves its card`);
  }
  disjoint(all(".band > *, h2, .by, .why, .qr, .verdict", card));
  for (const e of all("h2, .text, .by, .why, li, .kind, .fact, .verdict", card)) {
    if (e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0) wrong.push(`${name(e)} is cut`);
  }
  const floor = box(card).bottom - 5 * innerHeight / 1080;
  for (const e of all("h2, .by, .why, .qr, .verdict", card)) {
    if (box(e).bottom > floor) wrong.push(`${name(e)} touches the edge`);
  }
  for (const e of all(".body, .text", card)) {
    if (e.scrollHeight > e.clientHeight + 1) wrong.push(`${name(e)} is cut`);
  }
}
const { scrollWidth, scrollHeight } = document.scrollingElement;
if (scrollWidth > innerWidth || scrollHeight > innerHeight) wrong.push("the page scrolls");
return wrong;
"""
"""Looks at the screen as it is; a line for each."""

DRAWN = """
const [screens, languages, done] = arguments;
const misplaced = () => { MISPLACED };
const finish = () => { FINISH };
const wrong = [];
(async () => {
  for (const code of languages ?? Phrases.offered.map((each) => each.code)) {
    await Phrases.load(code);
    for (const [text, chosen] of screens) {
      const view = View.decide({ connected: true, online: true, message: View.read(text, false) });
      Modes.draw(Phrases.of(code));
      Speech.offer(Phrases.of(code));
      Keys.draw([Phrases.of(code)], view.items.length === 0);
      Ask.draw([Phrases.of(code)]);
      Screen.draw(view, chosen, [Phrases.of(code)], false);
      finish();
      if (chosen !== null) { // its map comes with a frame
        await new Promise(requestAnimationFrame);
        await new Promise(requestAnimationFrame);
      }
      const screen = `${code} ${view.state} ${view.notice} ${chosen ?? view.items.length}`;
      wrong.push(...misplaced().map((what) => `${screen}: ${what}`));
    }
  }
  return wrong;
})().then(done, (error) => done([String(error)]));
""".replace("MISPLACED", MISPLACED).replace("FINISH", FINISH)


Screens = Iterable[tuple[dict[str, Any], str | None]]
"""Messages of suggestions, each with the id of the card that is opened."""


def misplaced_in_any_language(
    stage: Stage, screens: Screens, languages: Sequence[str] | None = None
) -> list[str]:
    """What leaves its place when these screens are drawn.

    languages: None means every language.
    """
    asked = [(json.dumps(said), chosen) for said, chosen in screens]
    found: list[str] = stage.driver.execute_async_script(DRAWN, asked, languages)
    return found
