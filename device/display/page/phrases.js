/* The words of the screen, which the kiosk generates from `device/words`: a language is an object
   with the texts of its table, and functions that make phrases of codes and numbers. words.js has
   the tables of the site's own languages; that of another is loaded when a visitor touches it.
   A distance, which the card has above, becomes the time that it takes.
   Guarantees: what a message contains is looked up, never run; a code without words says nothing.
   Numbers, plurals and times follow the language; the day has 24 hours and digits are 0 to 9, as
   the kiosk itself says them (`device/words/patterns.py`). */
"use strict";

const Phrases = (() => {
  const LONGEST_WALK_MIN = 90; // whoever has farther to go does not walk
  const DAY_MS = 24 * 3600 * 1000;
  const SOON_MS = DAY_MS / 2;
  const SIMPLE = ["always_open", "hours_unknown", "decade", "well_known"]; // need no more than a year
  const INTERVAL = /^(\S+T\d\d:\d\d)[+-]\d\d:\d\d\/(\S+T\d\d:\d\d)[+-]\d\d:\d\d$/;
  const { site, offered, tables } = window.WORDS;
  const { guesses: guessed, keys } = window.WAYSIDE;
  const key = keys.opt_out ? Signs.of(keys.opt_out) : "";
  const made = new Map(); // the languages that have been spoken

  /* A tree of patterns as one resource of Fluent; the name of each is its place in the tree. */
  const entries = (texts, path) => Object.entries(texts).map(([name, text]) => (
    typeof text === "string"
      ? `${path}${name} = ${text.replaceAll("\n", "\n    ")}\n`
      : entries(text, `${path}${name}-`)
  )).flat();

  function learn(code) {
    const { own_name, locale, direction, page, guesses, reasons, tags } = tables[code];
    const bundle = new Fluent.FluentBundle(locale, { useIsolating: false });
    const resource = [...entries(page, "page-"), ...entries(reasons, "reasons-")].join("");
    bundle.addResource(new Fluent.FluentResource(resource));
    const say = (id, values) => bundle.formatPattern(bundle.getMessage(id).value, values);
    const list = new Intl.ListFormat(locale);
    const told = { guessed: list.format(guessed.map((guess) => guesses[guess])), key };
    const texts = (tree, path) => Object.fromEntries(Object.entries(tree).map(([key, text]) => [
      key, typeof text === "string" ? say(path + key, told) : texts(text, `${path}${key}-`),
    ]));
    const clock = new Intl.DateTimeFormat(locale, {
      hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: "UTC",
    });
    const date = new Intl.DateTimeFormat(locale, { day: "numeric", month: "long", timeZone: "UTC" });

    /* Of texts by language the one in this, and its language; null: there is none. */
    const mine = (texts) => {
      const known = Object.keys(texts);
      const base = (tag) => tag.split("-")[0];
      const tag = known.find((each) => each.toLowerCase() === code.toLowerCase())
        ?? known.find((each) => each === base(code)) ?? known.find((each) => base(each) === base(code));
      return tag === undefined ? null : { text: texts[tag], lang: tag };
    };
    const number = new Intl.NumberFormat(locale, { style: "unit", unit: "celsius", unitDisplay: "narrow" });
    const inZone = (options) => (zone) => new Intl.DateTimeFormat(locale, { ...options, timeZone: zone })
      .format(Date.now());

    const language = {
      ...texts(page, "page-"),
      code,
      own_name,
      direction,

      /* The time and the day now in this time zone. */
      time: inZone({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" }),
      day: inZone({ weekday: "long", day: "numeric", month: "long" }),

      celsius: (degrees) => number.format(degrees),

      /* Rounded to what a walker can use: tens of metres, hundreds, tenths of a kilometre. */
      distance(metres) {
        if (metres >= 950) {
          const digits = metres < 9950 ? 10 : 1;
          return say("reasons-kilometres", { number: Math.round(metres / 1000 * digits) / digits });
        }
        const step = metres < 100 ? 10 : 100;
        return say("reasons-metres", { number: Math.max(Math.round(metres / step) * step, 10) });
      },

      /* `minutes`: on foot to the item, or null. */
      reason({ code: kind, argument }, minutes = null) {
        if (kind === "tag") return Object.hasOwn(tags, argument) ? tags[argument] : "";
        if (kind === "when") return typeof argument === "string" ? language.when(argument) : "";
        if (kind === "distance" && minutes !== null && minutes >= 0 && minutes <= LONGEST_WALK_MIN) {
          return say("reasons-on_foot", { number: Math.max(minutes, 1) });
        }
        if (kind === "distance") return typeof argument === "number" ? language.distance(argument) : "";
        if (kind === "open_until") {
          const at = Date.parse(`1970-01-01T${argument}Z`);
          return Number.isNaN(at) ? "" : say("reasons-open_until", { time: clock.format(at) });
        }
        if (!SIMPLE.includes(kind)) return "";
        return say(`reasons-${kind}`, { year: String(argument) });
      },

      /* The spans of a day, `HH:MM-HH:MM`; "" where they are not known. */
      hours(spans) {
        if (spans === null || !spans.length) return "";
        const pairs = spans.map((span) => span.split("-"));
        if (pairs.some(([from, until]) => from === until)) return say("reasons-always_open");
        const at = (time) => clock.format(Date.parse(`1970-01-01T${time}Z`));
        const said = pairs.map(([from, until]) => `${at(from)}–${at(until)}`);
        return say("reasons-hours_today", { hours: said.join(", ") });
      },

      /* When an event is, as `device/words/when.py` says it; nothing where it is over. The days are
         those of the interval's own offset, whatever zone the browser is in. */
      when(interval, now = Date.now()) {
        const match = INTERVAL.exec(interval);
        if (match === null) return "";
        const [, begins, ends] = match;
        const [from, until] = interval.split("/").map((time) => Date.parse(time));
        if (!(from < until) || until <= now) return "";
        const offset = Date.parse(`${begins}Z`) - from;
        const day = (at) => new Date(at + offset).toISOString().slice(0, 10);
        const whole = begins.endsWith("T00:00") && ends.endsWith("T00:00");
        const last = new Date(Date.parse(`${ends}Z`) - 1000).toISOString().slice(0, 16);
        const phrase = (name, time) => {
          const at = Date.parse(`${time}Z`);
          return say(`reasons-${name}`, { day: date.format(at), time: clock.format(at) });
        };
        if (from <= now) {
          if (whole) return phrase(last.slice(0, 10) === day(now) ? "all_day" : "on_until_day", last);
          const soon = until - now <= SOON_MS || last.slice(0, 10) === day(now);
          return soon ? phrase("on_until", ends) : phrase("on_until_day", last);
        }
        if (begins.slice(0, 10) === day(now)) return phrase("today", begins);
        if (begins.slice(0, 10) !== day(now + DAY_MS)) return phrase("later", begins);
        return phrase(whole ? "all_day_tomorrow" : "tomorrow", begins);
      },

      /* The title of an item and its language, "" where that is not known. The name of a place or
         an event is taken to be in the site's own language. */
      title({ title, titles, kind }) {
        const found = mine(titles);
        if (found !== null) return found;
        const lang = Object.keys(titles).find((tag) => titles[tag] === title);
        const local = ["place", "event"].includes(kind) ? site[0] : "";
        return { text: title, lang: lang ?? local };
      },

      /* The lines about an item, in the site's own language where there are none in this one. */
      about: ({ about, abouts }) => mine(abouts) ?? { text: about, lang: site[0] },
    };
    return language;
  }

  function of(code) {
    if (!made.has(code)) made.set(code, learn(code));
    return made.get(code);
  }

  /* Its table, once it is there; rejects where the kiosk does not answer with it. */
  async function load(code) {
    if (Object.hasOwn(tables, code)) return;
    const answer = await fetch(`words/${code}.json`);
    if (!answer.ok) throw new Error(`words/${code}.json: ${answer.status}`);
    tables[code] = await answer.json();
  }

  const order = new Intl.Collator("en");
  const own = offered.slice(0, site.length);
  const others = offered.slice(site.length);
  others.sort((a, b) => order.compare(a.own_name, b.own_name));

  return {
    of, // a language whose table is there
    load,
    site, // codes of the site's own languages, the first of which is shown
    offered: [...own, ...others],
  };
})();

let words = Phrases.of(Phrases.site[0]); // in the language of the screen
