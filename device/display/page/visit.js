/* Takes a visit along: one code with all cards of the screen, which needs no server. It is a `mailto:`
   address without a recipient: a phone's camera opens the visitor's own mail with the ideas written in
   it, to be sent to oneself. Of what phones open by themselves it alone holds several links; of plain
   text an iPhone offers a web search. */
"use strict";

const Visit = (() => {
  const SHOWN_MS = 60000;
  const LONGEST_LINK = 200; // a longer one makes the code of all cards too fine
  const QUIET = 4; // white modules around a code of its own size
  const PLAIN = /%(?:2F|3A|2C|3B|40|21|24|27|28|29|2A)/g; // may stand in a mailto address (RFC 6068)

  const find = (selector) => document.querySelector(selector);
  let until = 0;
  let taken = []; // ids of the items in the code
  let drawn = "";

  const encoded = (text) => encodeURIComponent(text).replace(PLAIN, decodeURIComponent);

  /* Title, by whom or where, and one link of each item: the way there, or a page about it. */
  function address(items, words) {
    const parts = items.map((item) => {
      const link = [item.route, item.link].find((one) => one && one.length <= LONGEST_LINK);
      const by = [item.creator, item.place].filter(Boolean).join(" · ");
      return [words.title(item).text, by, link].filter(Boolean).join("\r\n");
    });
    const subject = `${words.name}: ${words.suggestions}`;
    return `mailto:?subject=${encoded(subject)}&body=${encoded(parts.join("\r\n\r\n"))}`;
  }

  /* Shows the code of these items, or puts it away. */
  function toggle(items, now = performance.now()) {
    until = now < until ? 0 : now + SHOWN_MS;
    taken = items.map(({ id }) => id);
  }

  function close() {
    until = 0;
  }

  /* Whether it is shown, of these items: it goes with the cards that it is of. */
  function shows(items, now) {
    if (!items.some(({ id }) => taken.includes(id))) until = 0;
    return now < until;
  }

  /* `shown`: what `shows` said. */
  function draw(items, words, shown, covered) {
    const panel = find("#take");
    panel.hidden = !shown;
    find("#visit").hidden = items.length === 0 || covered || shown;
    find("#visit span").textContent = words.take.ask;
    if (!shown) {
      drawn = "";
      return;
    }
    const mail = address(items, words);
    if (mail === drawn) return;
    drawn = mail;
    find("#take h2").textContent = words.take.ask;
    find("#take p").textContent = words.take.how;
    find("#take ul").replaceChildren(...items.map((item) => {
      const line = document.createElement("li");
      const { text, lang } = words.title(item);
      line.textContent = text;
      line.lang = lang;
      line.dir = "auto";
      return line;
    }));
    const figure = Codes.figure(mail, "", words.take.ask);
    find("#take .code").replaceChildren(...(figure === null ? [] : [figure]));
    if (figure !== null) size(figure.querySelector("svg"));
  }

  /* As large as its place, with a whole number of the screen's pixels a module. */
  function size(svg) {
    const [left, , side] = svg.getAttribute("viewBox").split(" ").map(Number);
    const modules = side + 2 * (QUIET + left);
    svg.setAttribute("viewBox", `${-QUIET} ${-QUIET} ${modules} ${modules}`);
    const { clientWidth, clientHeight } = find("#take .code");
    const pixels = Math.floor((Math.min(clientWidth, clientHeight) * devicePixelRatio) / modules);
    svg.style.width = `${(Math.max(2, pixels) * modules) / devicePixelRatio}px`;
  }

  return { toggle, close, shows, draw };
})();
