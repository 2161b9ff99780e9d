/* What the fleet's operator puts on this screen: an announcement above everything else, or for half a
   minute the kiosk's name, so that somebody finds it in a row of screens.
   Guarantees: text is set as text, never as markup; nothing is shown longer than its message says,
   whatever the clocks do; the notice about the camera stays visible and is never covered. */
"use strict";

const Operator = (() => {
  const LONGEST_LIFE_MS = 60000;
  const LONGEST_TEXT = 160;
  const LONG_TEXT = 70; // smaller letters from here on
  const MOST_LANGUAGES = 20;
  const FALLBACK = "en";

  const find = (selector) => document.querySelector(selector);
  const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
  const nothing = { content: {}, until: 0 };
  const told = { announcement: nothing, identify: nothing };

  /* What is to be said by each message: texts by language, or the name. */
  const contents = {
    announcement: ({ texts }) => Object.fromEntries(
      Object.entries(isObject(texts) ? texts : {}).slice(0, MOST_LANGUAGES)
        .map(([language, text]) => [language, View.text(text, LONGEST_TEXT)])
        .filter(([, text]) => text),
    ),
    identify: ({ name }) => (View.text(name, 80) ? { name: View.text(name, 80) } : {}),
  };

  /* Takes a message of this name as text; whether something else is to be shown. */
  function hear(name, payload, retained, now = performance.now(), wall = Date.now()) {
    let raw = null;
    try {
      raw = JSON.parse(payload);
    } catch {
      // nothing is shown
    }
    const before = JSON.stringify(told[name].content);
    const life = isObject(raw) ? View.lifetime(raw, retained, wall, LONGEST_LIFE_MS) : 0;
    const content = life > 0 ? contents[name](raw) : {};
    told[name] = { content, until: now + life };
    return JSON.stringify(content) !== before;
  }

  /* Forgets what is over; whether there was something. */
  function refresh(now = performance.now()) {
    const over = Object.keys(told).filter((name) => told[name] !== nothing && now >= told[name].until);
    for (const name of over) told[name] = nothing;
    return over.length > 0;
  }

  /* The kiosk is gone, and with it whoever could take an announcement back. */
  function forget() {
    for (const name of Object.keys(told)) told[name] = { ...told[name], until: 0 };
  }

  /* In this language, or `de` for `de-AT`, or English, or the first. */
  function pick(texts, { code }) {
    const codes = [code, code.split("-")[0], FALLBACK, ...Object.keys(texts)];
    return texts[codes.find((language) => Object.hasOwn(texts, language))];
  }

  /* languages: those of the texts that turn. */
  function draw(languages) {
    const texts = told.announcement.content;
    const plate = find("#announcement");
    plate.hidden = Object.keys(texts).length === 0;
    const shown = plate.hidden ? [] : languages.map((language) => pick(texts, language));
    plate.classList.toggle("long", shown.some((text) => [...text].length > LONG_TEXT));
    const place = plate.firstElementChild;
    if (new Set(shown).size > 1) {
      Languages.turning(place, languages, (language) => pick(texts, language));
      for (const each of place.children) each.dir = "auto"; // it may be in another language
    } else {
      place.classList.remove("turning");
      place.textContent = shown[0] ?? "";
    }
    const { name = "" } = told.identify.content;
    const sign = find("#identify");
    sign.hidden = name === "";
    sign.firstElementChild.textContent = name;
    sign.style.setProperty("--letters", Math.max([...name].length, 2));
  }

  return { hear, refresh, forget, draw };
})();
