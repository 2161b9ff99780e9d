/* Makes cards fit the space they have.
   Guarantees: a card's picture gives way to its text, which is made smaller, then shorter, until it
   fits; a word that is too long for its line is divided as its language does; nothing is left out
   while there is space for it; a QR code is as sharp as the screen. A card beside others keeps all of
   its title and what is needed of its text, or it is told that they do not fit: fewer have more room. */
"use strict";

const Fit = (() => {
  const PICTURES = [0.5, 0.44, 0.36, 0.28]; // shares of a card
  const TOGETHER = [0.94, 0.88]; // shares of a title's full size
  const ALONE = [0.8, 0.72, 0.64];
  const MARGIN_PX = 4; // of a picture around its code, at least
  const LARGEST_CODE = { tall: 0.62, wide: 0.8, beside: 0.8 }; // of the height of a card's content, by its form
  const LARGEST_ON_PICTURE = { tall: 0.45, wide: 0.95 };

  const wide = (part) => part.scrollWidth > part.clientWidth + 1;

  /* Whether a button has no room for its words: then all buttons are as the smallest screens have
     them, with a picture alone. */
  const wordy = (made) => [...made.querySelectorAll(".verdict, .verdicts")].some(wide);

  function wordless(all) {
    for (const made of all) made.style.setProperty("--labels", "no");
  }

  /* Whether a part of a card reaches below its body, or above it. */
  function outside(made, part) {
    const body = made.querySelector(".body");
    const [inner, outer] = [part, body].map((one) => one.getBoundingClientRect());
    const floor = outer.bottom - parseFloat(getComputedStyle(body).paddingBottom);
    return inner.height > 0 && (inner.bottom > floor + 1 || inner.top < outer.top);
  }

  /* Whether the title reaches over what stands below it or beside it. */
  function covering(made) {
    const title = made.querySelector("h2").getBoundingClientRect();
    return [...made.querySelectorAll(".body .qr, .verdicts")].some((part) => {
      const box = part.getBoundingClientRect();
      return box.height > 0 && box.top < title.bottom - 1 && box.bottom > title.top
        && box.left < title.right - 1 && box.right > title.left + 1;
    });
  }

  /* Whether a code is larger than the picture that it lies on. */
  function bursting(made) {
    const [picture, code] = [".picture", ".picture .qr"].map((name) => made.querySelector(name));
    if (code === null || !code.checkVisibility()) return false;
    const [inner, outer] = [code, picture].map((part) => part.getBoundingClientRect());
    return inner.top < outer.top + MARGIN_PX || inner.left < outer.left || inner.right > outer.right;
  }

  function tooMuch(made) {
    const [band, body, text, title] = [".band", ".body", ".text", "h2"].map((name) => made.querySelector(name));
    return text.scrollHeight > text.clientHeight + 1
      || wordy(made)
      || [...made.querySelectorAll("h2, .text, .body .qr, .verdicts")].some((part) => outside(made, part))
      || [band, body, text, title].some(wide)
      || covering(made)
      || bursting(made);
  }

  /* Each module of a code is a whole number of the screen's pixels, or cameras misread it, and large
     enough for a phone that is held some way off (Sizes.module); `less` takes that many pixels away.
     Where that leaves no room for the words there is no code until the card is touched. */
  function align(figure, less = 0) {
    const svg = figure.querySelector("svg");
    const modules = svg.viewBox.baseVal.width;
    figure.hidden = false;
    svg.style.width = "";
    const wanted = svg.getBoundingClientRect().width * devicePixelRatio;
    if (wanted === 0) return; // its layout has none
    const pixels = Math.max(Math.floor(wanted / modules + 0.25), Sizes.module()) - less;
    const side = (Math.max(pixels, 2) * modules) / devicePixelRatio;
    svg.style.width = `${side}px`;
    const form = getComputedStyle(figure).getPropertyValue("--form").trim();
    const share = (figure.closest(".picture") ? LARGEST_ON_PICTURE : LARGEST_CODE)[form] ?? 1;
    figure.hidden = side > share * figure.closest(".content").clientHeight;
  }

  function shrink(some, to) {
    for (const made of some) made.style.setProperty("--shrink", to);
  }

  /* A word that is wider than its title or its line is divided where its language does so. */
  function divide(made) {
    const title = made.querySelector("h2");
    const lines = [...made.querySelectorAll(".why li")].map((line) => [line, words.code]);
    for (const [part, lang] of [[title, title.lang], ...lines]) {
      const text = part.querySelector("bdi") ?? part;
      if (wide(part)) text.textContent = Hyphens.divided(text.textContent, lang);
    }
  }

  const codesOf = (made) => made.querySelectorAll(".qr").forEach((figure) => align(figure));

  /* The reasons that a card can do without, the last of them first. */
  const spare = (made) => [...made.querySelectorAll(".why li:not(.needed)")].reverse();

  /* The smallest picture that holds its code, with a title of its own size, fewer reasons, and
     without saying by whom it is, or where. */
  function squeeze(made) {
    const content = made.querySelector(".content");
    const side = getComputedStyle(content).flexDirection === "row" ? "width" : "height";
    const code = made.querySelector(".picture .qr:not([hidden])");
    const held = code ? code.getBoundingClientRect()[side] + 2 * parseFloat(getComputedStyle(code).bottom) : 0;
    made.style.setProperty("--picture", Math.max(held / content.getBoundingClientRect()[side], PICTURES.at(-1)));
    codesOf(made);
    for (const to of ALONE) if (tooMuch(made)) shrink([made], to);
    const fewer = [...spare(made), ...made.querySelectorAll(".by")];
    for (const one of fewer) if (tooMuch(made)) one.hidden = true;
  }

  /* The largest pictures that leave room for the text of all cards, with all titles a little smaller
     if need be; a card whose text does not fit even then has the smallest, or none. */
  function place(cards) {
    const pictured = cards.filter((made) => made.querySelector(".picture")?.checkVisibility());
    const tries = PICTURES.flatMap((share) => [1, ...TOGETHER].map((to) => [share, to]));
    for (const [share, to] of tries) {
      shrink(cards, to);
      for (const made of pictured) {
        made.style.setProperty("--picture", share);
        codesOf(made);
      }
      if (!pictured.some(tooMuch)) break;
    }
    if (pictured.some(tooMuch)) wordless(cards);
    for (const made of pictured) if (tooMuch(made)) squeeze(made);
    for (const made of cards.filter((one) => one.querySelector(".picture"))) {
      if (pictured.includes(made) && !tooMuch(made)) continue;
      made.querySelector(".side").prepend(...made.querySelectorAll(".qr"));
      made.querySelector(".picture").remove();
      for (const one of made.querySelectorAll(".why li, .by")) one.hidden = false;
      shrink([made], 1);
      codesOf(made);
    }
  }

  /* Whether a card beside others has no room even for what is needed, as small as it gets. */
  function hopeless(all) {
    if (all.length < 2) return false;
    shrink(all, ALONE.at(-1));
    for (const made of all) made.classList.add("bare");
    const found = all.some(tooMuch);
    for (const made of all) made.classList.remove("bare");
    shrink(all, 1);
    return found;
  }

  /* Whether the title of a card is not there to its end. */
  function shortened(made) {
    const title = made.querySelector("h2");
    return title.scrollHeight > title.clientHeight + 2;
  }

  /* Cuts the title to as many lines as have room, at least so many. */
  function cut(made, fewest) {
    const title = made.querySelector("h2");
    title.classList.remove("cut");
    for (let lines = 4; lines >= fewest && tooMuch(made); lines -= 1) {
      title.classList.add("cut");
      title.style.setProperty("--lines", lines);
    }
  }

  /* Of an opened card: smaller codes, or where text is enlarged fewer, fewer facts and lines about it. */
  function reduce(made, codes, leave) {
    const enlarged = Sizes.enlarged();
    if (enlarged) codes.slice(1).forEach(leave);
    for (let less = 1; less < 8 && !enlarged && tooMuch(made); less += 1) codes.forEach((code) => align(code, less));
    const [first, ...others] = made.querySelectorAll(".why li:not([hidden])");
    others.reverse().forEach(leave);
    made.querySelectorAll(".about").forEach(leave);
    const rest = [...made.querySelectorAll(".by"), first].filter(Boolean);
    const small = document.documentElement.classList.contains("small"); // titles need all of its width
    if (enlarged || small) rest.forEach(leave);
    if (small) codes.forEach(leave);
    return rest;
  }

  /* All titles a little smaller, so that they stay alike; then, for the cards that still overflow, a
     smaller title, a code without words, fewer reasons, not by whom or where it is, no code; and of a
     card that is alone words that are broken anywhere, less of what is needed, and a title that is cut.
     What was left out comes back where the rest has made space for it. Whether nothing that is needed
     is missing. */
  function cards(all) {
    all.forEach(codesOf);
    if (all.some(wordy)) wordless(all);
    const kinds = all.map((made) => made.querySelector(".kind"));
    if (kinds.some(wide)) all.forEach((made) => made.classList.add("icons"));
    all.forEach(divide);
    if (hopeless(all)) return false;
    place(all);
    all.forEach(divide); // beside a picture a title is narrower
    for (const to of TOGETHER) if (all.some(tooMuch)) shrink(all, to);
    for (const made of all) {
      const opened = made.querySelector(".codes") !== null;
      made.classList.toggle("broken", opened);
      for (const to of ALONE) if (tooMuch(made)) shrink([made], to);
      const leftOut = [...[...made.querySelectorAll(".why li[hidden]")].reverse(), ...made.querySelectorAll(".by[hidden]")];
      const leave = (part) => {
        if (part.hidden || !tooMuch(made)) return;
        part.hidden = true;
        leftOut.push(part);
      };
      const codes = [...made.querySelectorAll(".qr:not([hidden])")];
      codes.forEach((code) => leave(code.querySelector("figcaption")));
      let rest = [];
      if (opened) {
        rest = reduce(made, codes, leave);
      } else {
        [...spare(made), ...made.querySelectorAll(".by"), ...codes].forEach(leave);
        rest = [...made.querySelectorAll(".needed")].reverse();
      }
      if (all.length === 1) {
        if (tooMuch(made)) made.classList.add("broken");
        cut(made, 2);
        [...rest, ...codes].forEach(leave);
        cut(made, 1);
      }
      for (const one of leftOut.reverse()) {
        one.hidden = false;
        if (tooMuch(made)) one.remove();
      }
    }
    return !all.some((made) => shortened(made) || tooMuch(made));
  }

  return { cards };
})();
