/* Says aloud what is focused, and what comes on the screen, to whoever asks for it by one touch.
   The kiosk makes a sound of each text on loopback (`device/display/speech.py`).
   Guarantees: silent until then, and again when the screen comes to rest; what is said is what stands
   on the screen, or would if it had room, each part in its own language, where that has a voice; a
   newer text ends an older one. */
"use strict";

const Speech = (() => {
  const HELD_MS = 60000; // where the screen rests already
  const LEVELS = [["off", 0], ["soft", 0.3], ["loud", 1]];
  const UNITS = { m: "meter", km: "kilometer", min: "minute" };
  const MEASURE = /(\d+(?:[.,]\d+)?)\s(km|m|min)(?!\p{L})\.?/gu;
  const settings = window.WAYSIDE.speech;

  const find = (selector) => document.querySelector(selector);
  let level = 0; // of LEVELS
  let until = 0;
  let sounds = []; // of the texts that are being said, the first of them now
  let made = 0; // how many sounds
  let said = ""; // what has been said last
  let shown = ""; // what the screen showed last

  /* The language of the screen that has a voice for this one, or undefined. */
  function voice(tag) {
    const base = (code) => code.split("-")[0];
    const { languages } = settings;
    return languages.find((code) => code === tag) ?? languages.find((code) => base(code) === base(tag));
  }

  /* What a person reads in an element: of several languages the one that is seen. */
  function text(element) {
    const seen = element?.querySelector(".on") ?? element;
    return (seen?.textContent ?? "").replace(/[\u00ad\u2066-\u2069]/g, "").trim();
  }

  /* A text and its language, if there is a text. */
  function part(content, lang = words.code) {
    return content ? [{ content, lang: lang || words.code }] : [];
  }

  function card(element) {
    const title = element.querySelector("h2");
    const about = element.querySelector(".about");
    const more = [...element.querySelectorAll(".by, .why li")].map(text);
    return [
      ...part(text(element.querySelector(".kind"))),
      ...part(text(title), title.lang),
      ...part(text(about), about?.lang),
      ...part([...more, text(element.querySelector(".fact"))].filter(Boolean).join(". ")),
    ];
  }

  /* What the way back leads out of: a card, or the code of the whole visit. */
  function opened() {
    const [alone, code] = [find("[data-opened] .card"), find("#take:not([hidden])")];
    if (code) return part([...code.querySelectorAll("h2, p")].map(text).join(". "));
    return alone ? card(alone) : [];
  }

  const notice = () => part([text(find("#notice h2")), text(find("#notice p"))].join(". "));

  /* The parts that an element consists of. */
  function describe(element) {
    const label = element.getAttribute("aria-label") || text(element.querySelector(".label") ?? element);
    const name = part(label, element.lang);
    if (element.id === "notice") return notice();
    if (element.id === "back") return [...opened(), ...name];
    if (element.matches(".choose")) return card(element.closest(".card"));
    return name;
  }

  /* What is on the screen, in short, and what the notice says. */
  function summary() {
    const titles = [...document.querySelectorAll(".card h2")];
    const rest = [text(find("#rest h1")), text(find("#rest p"))].join(" ");
    const cards = titles.flatMap((title) => part(text(title), title.lang));
    const announced = find("#announcement").hidden ? [] : part(text(find("#announcement")));
    const shows = titles.length ? [...part(text(find("#heading"))), ...cards] : part(rest);
    return [...announced, ...shows, ...notice()];
  }

  /* Units in full, since a voice would spell what stands for them. */
  function spoken(content, lang) {
    return content.replace(MEASURE, (whole, number, unit) => {
      const style = { style: "unit", unit: UNITS[unit], unitDisplay: "long", numberingSystem: "latn" };
      return new Intl.NumberFormat(lang, style).format(Number(number.replace(",", ".")));
    });
  }

  /* The sound of a part, which is loaded when it is its turn; of a language without a voice, what is
     written in Latin letters is said in that of the screen. */
  function sound({ content, lang }) {
    const code = voice(lang) ?? (/\p{Script=Latin}/u.test(content) ? voice(words.code) : undefined);
    if (code === undefined) return [];
    made += 1; // without a number of its own it would wait for one that has been stopped
    const path = `${code}/${encodeURIComponent(spoken(content, code))}?${made}`;
    const base = `http://${location.hostname}:${settings.port}`;
    const volume = LEVELS[level][1];
    const audio = Object.assign(new Audio(), { crossOrigin: "anonymous", preload: "none", volume, src: `${base}/${path}` });
    return [Object.assign(audio, { said: { content, lang }, track: `${base}/visemes/${path}` })];
  }

  function stop() {
    for (const one of sounds) {
      one.pause();
      one.removeAttribute("src"); // and what is still being loaded is not
    }
    sounds = [];
    find("#speech").classList.remove("speaking");
  }

  function say(parts) {
    const wanted = JSON.stringify(parts);
    if (!level || wanted === said) return;
    stop();
    said = wanted;
    sounds = parts.flatMap(sound);
    const mine = sounds;
    const next = () => {
      if (sounds !== mine) return;
      sounds.shift();
      begin();
    };
    const begin = () => {
      find("#speech").classList.toggle("speaking", sounds.length > 0);
      const [now, soon] = sounds;
      now?.addEventListener("playing", () => { if (soon) soon.preload = "auto"; });
      now?.addEventListener("ended", next);
      now?.addEventListener("error", next);
      if (!now) return;
      const ready = window.WAYSIDE.guide ? Visemes.load(now, now.track) : Promise.resolve();
      ready.then(() => (sounds[0] === now ? now.play() : null))
        .catch(() => {}); // its error has been heard of, or it has been stopped
    };
    begin();
  }

  /* Falls silent when the screen comes to rest, or a while after. began: whether it does so now. */
  function rest(began, now = performance.now()) {
    if (level && (began || (now >= until && !sounds.length))) set(0);
  }

  /* first: what is said when it begins; without it, what is on the screen in short. */
  function set(to, first) {
    stop();
    level = to;
    said = "";
    offer(words);
    if (!level) return;
    shown = JSON.stringify(summary());
    say(first ?? [...part(find("#speech").title), ...summary()]);
  }

  /* All that is on the screen: cards whole, or what there is instead of them. */
  function everything() {
    const cards = [...document.querySelectorAll(".card")];
    return cards.length ? [...part(text(find("#heading"))), ...cards.flatMap(card)] : summary();
  }

  /* Says these parts, softly, and from then on what is focused; false: there is no voice here. */
  function recite(parts) {
    if (find("#speech").hidden) return false;
    until = performance.now() + HELD_MS;
    set(1, parts);
    return true;
  }

  const hush = () => set(0);

  /* The button in a language, before the screen is drawn in it: the cards get the space that it
     leaves. */
  function offer(theirs) {
    const key = find("#speech");
    key.hidden = !settings || voice(theirs.code) === undefined;
    if (key.hidden) stop();
    if (key.hidden) level = 0;
    const [name] = LEVELS[level];
    key.setAttribute("aria-pressed", String(level > 0));
    key.setAttribute("aria-label", theirs.speech[name]);
    key.title = theirs.speech[name];
    find("#speech use").setAttribute("href", `#icon-speech-${name}`);
    if (level) find("#notice").tabIndex = 0; // so that the keys lead to it
    else find("#notice").removeAttribute("tabindex");
  }

  /* The screen has been drawn. What has come on it is said, unless the focus is on a part of it, which
     is said anyway. */
  function draw() {
    if (!level) return;
    const parts = summary();
    const now = JSON.stringify(parts);
    if (now === shown) return;
    shown = now;
    if (!document.activeElement.closest(".card, #back, #languages")) say(parts);
  }

  /* Whether a text is being said. */
  const speaking = () => sounds.length > 0;

  function open() {
    find("#speech").addEventListener("click", () => {
      until = performance.now() + HELD_MS;
      set((level + 1) % LEVELS.length);
    });
    document.addEventListener("focusin", ({ target }) => {
      until = performance.now() + HELD_MS;
      say(describe(target));
    });
    /* A touch may change what a button says. */
    document.addEventListener("click", () => {
      const held = document.activeElement;
      if (held.matches(".verdict")) say(describe(held));
    });
  }

  /* Whether what is focused is said. */
  const on = () => level > 0;

  /* The text that is being said, its language and its sound; null: none. */
  const saying = () => (sounds.length ? { ...sounds[0].said, audio: sounds[0] } : null);

  return { open, offer, draw, rest, speaking, everything, recite, hush, on, saying };
})();
