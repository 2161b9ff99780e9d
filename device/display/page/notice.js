/* What the notice tells of the camera and the microphone.
   Guarantees: it names what the kiosk guesses from faces and voices, and nothing that is switched off;
   it asks for a touch, or for the key or the button where a screen has these alone. */
"use strict";

const Notice = (() => {
  const { guesses, keys, buttons, ask: asks, tone: guessesTone } = window.WAYSIDE;
  const pointed = matchMedia("(any-pointer: coarse), (any-pointer: fine)");

  function way() {
    if (!pointed.matches && keys.opt_out) return "key";
    return !pointed.matches && buttons.includes("opt_out") ? "button" : "touch";
  }

  /* The microphone, where there is one. */
  function heard({ microphone, tone }, brief) {
    if (!asks) return "";
    return guessesTone && !brief ? ` ${microphone} ${tone}` : ` ${microphone}`;
  }

  /* In the words of a language; brief: beside cards, where there is less room, as there is where the
     microphone is told of too. */
  function text(theirs, name, brief) {
    const texts = theirs.notices[name];
    const more = heard(theirs.ask, brief);
    const short = brief || (asks && name !== "demo");
    if (name === "demo" && !guesses.length) return texts.brief + more;
    if (name !== "watching") return (short ? texts.brief : texts.text) + more;
    const [full, fewer] = guesses.length ? [texts.text, texts.brief] : [texts.finds, texts.finds_brief];
    return (short ? fewer : full) + more + (brief ? "" : ` ${theirs.rather_not[way()]}`);
  }

  return { text };
})();
