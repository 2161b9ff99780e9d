/* The ways in which a visitor may have the page: larger text, and all of it low on the screen.
   Guarantees: each is one touch on every screen, and one touch back; resting brings the page back as
   it was; a mode that changes nothing on this screen is not offered. */
"use strict";

const Modes = (() => {
  const HELD_MS = 60000; // where the screen rests already
  const NAMES = ["large", "low"];

  const find = (selector) => document.querySelector(selector);
  const on = { large: false, low: false };
  let until = 0;

  /* Forgets what was chosen when the screen comes to rest, or a while after. began: whether it does
     so now. Whether something has changed. */
  function rest(began, now = performance.now()) {
    if (!NAMES.some((name) => on[name]) || !(began || now >= until)) return false;
    for (const name of NAMES) on[name] = false;
    return true;
  }

  function set() {
    Sizes.set(on);
    find("#large").hidden = !Sizes.grows();
    find("#low").hidden = !Sizes.reaches();
  }

  /* Sizes and buttons, in this language. */
  function draw(theirs) {
    set();
    for (const name of NAMES) {
      const button = find(`#${name}`);
      button.setAttribute("aria-pressed", String(on[name]));
      button.setAttribute("aria-label", theirs.tools[name]);
      button.title = theirs.tools[name];
    }
  }

  /* changed(): a mode has been touched. */
  function open(changed) {
    for (const name of NAMES) {
      find(`#${name}`).addEventListener("click", () => {
        on[name] = !on[name];
        until = performance.now() + HELD_MS;
        changed();
      });
    }
    addEventListener("resize", set); // before the screen is drawn again
    set();
  }

  return { open, draw, rest };
})();
