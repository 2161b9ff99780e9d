/* What the notice tells of the camera.
   Guarantees: it names what the kiosk guesses from faces, and nothing that is switched off; it asks
   for a touch, or for the key or the button where a screen has these alone. */
"use strict";

const Notice = (() => {
  const { guesses, keys, buttons } = window.WAYSIDE;
  const pointed = matchMedia("(any-pointer: coarse), (any-pointer: fine)");

  function way() {
    if (!pointed.matches && keys.opt_out) return "key";
    return !pointed.matches && buttons.includes("opt_out") ? "button" : "touch";
  }

  /* In the words of a language; brief: beside cards, where there is less room. */
  function text(theirs, name, brief) {
    const texts = theirs.notices[name];
    if (name === "demo" && !guesses.length) return texts.brief;
    if (name !== "watching") return brief ? texts.brief : texts.text;
    if (brief) return guesses.length ? texts.brief : texts.finds_brief;
    return `${guesses.length ? texts.text : texts.finds} ${theirs.rather_not[way()]}`;
  }

  return { text };
})();
