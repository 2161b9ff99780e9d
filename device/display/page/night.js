/* The screen outside its hours: black, where the kiosk cannot switch it off.
   Guarantees: a black page shows no notice, so that no camera opens; a page that has lost its kiosk is
   not black, so that somebody sees that it has. */
"use strict";

const Night = (() => {
  let on = true;

  function hear(payload) {
    try {
      on = JSON.parse(payload)?.on !== false;
    } catch {
      on = true;
    }
  }

  /* there: whether the kiosk is. Whether the page has become black, or is seen again. */
  function fall(there) {
    const dark = there && !on;
    const { body } = document;
    if (body.hasAttribute("data-night") === dark) return false;
    body.toggleAttribute("data-night", dark);
    return true;
  }

  return { hear, fall };
})();
