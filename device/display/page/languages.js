/* The languages of the screen: the list that a visitor chooses from, and texts that turn through
   several languages in one place.
   Guarantees: a text that turns is as large as its longest language, so that nothing around it
   moves; each is marked with its language and direction; the notice stays in view while the list is
   open. */
"use strict";

const Languages = (() => {
  const find = (selector) => document.querySelector(selector);
  let round = []; // codes of the languages that texts turn through
  let current = null; // the one that is seen

  function text(language, content) {
    const made = document.createElement("span");
    made.lang = language.code;
    made.dir = language.direction;
    made.textContent = content;
    return made;
  }

  /* Fills an element with its text in each of these languages; `turn` says which is seen. */
  function turning(target, languages, pick) {
    const texts = languages.map((language) => text(language, pick(language)));
    target.classList.add("turning");
    target.replaceChildren(...texts);
    texts.forEach(see);
  }

  function see(one) {
    one.classList.toggle("on", one.lang === current);
  }

  /* Shows the texts that turn in this language, wherever they are. */
  function seeAll(code) {
    current = code;
    document.querySelectorAll(".turning > *").forEach(see);
  }

  /* To the next language of the texts that turn. */
  function turn() {
    seeAll(round[(round.indexOf(current) + 1) % round.length]);
  }

  /* Opens or closes the list; the focus goes in with it and back out. */
  function show(open) {
    const list = find("#languages");
    const was = !list.hidden;
    const inside = list.contains(document.activeElement);
    list.hidden = !open;
    find("#language").setAttribute("aria-expanded", String(open));
    if (open && !was) list.querySelector("[aria-pressed=true]").focus({ focusVisible: true });
    if (was && !open && inside) find("#language").focus();
  }

  /* languages: of the texts that turn; the first is the one of the screen. */
  function draw(languages, open) {
    const codes = languages.map(({ code }) => code);
    if (codes.join() !== round.join()) {
      round = codes;
      seeAll(words.code);
    }
    document.documentElement.lang = words.code;
    document.documentElement.dir = words.direction;
    turning(find("#language .label"), languages, ({ own_name }) => own_name);
    const names = languages.map(({ own_name }) => own_name).join(", ");
    find("#language").setAttribute("aria-label", `${words.choose_language}: ${names}`);
    find("#languages").setAttribute("aria-label", words.choose_language);
    for (const each of find("#languages").children) {
      each.setAttribute("aria-pressed", String(each.lang === words.code));
    }
    show(open);
  }

  /* Moves the focus through the list by the arrows. */
  function walk(event) {
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    const all = [...find("#languages").children];
    const mirrored = document.documentElement.dir === "rtl" && /Left|Right/.test(event.key);
    const next = all.indexOf(document.activeElement) + (mirrored ? -step : step);
    all.at(next % all.length).focus();
    event.preventDefault();
  }

  /* handlers: toggle(), chosen(code). */
  function open({ toggle, chosen }) {
    find("#languages").replaceChildren(...Phrases.offered.map((language) => {
      const button = document.createElement("button");
      button.type = "button";
      button.lang = language.code;
      button.dir = language.direction;
      button.textContent = language.own_name;
      button.addEventListener("click", () => chosen(language.code));
      return button;
    }));
    find("#languages").addEventListener("keydown", walk);
    find("#language").addEventListener("click", toggle);
  }

  return { open, draw, turning, turn };
})();
