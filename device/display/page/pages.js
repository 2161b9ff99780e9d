/* Lays cards on pages where the screen has no room for all of them at once, and leads from one page
   to the next.
   Guarantees: every card that was suggested is on a page; no page is fuller than its cards' needed
   text allows (fit.js), and pages are filled evenly; the button says which cards of how many are
   seen; what has been seen is known, so that the kiosk counts no other card as shown. */
"use strict";

const Pages = (() => {
  const MOST_ON_SMALL = 4; // whose layouts have no more

  const find = (selector) => document.querySelector(selector);
  let at = 0; // how many cards are before those that are seen
  let ids = []; // of all cards, in order
  const seen = new Set();

  /* All cards on as many pages, evenly. */
  function divided(items, count) {
    const size = Math.ceil(items.length / count);
    return Array.from({ length: Math.ceil(items.length / size) }, (_, n) => items.slice(n * size, (n + 1) * size));
  }

  /* The fewest pages on which all cards fit, by `fits`, which draws those of one page and says
     whether they do; a card that is alone has no more room anywhere. */
  function fitting(items, fits) {
    const most = document.documentElement.matches(".small, .narrow") ? MOST_ON_SMALL : items.length;
    for (let count = Math.ceil(items.length / most); count < items.length; count += 1) {
      const pages = divided(items, count);
      if (pages.length !== count) continue; // as full as those before
      find("#more").hidden = count === 1;
      if (pages.every(fits)) return pages;
    }
    find("#more").hidden = items.length === 1;
    return items.map((item) => [item]);
  }

  /* The page that a visitor is on stays while one of its cards does; cards that are all new begin
     with the first. */
  function follow(items) {
    const first = items.findIndex(({ id }) => id === ids[at]);
    if (first >= 0) at = first;
    else if (!items.some(({ id }) => ids.includes(id))) at = 0;
    ids = items.map(({ id }) => id);
    for (const id of seen) if (!ids.includes(id)) seen.delete(id);
  }

  /* Draws the page of these cards that is seen. `fits` as above. */
  function draw(items, words, fits) {
    follow(items);
    const pages = fitting(items, fits);
    const size = pages[0].length;
    const page = pages[Math.min(Math.floor(at / size), pages.length - 1)];
    at = items.indexOf(page[0]);
    if (pages.length > 1 || size === 1) fits(page); // else it has been drawn
    for (const { id } of page) seen.add(id);
    const [from, to] = [at + 1, at + page.length];
    const range = from === to ? `${from}` : `${from}–${to}`;
    find("#more .range").textContent = range;
    find("#more .all").textContent = items.length;
    find("#more").setAttribute("aria-label", `${words.keys.next}: ${range} / ${items.length}`);
  }

  /* None of these cards is seen, but the one that is opened: at rest, or below a list. */
  function leave(items, opened) {
    follow(items);
    if (opened !== null) seen.add(opened);
    find("#more").hidden = true;
  }

  /* The ids of the cards that have been seen since they came. */
  const shown = () => ids.filter((id) => seen.has(id));

  /* turned(): the next page is to be drawn, after the last the first; then its first card has the
     focus. */
  function open(turned) {
    find("#more").addEventListener("click", () => {
      const there = find("#cards").childElementCount;
      at = at + there < ids.length ? at + there : 0;
      turned();
      find(".choose").focus();
    });
  }

  return { draw, leave, shown, open };
})();
