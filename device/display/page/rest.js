/* What the resting screen tells of the place: the time, the weather, and a few places that are open
   now, along the way.
   Guarantees: no time where the kiosk does not know it, and nothing that the last message did not
   say; the time is that of the kiosk's place, in the way of the language that is shown. */
"use strict";

const Rest = (() => {
  const TICK_MS = 1000;
  const STOP_MS = 10000; // of the traveller at each place
  const STOPS = 3; // places at a time
  const GIVEN_UP = ["space", "lines", "minutes", "heading", "places", "kinds", "size", "invitation"]; // in this order

  const find = (selector) => document.querySelector(selector);
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  let around = null;
  let languages = [];
  let zone = "UTC";
  let at = 0; // where the traveller is, counted over all places
  let shown = "";

  const group = () => {
    const places = around?.places ?? [];
    const groups = Math.max(Math.ceil(places.length / STOPS), 1);
    const first = Math.floor(at / STOPS) % groups * STOPS;
    return places.slice(first, first + STOPS);
  };

  function clock() {
    const now = find("#now");
    now.hidden = !around || (!around.clock && !around.sky) || document.body.dataset.state !== "resting";
    if (now.hidden) return;
    find("#clock").hidden = find("#date").hidden = !around.clock;
    const text = around.clock ? words.time(zone) : "";
    const days = around.clock ? languages.map((language) => language.day(zone)).join() : "";
    const key = JSON.stringify([text, days, around.sky, languages.map(({ code }) => code)]);
    if (key === shown) return;
    shown = key;
    find("#clock").textContent = text;
    if (around.clock) Languages.turning(find("#date"), languages, (theirs) => theirs.day(zone));
    sky(around.sky);
  }

  function sky(weather) {
    find("#sky").hidden = weather === null;
    if (weather === null) return;
    const known = Object.hasOwn(words.weather, weather.condition);
    find("#sky svg").toggleAttribute("hidden", !known);
    find("#sky use").setAttribute("href", `#icon-sky-${known ? weather.condition : "cloudy"}`);
    find("#sky .celsius").textContent = weather.celsius === null ? "" : words.celsius(weather.celsius);
    Languages.turning(find("#sky .word"), languages, (theirs) => (known ? theirs.weather[weather.condition] : ""));
  }

  /* The places in the line of the way, in the stead of the kinds of things. */
  function places() {
    const now = group();
    const line = find(".places");
    find("#rest").toggleAttribute("data-open", now.length > 0);
    Languages.turning(find("#open"), languages, (theirs) => theirs.open_now);
    line.querySelectorAll("li:not(.traveller)").forEach((each) => each.remove());
    const traveller = line.querySelector(".traveller");
    for (const place of now) traveller.before(stop(place));
    travel();
  }

  function stop(place) {
    const made = Screen.stop("place");
    const { text, lang } = words.title({ ...place, kind: "place" });
    const name = made.querySelector(".name");
    name.replaceChildren(Object.assign(document.createElement("bdi"), { textContent: text, lang }));
    const until = Object.assign(document.createElement("span"), { className: "until" });
    Languages.turning(until, languages, (theirs) => theirs.reason({ code: "open_until", argument: place.until }));
    made.append(until);
    if (place.minutes === null) return made;
    const walk = Object.assign(document.createElement("span"), { className: "minutes" });
    Languages.turning(walk, languages, (theirs) => theirs.reason({ code: "distance" }, place.minutes));
    made.append(walk);
    return made;
  }

  function travel() {
    const stops = Math.max(group().length, 1);
    for (const one of document.querySelectorAll(".traveller")) {
      const kinds = one.parentElement.children.length - 1;
      one.style.setProperty("--stop", one.closest(".places") ? at % STOPS % stops : at % kinds);
    }
  }

  function step() {
    const { body } = document;
    if (body.dataset.state !== "resting" || body.hasAttribute("data-night")) return;
    at += 1;
    if (at % STOPS === 0 && (around?.places.length ?? 0) > STOPS) {
      places();
      fit();
    } else if (!still.matches) {
      travel();
    }
  }

  /* The fullest form that fits. What it is without: space around the line, names of two lines, the
     minutes, the line's heading, the places, for which the kinds of things stand then, these too, the
     size of the great heading, and the sentence below that. */
  function fit() {
    const rest = find("#rest");
    for (let less = 0; less <= GIVEN_UP.length; less += 1) {
      rest.dataset.without = GIVEN_UP.slice(0, less).join(" ");
      if (rest.scrollHeight <= rest.clientHeight + 1) return;
    }
  }

  /* told: what `View` has read of the place, or null. */
  function draw(told, inLanguages) {
    const said = (of, by) => JSON.stringify([of?.places, by.map(({ code }) => code)]);
    const same = said(told, inLanguages) === said(around, languages);
    around = told;
    languages = inLanguages;
    if (!same) places();
    clock();
    fit();
  }

  function open(settings) {
    zone = settings.timezone;
    setInterval(clock, TICK_MS);
    setInterval(step, STOP_MS);
  }

  return { open, draw, step };
})();
