/* Makes cards fit the space they have.
   Guarantees: a card's picture gives way to its text, which is made smaller, then shorter, until it
   fits; a word that is too long for its line is divided as its language does; nothing is left out
   while there is space for it; a QR code is as sharp as the screen. */
"use strict";

const Fit = (() => {
  const PICTURES = [0.44, 0.36, 0.28]; // shares of a card
  const TOGETHER = [0.94, 0.88]; // shares of a title's full size
  const ALONE = [0.8, 0.72, 0.64];

  const wide = (part) => part.scrollWidth > part.clientWidth + 1;

  /* Whether a button has no room for its words: then all buttons are as the smallest screens have
     them, with a picture alone. */
  const wordy = (made) => [...made.querySelectorAll(".verdict, .verdicts")].some(wide);

  /* Whether a part of a card reaches below its body. */
  function low(made, part) {
    const body = made.querySelector(".body");
    const floor = body.getBoundingClientRect().bottom - parseFloat(getComputedStyle(body).paddingBottom);
    return part.getBoundingClientRect().bottom > floor + 1;
  }

  function tooMuch(made) {
    const [body, text, title] = [".body", ".text", "h2"].map((name) => made.querySelector(name));
    return text.scrollHeight > text.clientHeight + 1
      || [...made.querySelectorAll(".verdict")].some(wide)
      || [...made.querySelectorAll("h2, .text, .body .qr, .verdicts")].some((part) => low(made, part))
      || [body, text, title].some(wide);
  }

  /* Each module of a code is a whole number of the screen's pixels, or cameras misread it; `less`
     takes that many away. With less than two pixels a module there is no code until the card is
     touched. */
  function align(figure, less = 0) {
    const svg = figure.querySelector("svg");
    const modules = svg.viewBox.baseVal.width;
    figure.hidden = false;
    svg.style.width = "";
    const wanted = svg.getBoundingClientRect().width * devicePixelRatio;
    const pixels = Math.floor(wanted / modules + 0.25);
    figure.hidden = pixels < 2;
    svg.style.width = `${(Math.max(2, pixels - less) * modules) / devicePixelRatio}px`;
  }

  function shrink(some, to) {
    for (const made of some) made.style.setProperty("--shrink", to);
  }

  /* A word that is wider than its title is divided where its language does so. */
  function divide(made) {
    const title = made.querySelector("h2");
    title.style.overflowWrap = "normal";
    const tooWide = title.scrollWidth > title.clientWidth + 1;
    title.style.overflowWrap = "";
    const text = title.querySelector("bdi") ?? title;
    if (tooWide) text.textContent = Hyphens.divided(text.textContent, title.lang);
  }

  /* The largest pictures that leave room for the text of all cards, with all titles a little smaller
     if need be; a card whose text does not fit even then, with its own title smaller, has none. */
  function place(cards) {
    const pictured = cards.filter((made) => made.querySelector(".picture")?.checkVisibility());
    const codes = (made) => made.querySelectorAll(".qr").forEach((figure) => align(figure));
    const tries = PICTURES.flatMap((share) => [1, ...TOGETHER].map((to) => [share, to]));
    for (const [share, to] of tries) {
      shrink(cards, to);
      for (const made of pictured) {
        made.style.setProperty("--picture", share);
        codes(made);
      }
      if (!pictured.some(tooMuch)) break;
    }
    for (const made of pictured) for (const to of ALONE) if (tooMuch(made)) shrink([made], to);
    for (const made of cards.filter((one) => one.querySelector(".picture"))) {
      if (pictured.includes(made) && !tooMuch(made)) continue;
      made.querySelector(".side").prepend(...made.querySelectorAll(".qr"));
      made.querySelector(".picture").remove();
      shrink([made], 1);
      codes(made);
    }
  }

  /* All titles a little smaller, so that they stay alike; then, for the cards that still overflow, a
     smaller title, a code without words, a smaller code, fewer reasons and a title that is cut. What
     was left out comes back where the rest has made space for it. */
  function cards(all) {
    all.forEach((made) => made.querySelectorAll(".qr").forEach((figure) => align(figure)));
    if (all.some(wordy)) all.forEach((made) => made.style.setProperty("--labels", "no"));
    all.forEach(divide);
    place(all);
    all.forEach(divide); // beside a picture a title is narrower
    for (const to of TOGETHER) if (all.some(tooMuch)) shrink(all, to);
    for (const made of all) {
      for (const to of ALONE) if (tooMuch(made)) shrink([made], to);
      const leftOut = [];
      const leave = (part) => {
        part.hidden = true;
        leftOut.push(part);
      };
      const code = made.querySelector(".qr");
      if (code && tooMuch(made)) leave(code.querySelector("figcaption"));
      for (const less of [1, 2, 0]) if (code && tooMuch(made)) align(code, less);
      for (let less = 1; less < 8 && code && low(made, code); less += 1) align(code, less);
      const title = made.querySelector("h2");
      const reasons = [...made.querySelectorAll(".why li")];
      const about = made.querySelector(".about");
      if (about && tooMuch(made)) leave(about);
      for (const one of reasons.slice(1).reverse()) if (tooMuch(made)) leave(one);
      for (let lines = 4; lines >= 1 && tooMuch(made); lines -= 1) {
        title.classList.add("cut");
        title.style.setProperty("--lines", lines);
        const more = { 3: made.querySelector(".by"), 2: reasons[0] }[lines];
        if (more) leave(more);
      }
      for (const one of leftOut.reverse()) {
        one.hidden = false;
        if (tooMuch(made)) one.remove();
      }
    }
  }

  return { cards };
})();
