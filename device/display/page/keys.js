/* A screen that is not touched: keys, and buttons whose presses the kiosk reports, move the focus and
   act on what has it.
   Guarantees: everything that a touch reaches is reached by `next` and `open` alone; a press that
   arrives late does nothing; the screen tells of keys and buttons only where they are. */
"use strict";

const Keys = (() => {
  const LATE_MS = 2000;
  const PRESSED = ["next", "open", "language", "speech"]; // opting out is the kiosk's own
  const USUAL = { o: "opt_out", l: "language", escape: "back" }; // where the settings have no other
  const ICONS = { next: "next", open: "open", language: "language", speech: "speech-loud", opt_out: "eye-shut" };
  const AT = { language: "#language", speech: "#speech", opt_out: "#choice" };
  const SVG = "http://www.w3.org/2000/svg";
  const { keys, buttons } = window.WAYSIDE;

  const find = (selector) => document.querySelector(selector);
  const actions = { ...USUAL };
  for (const [action, key] of Object.entries(keys)) actions[Signs.named(key).toLowerCase()] = action;
  let on = null;
  let lastPress = "";

  /* What can have the focus, as it is read: of a card first the whole, then its buttons. */
  function stops() {
    const list = find("#languages");
    if (!list.hidden) return [...list.children];
    const all = [...document.querySelectorAll("button, #notice[tabindex]")];
    const there = all.filter((one) => one.checkVisibility({ visibilityProperty: true }));
    const card = (one) => one.closest(".card");
    const whole = (one) => (one.matches(".choose") ? 0 : 1);
    return there.sort((a, b) => (card(a) !== null && card(a) === card(b) ? whole(a) - whole(b) : 0));
  }

  function next() {
    const all = stops();
    const at = all.indexOf(document.activeElement);
    const first = Math.max(all.findIndex((one) => one.matches(".choose")), 0);
    const to = at < 0 ? first : (at + 1) % all.length;
    all[to].focus({ focusVisible: true });
  }

  function act(action) {
    const held = document.activeElement;
    on.used();
    if (action === "next") next();
    else if (action === "open" && held.matches("button")) held.click();
    else if (action === "open") next();
    else if (action === "speech") find("#speech:not([hidden])")?.click();
    else on[action]();
  }

  /* A key that the browser itself would take, such as Enter on a button, acts once. */
  function key(event) {
    if (event.repeat || event.ctrlKey || event.altKey || event.metaKey) return;
    const action = actions[event.key.toLowerCase()];
    if (action === undefined) return;
    event.preventDefault();
    act(action);
  }

  /* Takes a message about a button as text; one that comes twice, or late, does nothing. */
  function press(payload, retained, wall = Date.now()) {
    let raw = null;
    try {
      raw = JSON.parse(payload);
    } catch {
      return;
    }
    const late = Math.abs(wall - Date.parse(raw?.at)) <= LATE_MS ? retained : true;
    if (late || raw.at === lastPress || !PRESSED.includes(raw.action)) return;
    lastPress = raw.at;
    act(raw.action);
  }

  /* The signs of an action's key and of its button, which wears the same icon (docs/operating.md). */
  function signs(action) {
    const made = document.createElement("span");
    made.className = "signs";
    made.setAttribute("aria-hidden", "true");
    if (Object.hasOwn(keys, action)) {
      const key = document.createElement("kbd");
      key.textContent = Signs.of(keys[action]);
      made.append(key);
    }
    if (buttons.includes(action)) {
      const svg = document.createElementNS(SVG, "svg");
      const use = document.createElementNS(SVG, "use");
      use.setAttribute("href", `#icon-${ICONS[action]}`);
      svg.append(use);
      made.append(svg);
    }
    return made;
  }

  /* What `next` and `open` do, in the languages of texts that turn: below the cards, or beside the
     notice where there are none. Any other key or button stands at what it acts on. */
  function draw(languages, resting) {
    const told = find("#keys");
    const place = find(resting ? ".choices" : ".below");
    if (told.parentElement !== place) place.prepend(told);
    for (const one of told.children) {
      Languages.turning(one.lastElementChild, languages, (theirs) => theirs.keys[one.dataset.action]);
    }
  }

  /* handlers: used() at each press, language(), opt_out(), back(). */
  function open(handlers) {
    on = handlers;
    const there = (action) => Object.hasOwn(keys, action) || buttons.includes(action);
    for (const action of ["next", "open"].filter(there)) {
      const told = document.createElement("li");
      told.dataset.action = action;
      told.append(signs(action), document.createElement("span"));
      find("#keys").append(told);
    }
    find("#keys").hidden = !find("#keys").children.length;
    for (const [action, selector] of Object.entries(AT).filter(([action]) => there(action))) {
      find(selector).append(signs(action));
      if (Object.hasOwn(keys, action)) find(selector).setAttribute("aria-keyshortcuts", keys[action]);
    }
    document.addEventListener("keydown", key);
  }

  return { open, draw, press };
})();
