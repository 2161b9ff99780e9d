/* How a key is written on the screen: as on the key itself. */
"use strict";

const Signs = (() => {
  const DRAWN = { Enter: "↵", ArrowRight: "→", ArrowLeft: "←", ArrowDown: "↓", ArrowUp: "↑", " ": "␣" };

  /* As browsers name it. */
  const named = (key) => (key === "Space" ? " " : key);
  const of = (key) => DRAWN[named(key)] ?? key.toUpperCase();

  return { named, of };
})();
