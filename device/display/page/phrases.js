/* The words of the screen in its language, from words.js, which the kiosk generates from
   `device/words`. `reason` makes a phrase of a reason's code and argument; a distance, which the
   card has above, becomes the time that it takes. */
"use strict";

const LONGEST_WALK_MIN = 90; // whoever has farther to go does not walk

const [[LANGUAGE, TABLE]] = Object.entries(window.WORDS);
document.documentElement.lang = LANGUAGE;

const DAY_MS = 24 * 3600 * 1000;
const SOON_MS = DAY_MS / 2;

const number = (n, digits = 0) => n.toLocaleString(LANGUAGE, { maximumFractionDigits: digits });

const words = {
  ...TABLE.page,

  /* Rounded to what a walker can use: tens of metres, hundreds, tenths of a kilometre. */
  distance(metres) {
    if (metres >= 950) {
      return words.fill("kilometres", number(metres / 1000, metres < 9950 ? 1 : 0));
    }
    const step = metres < 100 ? 10 : 100;
    return words.fill("metres", number(Math.max(Math.round(metres / step) * step, 10)));
  },

  /* `minutes`: on foot to the item, or null. */
  reason({ code, argument }, minutes = null) {
    if (code === "tag") return Object.hasOwn(TABLE.tags, argument) ? TABLE.tags[argument] : "";
    if (code === "when") return typeof argument === "string" ? words.when(argument) : "";
    if (code === "distance" && minutes !== null && minutes >= 0 && minutes <= LONGEST_WALK_MIN) {
      return words.fill("on_foot", number(Math.max(minutes, 1)));
    }
    if (code === "distance") return typeof argument === "number" ? words.distance(argument) : "";
    return Object.hasOwn(TABLE.reasons, code) ? words.fill(code, String(argument)) : "";
  },

  /* When an event is, as `device/words/when.py` says it; nothing where it is over. The days are
     those of the interval's own offset, whatever zone the browser is in. */
  when(interval, now = Date.now()) {
    const match = /^(\S+T\d\d:\d\d)[+-]\d\d:\d\d\/(\S+T\d\d:\d\d)[+-]\d\d:\d\d$/.exec(interval);
    if (match === null) return "";
    const [, begins, ends] = match;
    const [from, until] = interval.split("/").map((time) => Date.parse(time));
    if (!(from < until) || until <= now) return "";
    const offset = Date.parse(`${begins}Z`) - from;
    const day = (at) => new Date(at + offset).toISOString().slice(0, 10);
    const whole = begins.endsWith("T00:00") && ends.endsWith("T00:00");
    const last = new Date(Date.parse(`${ends}Z`) - 1000).toISOString();
    const say = (name, time) => {
      const [, month, number] = time.slice(0, 10).split("-").map(Number);
      const date = TABLE.day.replace("{number}", number).replace("{month}", TABLE.months[month - 1]);
      return TABLE.reasons[name].replace("{day}", date).replace("{time}", time.slice(11, 16));
    };
    if (from <= now) {
      if (whole) return say(last.slice(0, 10) === day(now) ? "all_day" : "on_until_day", last);
      const soon = until - now <= SOON_MS || last.slice(0, 10) === day(now);
      return soon ? say("on_until", ends) : say("on_until_day", last);
    }
    if (begins.slice(0, 10) === day(now)) return say("today", begins);
    if (begins.slice(0, 10) !== day(now + DAY_MS)) return say("later", begins);
    return say(whole ? "all_day_tomorrow" : "tomorrow", begins);
  },

  fill: (name, value) => TABLE.reasons[name].replace(/\{\w+\}/, value),
};
