/* Tells that somebody has touched the code of a card, once while the card is there. A phone that
   reads a code leaves no trace on the kiosk; a finger that points at it does. */
"use strict";

const Scans = (() => {
  const told = new Set(); // ids of items

  function touches(svg, { clientX: x, clientY: y }) {
    const box = svg.getBoundingClientRect();
    return x >= box.left && x <= box.right && y >= box.top && y <= box.bottom;
  }

  /* By its place, since the button that opens a card lies over the code; before that opens it. */
  function watch(card, id, tell) {
    card.addEventListener("click", (event) => {
      const codes = [...card.querySelectorAll(".qr svg")];
      if (told.has(id) || !codes.some((code) => touches(code, event))) return;
      told.add(id);
      tell(id);
    }, true);
  }

  /* Of cards that have gone. */
  function forget(ids) {
    for (const id of ids) told.delete(id);
  }

  return { watch, forget };
})();
