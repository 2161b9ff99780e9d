/* The cleaning lock: a finger that is held in the upper left corner makes touches do nothing for a
   while, so that the screen can be wiped.
   Guarantees: it ends by itself; keys and buttons go on working, and the notice stays on the screen;
   the touch that begins it does nothing else. */
"use strict";

const Lock = (() => {
  const HELD_MS = 2000;
  const LOCKED_MS = 30000;
  const TICK_MS = 250;
  const CORNER = 0.06; // of the diagonal
  const BLOCKED = ["pointerdown", "pointerup", "click", "dblclick", "touchstart", "touchend"];

  const find = (selector) => document.querySelector(selector);
  let until = 0;
  let timer = null;

  const cornered = ({ clientX, clientY }) => (
    Math.max(clientX, clientY) < CORNER * Math.hypot(innerWidth, innerHeight));

  /* Shows how long it still lasts; now: milliseconds, as of `performance.now`. */
  function draw(now = performance.now()) {
    const left = Math.max(0, Math.ceil((until - now) / 1000));
    const on = left > 0;
    const told = on ? words.cleaning : "";
    find("#lock").classList.toggle("on", on);
    find("#lock .seconds").textContent = on ? String(left) : "";
    if (find("#lock [role=status]").textContent !== told) find("#lock [role=status]").textContent = told;
    if (!on) until = 0;
  }

  /* A click that a key has made has no pointer. */
  function block(event) {
    if (!until || (event.type === "click" && event.pointerType === "")) return;
    event.stopImmediatePropagation();
    event.preventDefault();
  }

  function begin() {
    until = performance.now() + LOCKED_MS;
    draw();
  }

  function release() {
    clearTimeout(timer);
    timer = null;
  }

  function open() {
    for (const name of BLOCKED) addEventListener(name, block, { capture: true, passive: false });
    addEventListener("pointerdown", (event) => {
      release();
      if (!cornered(event)) return;
      timer = setTimeout(begin, HELD_MS);
    });
    for (const name of ["pointerup", "pointercancel"]) addEventListener(name, release, true);
    addEventListener("pointermove", (event) => { if (!cornered(event)) release(); });
    setInterval(() => { if (until) draw(); }, TICK_MS);
  }

  return { open, begin, draw };
})();
