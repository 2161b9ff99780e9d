/* The button to ask aloud by: held, the kiosk listens; then the screen shows what was understood, and
   a touch confirms it (`device/session/asking.py`).
   Guarantees: the kiosk is told that the button is held only while the words that the microphone is
   open can be seen; whatever ends the touch closes it; nothing is confirmed but by a touch. */
"use strict";

const Ask = (() => {
  const AGAIN_MS = 500; // the kiosk closes a microphone of which it hears nothing for two seconds
  const ANSWER_MS = 6000; // longest wait for what was understood
  const NOTHING_MS = 8000;
  const STATES = ["closed", "listening", "thinking", "understood", "nothing", "asked"];
  const WISHES = ["open_now", "near", "quiet", "children"];
  const EXAMPLE = "a museum that is open now"; // in the one language that is heard
  const available = window.WAYSIDE.ask === true;

  const find = (selector) => document.querySelector(selector);
  let on = null;
  let state = "closed";
  let request = null;
  let press = null; // while the button is held
  let until = Infinity; // of the state

  /* A request in a message, or null. */
  function read(raw) {
    if (raw === null || typeof raw !== "object") return null;
    const features = Array.isArray(raw.features) ? raw.features : [];
    return {
      thing: View.text(raw.thing, 60),
      features: features.filter((each) => typeof each === "string").slice(0, 200),
      wishes: WISHES.filter((wish) => raw[wish] === true),
    };
  }

  /* Takes the kiosk's message as text; whether something else is to be shown. While the button is
     held the words of the microphone stay. */
  function hear(payload, retained) {
    let raw = null;
    try {
      raw = JSON.parse(payload);
    } catch {
      return false;
    }
    if (retained || press !== null || raw === null || !STATES.includes(raw.state)) return false;
    become(raw.state, read(raw.request));
    return true;
  }

  function become(next, asked = null) {
    state = next;
    request = asked;
    const lasts = { thinking: ANSWER_MS, listening: ANSWER_MS, nothing: NOTHING_MS }[next] ?? Infinity;
    until = performance.now() + lasts;
  }

  /* What is over; whether there was something. */
  function refresh(now = performance.now()) {
    if (now < until || press !== null) return false;
    become("closed");
    return true;
  }

  /* The connection is lost, and with it whoever listens. */
  function forget() {
    end();
    become("closed");
  }

  const say = (action, more = {}) => on.publish({ action, press: press ?? "touch", ...more });

  /* Whether a person can read that the microphone is open. */
  function seen() {
    const told = find("#asking p");
    const { left, top, width, height } = told.getBoundingClientRect();
    const over = document.elementFromPoint(left + width / 2, top + height / 2);
    return document.visibilityState === "visible" && width > 0 && told.innerText !== ""
      && find("#asking").contains(over);
  }

  function hold() {
    if (press === null) return;
    say("hold", { shows_notice: seen() });
    setTimeout(hold, AGAIN_MS);
  }

  function begin() {
    if (press !== null || !available) return;
    press = Math.random().toString(36).slice(2, 12);
    become("listening");
    on.changed();
    const mine = press;
    requestAnimationFrame(() => requestAnimationFrame(() => { if (press === mine) hold(); }));
  }

  function end() {
    if (press === null) return;
    say("release");
    press = null;
    become("thinking");
    on.changed();
  }

  function answer(action) {
    say(action);
    become("closed");
    on.changed();
  }

  /* What was asked for, in the words of the screen where it has any. */
  function named({ thing, features }) {
    const [first] = [...features].sort((one, other) => one.length - other.length);
    const known = features.length === 1 || features.every((each) => each.startsWith(first ?? "-"));
    if (words.code.startsWith("en") || !known) return thing;
    return words.kinds[first] ?? (words.reason({ code: "tag", argument: first }) || thing);
  }

  function chips(asked) {
    const { open_now, ask } = words;
    const names = { open_now, near: ask.near, quiet: ask.quiet, children: ask.children };
    return [named(asked), ...asked.wishes.map((wish) => names[wish])].filter(Boolean);
  }

  function button(action, label) {
    const made = document.createElement("button");
    made.type = "button";
    made.className = action;
    made.textContent = label;
    made.addEventListener("click", () => answer(action));
    return made;
  }

  /* What the screen says while the microphone is open. */
  const told = ({ listening, tone }) => (window.WAYSIDE.tone === true ? `${listening} ${tone}` : listening);

  /* languages: those of the texts that turn; the panel is in the first. */
  function draw([theirs]) {
    const key = find("#ask");
    key.hidden = !available;
    key.querySelector(".label").textContent = theirs.ask.button;
    key.setAttribute("aria-pressed", String(press !== null));
    const panel = find("#asking");
    const texts = {
      listening: told(theirs.ask), thinking: "…", nothing: theirs.ask.nothing,
      understood: theirs.ask.mean,
    };
    panel.hidden = !(state in texts);
    panel.dataset.state = state;
    panel.querySelector("p").textContent = texts[state] ?? "";
    const offered = state === "understood" && request !== null;
    const list = panel.querySelector("ul");
    const shown = offered ? chips(request) : state === "nothing" ? [EXAMPLE] : [];
    list.hidden = shown.length === 0;
    list.lang = state === "nothing" ? "en" : "";
    list.replaceChildren(...shown.map((text) => {
      const made = document.createElement("li");
      made.textContent = text;
      made.dir = "auto";
      return made;
    }));
    const answers = offered ? [button("yes", theirs.ask.yes), button("no", theirs.ask.no)] : [];
    panel.querySelector("div").replaceChildren(...answers);
    const asked = find("#asked");
    asked.hidden = state !== "asked" || request === null;
    if (asked.hidden) return;
    asked.querySelector("span").textContent = chips(request).join(" · ");
    asked.setAttribute("aria-label", `${theirs.ask.end}: ${chips(request).join(", ")}`);
  }

  /* handlers: publish(message), changed(). */
  function open(handlers) {
    on = handlers;
    const key = find("#ask");
    key.addEventListener("pointerdown", (event) => {
      key.setPointerCapture(event.pointerId);
      begin();
    });
    for (const name of ["pointerup", "pointercancel", "lostpointercapture", "blur"]) {
      key.addEventListener(name, end);
    }
    const presses = ({ key: pressed }) => pressed === " " || pressed === "Enter";
    key.addEventListener("keydown", (event) => { if (presses(event) && !event.repeat) begin(); });
    key.addEventListener("keyup", (event) => { if (presses(event)) end(); });
    document.addEventListener("visibilitychange", end);
    find("#asked").addEventListener("click", () => answer("no"));
  }

  return { open, hear, refresh, forget, draw };
})();
