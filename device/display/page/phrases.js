/* The words of the screen in its language, from words.js, which the kiosk generates from
   `device/words`. `reason` makes a phrase of a reason's code and argument. */
"use strict";

const [[LANGUAGE, TABLE]] = Object.entries(window.WORDS);
document.documentElement.lang = LANGUAGE;

const words = {
  ...TABLE.page,

  /* Rounded to what a walker can use: tens of metres, hundreds, tenths of a kilometre. */
  distance(metres) {
    const number = (n, digits) =>
      n.toLocaleString(LANGUAGE, { maximumFractionDigits: digits });
    if (metres >= 950) {
      return words.fill("kilometres", number(metres / 1000, metres < 9950 ? 1 : 0));
    }
    const step = metres < 100 ? 10 : 100;
    return words.fill("metres", number(Math.max(Math.round(metres / step) * step, 10), 0));
  },

  reason({ code, argument }) {
    if (code === "tag") return Object.hasOwn(TABLE.tags, argument) ? TABLE.tags[argument] : "";
    if (code === "distance") return typeof argument === "number" ? words.distance(argument) : "";
    return Object.hasOwn(TABLE.reasons, code) ? words.fill(code, String(argument)) : "";
  },

  fill: (name, value) => TABLE.reasons[name].replace(/\{\w+\}/, value),
};
