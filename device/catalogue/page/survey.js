"use strict";
/* The map of a catalogue: zoom by wheel, buttons and keys, move by drag, dots by arrow keys, and a
   scale bar. Without it the map is whole, and a dot still tells its title when pointed at. */
(() => {
  const map = document.getElementById("map");
  if (!map) return;
  const [, , WIDTH, HEIGHT] = map.getAttribute("viewBox").split(" ").map(Number);
  const METRES = Number(map.dataset.metres), CLOSEST = 40;
  const told = document.getElementById("told");
  const bar = document.querySelector(".scale i"), says = document.querySelector(".scale span");
  let view = { x: 0, y: 0, zoom: 1 };

  function nice(most) {
    const power = 10 ** Math.floor(Math.log10(most));
    return [5, 2, 1].map((step) => step * power).find((step) => step <= most * 1.000001);
  }

  function show() {
    view.zoom = Math.min(CLOSEST, Math.max(1, view.zoom));
    const width = WIDTH / view.zoom, height = HEIGHT / view.zoom;
    view.x = Math.min(WIDTH - width, Math.max(0, view.x));
    view.y = Math.min(HEIGHT - height, Math.max(0, view.y));
    map.setAttribute("viewBox", `${view.x} ${view.y} ${width} ${height}`);
    map.style.setProperty("--dot", `${3.2 / view.zoom ** 0.8}px`);
    map.style.setProperty("--k", 1 / view.zoom);
    const pixel = METRES * width / map.clientWidth, metres = nice(pixel * map.clientWidth / 5);
    bar.style.width = `${metres / pixel}px`;
    says.textContent = metres < 1000 ? `${metres} m` : `${metres / 1000} km`;
  }

  /* Zoom so that a point of the map, in shares of its width and height, stays where it is. */
  function zoom(by, x = 0.5, y = 0.5) {
    const before = view.zoom;
    view.zoom = Math.min(CLOSEST, Math.max(1, before * by));
    view.x += x * WIDTH * (1 / before - 1 / view.zoom);
    view.y += y * HEIGHT * (1 / before - 1 / view.zoom);
    show();
  }

  map.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && document.activeElement !== map) return;  // else the page scrolls
    event.preventDefault();
    const box = map.getBoundingClientRect();
    zoom(2 ** (-event.deltaY / 300), (event.clientX - box.x) / box.width, (event.clientY - box.y) / box.height);
  }, { passive: false });

  map.addEventListener("pointerdown", (event) => {
    map.focus({ preventScroll: true });
    map.classList.add("held");
    map.setPointerCapture(event.pointerId);
  });
  map.addEventListener("pointermove", (event) => {
    if (!map.classList.contains("held")) return;
    view.x -= event.movementX * WIDTH / view.zoom / map.clientWidth;
    view.y -= event.movementY * HEIGHT / view.zoom / map.clientHeight;
    show();
  });
  for (const end of ["pointerup", "pointercancel"]) {
    map.addEventListener(end, () => map.classList.remove("held"));
  }

  for (const button of document.querySelectorAll("[data-zoom]")) {
    button.addEventListener("click", () => {
      if (button.dataset.zoom === "all") { view = { x: 0, y: 0, zoom: 1 }; show(); }
      else zoom(button.dataset.zoom === "in" ? 1.6 : 1 / 1.6);
    });
  }

  for (const box of document.querySelectorAll(".legend input")) {
    box.addEventListener("change", () => {
      const group = map.querySelector(`.dots[data-group="${box.dataset.group}"]`);
      if (group) group.classList.toggle("off", !box.checked);
    });
  }

  /* What a dot tells: of the one that is pointed at, or that the arrow keys have come to. */
  const middle = (dot) => [Number(dot.getAttribute("cx")), Number(dot.getAttribute("cy"))];
  function tell(dot) {
    map.querySelector(".at")?.classList.remove("at");
    dot?.classList.add("at");
    told.textContent = dot ? dot.querySelector("title").textContent : "";
  }
  let here = null;  // the dot that the keys have come to
  map.addEventListener("pointerover", (event) => tell(event.target.closest(".dots circle") ?? here));
  map.addEventListener("pointerleave", () => tell(here));

  const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  function next([dx, dy]) {
    const from = here ? middle(here) : [view.x + WIDTH / view.zoom / 2, view.y + HEIGHT / view.zoom / 2];
    let best = null, least = Infinity;
    for (const dot of map.querySelectorAll(".dots:not(.off) circle")) {
      const [x, y] = middle(dot).map((n, axis) => n - from[axis]), along = x * dx + y * dy;
      if (here && along <= 0) continue;  // the first is the one nearest to the middle
      const away = Math.abs(along) + 2 * Math.abs(x * dy - y * dx);
      if (away < least) [best, least] = [dot, away];
    }
    return best;
  }
  map.addEventListener("keydown", (event) => {
    if (event.key in STEPS) {
      const dot = next(STEPS[event.key]);
      if (!dot) return;
      here = dot;
      const [x, y] = middle(dot), width = WIDTH / view.zoom, height = HEIGHT / view.zoom;
      if (x < view.x || x > view.x + width) view.x = x - width / 2;
      if (y < view.y || y > view.y + height) view.y = y - height / 2;
      show();
      tell(dot);
    } else if (event.key === "+" || event.key === "-") zoom(event.key === "+" ? 1.6 : 1 / 1.6);
    else if (event.key === "Escape") { view = { x: 0, y: 0, zoom: 1 }; here = null; show(); tell(null); }
    else return;
    event.preventDefault();
  });

  addEventListener("resize", show);
  show();
})();
