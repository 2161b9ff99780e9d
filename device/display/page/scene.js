/* What lies behind the resting screen: the operator's photographs of the place, else the streets
   around the kiosk, else hills.
   Guarantees: it moves for a moment every `STEP_MS` and stands still in between, so that a small
   board has nothing to draw; two photographs at most are held; one that cannot be loaded, or is so
   large that it would fill a small board's memory, is passed over; nobody who asks for less motion
   sees any. */
"use strict";

const Scene = (() => {
  const STEP_MS = 20000;
  const MOST_PIXELS = 12e6; // decoded: 48 MB; as device/display/photographs.py
  const ACROSS_M = 1500; // of the streets, on the longer side of the window
  const EARTH_M = 6371008.8;
  const METRES = (EARTH_M * Math.PI) / 180; // of a degree of latitude
  const RIPPLE = [{ opacity: 0.9, transform: "none" }, { opacity: 0, transform: "scale(5)" }];

  const find = (selector) => document.querySelector(selector);
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  let photographs = [];
  let next = 0;
  let streets = { lines: [], credits: [] };
  let shown = []; // what it is made of, as { credit }
  let drawn = "";
  let changed = () => {};

  function become(name, parts) {
    document.body.dataset.scene = name;
    shown = parts;
    if (document.body.dataset.state === "resting") changed();
  }

  /* Fades in the next photograph over the last one. */
  function turn() {
    if (!photographs.length || (photographs.length === 1 && find("#scene .on"))) return;
    const one = photographs[next % photographs.length];
    const image = new Image();
    image.alt = "";
    image.draggable = false;
    image.addEventListener("load", () => {
      if (image.naturalWidth * image.naturalHeight > MOST_PIXELS) pass(one);
      else show(image, one);
    });
    image.addEventListener("error", () => pass(one));
    image.src = `photographs/${one.path.split("/").map(encodeURIComponent).join("/")}`;
  }

  function show(image, one) {
    next += 1;
    const before = [...document.querySelectorAll("#scene img")];
    before.slice(0, -1).forEach((each) => each.remove()); // where nothing is drawn no fade ends
    find("#scene .photographs").append(image);
    image.getBoundingClientRect(); // begins the fade from nothing
    image.classList.add("on");
    const over = () => before.forEach((each) => each.remove());
    if (still.matches) over();
    else image.addEventListener("transitionend", over, { once: true });
    become("photographs", [one]);
  }

  function pass(one) {
    console.warn(`photograph: ${one.path} is not shown`);
    photographs = photographs.filter((each) => each !== one);
    if (photographs.length) turn();
    else if (!find("#scene .on")) land();
  }

  /* The streets, once; hills where there are none. */
  async function land() {
    streets = await Maps.streets();
    if (streets.lines.length && streets.here) become("streets", streets.credits.map((credit) => ({ credit })));
    else become("hills", []);
  }

  /* Where the kiosk is in the window: beside the heading, or above it where that is the whole width;
     on the side where no text begins. */
  function spot() {
    const [top, heading] = ["header", "#rest h1"].map((part) => find(part).getBoundingClientRect());
    const upright = innerWidth < innerHeight;
    const across = upright ? 0.7 : 0.81;
    const rtl = document.documentElement.dir === "rtl";
    const down = upright ? (top.bottom + heading.top) / 2 : heading.top + heading.height / 2;
    return [innerWidth * (rtl ? 1 - across : across), down];
  }

  /* Marks and names the place of the kiosk, unless that would stand in the words of the heading. */
  function mark(atX, atY) {
    const [spot, here] = ["#scene .spot", "#scene .here"].map(find);
    here.textContent = words.here;
    spot.style.translate = `${atX}px ${atY}px`;
    spot.hidden = here.hidden = false;
    const heading = document.createRange();
    heading.selectNodeContents(find("#rest h1"));
    const lines = [...heading.getClientRects()];
    const covers = (box) => lines.some((line) => box.left < line.right && box.right > line.left
      && box.top < line.bottom && box.bottom > line.top);
    const across = parseFloat(getComputedStyle(spot, "::before").width);
    here.hidden = covers(here.getBoundingClientRect());
    spot.hidden = covers(new DOMRect(atX - across / 2, atY - across / 2, across, across));
  }

  /* The space of the photographs: down to the line of the way, upright to the heading. */
  function horizon() {
    const parts = innerWidth < innerHeight ? ["#rest h1"] : ["#open", ".places", ".kinds", "footer"];
    const first = parts.map(find).find((part) => part.checkVisibility());
    find("#scene").style.setProperty("--horizon", `${first.getBoundingClientRect().top}px`);
  }

  /* Fits what is shown to the words on the screen. */
  function draw() {
    const { scene, state } = document.body.dataset;
    if (state !== "resting") return;
    if (scene === "photographs") horizon();
    if (scene === "streets") drawStreets();
  }

  /* Draws the streets into the canvas, where their place has changed: brightest around the kiosk. */
  function drawStreets() {
    const [width, height] = [innerWidth, innerHeight];
    const [atX, atY] = spot();
    mark(atX, atY);
    const key = JSON.stringify([width, height, Math.round(atX), Math.round(atY)]);
    if (key === drawn) return;
    drawn = key;
    const canvas = find("#scene canvas");
    const pen = canvas.getContext("2d");
    canvas.width = width * devicePixelRatio;
    canvas.height = height * devicePixelRatio;
    pen.scale(devicePixelRatio, devicePixelRatio);
    const [lat, lon] = streets.here;
    const zoom = Math.max(width, height) / ACROSS_M;
    const east = METRES * Math.cos((lat * Math.PI) / 180) * zoom;
    const place = ([y, x]) => [atX + (x - lon) * east, atY - (y - lat) * METRES * zoom];
    const far = getComputedStyle(document.documentElement).getPropertyValue("--far");
    const glow = pen.createRadialGradient(atX, atY, 0, atX, atY, Math.max(width, height) * 0.45);
    glow.addColorStop(0, far);
    glow.addColorStop(1, `${far}00`);
    pen.strokeStyle = glow;
    pen.lineWidth = Math.max(width, height) / 800;
    pen.lineJoin = "round";
    pen.beginPath();
    for (const line of streets.lines) {
      line.map(place).forEach(([x, y], n) => (n ? pen.lineTo(x, y) : pen.moveTo(x, y)));
    }
    pen.stroke();
  }

  function step() {
    const { body } = document;
    if (body.dataset.state !== "resting" || body.hasAttribute("data-night")) return;
    turn();
    if (still.matches) return;
    body.toggleAttribute("data-moved");
    find("#scene .spot b").animate(RIPPLE, { duration: 2400, easing: "ease-out" });
  }

  /* settings: as settings.js has them. onChange: called when it shows something else. */
  function open(settings, onChange) {
    changed = onChange;
    photographs = [...settings.photographs];
    if (photographs.length) turn();
    else requestIdleCallback(land, { timeout: 3000 });
    setInterval(step, STEP_MS);
  }

  return { open, draw, step, shown: () => shown };
})();
