/* Draws what `View.decide` returns, and nothing else; text is set as text, never as markup.
   Guarantees: every state shows a notice; a card's picture gives way to its text, which is made
   smaller, then shorter, until it fits; a picture that cannot be loaded leaves no gap;
   `noticeIsVisible` checks the browser's layout, not the program's state. */
"use strict";

const Screen = (() => {
  const SVG = "http://www.w3.org/2000/svg";
  const QUIET_ZONE = 2; // white modules; the paper around makes up the 4 of ISO/IEC 18004
  const PICTURES = [0.44, 0.36, 0.28]; // shares of a card
  const TOGETHER = [0.94, 0.88]; // shares of a title's full size
  const ALONE = [0.8, 0.72, 0.64];
  const DRIFT_PX = 10;

  const find = (selector) => document.querySelector(selector);
  const marks = new Map(); // item id -> verdict, until other items are shown
  const missing = new Set(); // addresses that could not be loaded since the page was opened
  let on = null;
  let last = null;

  function element(name, className, content) {
    const made = document.createElement(name);
    if (className) made.className = className;
    if (typeof content === "string") made.textContent = content;
    else if (content) made.append(...content);
    return made;
  }

  /* A text in its own direction that has no say in the card's. */
  function aside(text) {
    return element("bdi", "", text);
  }

  function icon(name) {
    const svg = document.createElementNS(SVG, "svg");
    const use = document.createElementNS(SVG, "use");
    svg.setAttribute("aria-hidden", "true");
    use.setAttribute("href", `#icon-${name}`);
    svg.append(use);
    return svg;
  }

  function button(className, iconName, label, press) {
    const made = element("button", className, [icon(iconName), element("bdi", "label", label)]);
    made.type = "button";
    made.title = label;
    made.addEventListener("click", press);
    return made;
  }

  /* The QR code of an address as one path, or null where it is too long for a code. The lowest error
     correction gives the largest modules, and a screen has no scratches to correct. */
  function qr(link, caption) {
    const code = qrcode(0, "L");
    try {
      code.addData(link, "Byte");
      code.make();
    } catch {
      return null;
    }
    const size = code.getModuleCount();
    let d = "";
    for (let y = 0; y < size; y += 1) {
      for (let x = 0; x < size; x += 1) if (code.isDark(y, x)) d += `M${x} ${y}h1v1h-1z`;
    }
    const svg = document.createElementNS(SVG, "svg");
    const path = document.createElementNS(SVG, "path");
    const side = size + 2 * QUIET_ZONE;
    svg.setAttribute("viewBox", `${-QUIET_ZONE} ${-QUIET_ZONE} ${side} ${side}`);
    svg.setAttribute("shape-rendering", "crispEdges");
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", link);
    path.setAttribute("d", d);
    svg.append(path);
    return element("figure", "qr", [svg, element("figcaption", "", [aside(caption)])]);
  }

  /* The title describes the picture, so it has no alternative text. The code is drawn over it. */
  function picture(address, code) {
    const image = element("img");
    image.alt = "";
    image.draggable = false;
    image.addEventListener("error", () => {
      missing.add(address);
      if (image.isConnected) draw(...last);
    });
    image.src = address;
    return element("div", "picture", code ? [image, code] : [image]);
  }

  function fact(item) {
    if (item.distance !== null && item.distance >= 0) return words.distance(item.distance);
    return item.year === null ? "" : String(Math.round(item.year));
  }

  /* A button for an opinion, which may change but is sent once. */
  function verdict(item, value, iconName, ask, thanks) {
    const made = button("verdict", iconName, ask, () => {
      if (marks.get(item.id) === value) return;
      marks.set(item.id, value);
      on.touched(item.id, value);
      made.parentElement.childNodes.forEach((each) => each.update());
    });
    made.update = () => {
      const pressed = marks.get(item.id) === value;
      made.setAttribute("aria-pressed", String(pressed));
      made.querySelector(".label").textContent = pressed ? thanks : ask;
    };
    made.update();
    return made;
  }

  /* The title decides the direction of its whole card: all other texts are asides. */
  function card(item) {
    const title = element("h2", "", item.title);
    const text = element("div", "text");
    const by = [item.creator, item.place].filter(Boolean).flatMap((name) => [" · ", aside(name)]);
    if (by.length) text.append(element("p", "by", by.slice(1)));
    if (item.why.length) {
      text.append(element("ul", "why", item.why.map((why) => element("li", "", [aside(why)]))));
    }

    const verdicts = element("div", "verdicts", [
      verdict(item, "liked", "like", words.like, words.liked),
      verdict(item, "not_for_me", "not_for_me", words.not_for_me, words.noted),
    ]);
    const code = item.route ? qr(item.route, words.scan_route)
      : item.link ? qr(item.link, words.scan) : null;
    const shown = item.picture && !missing.has(item.picture) ? picture(item.picture, code) : null;
    const side = element("div", "side", code && !shown ? [code, verdicts] : [verdicts]);
    const band = element("div", "band", [
      icon(item.kind), element("bdi", "kind", words.kinds[item.kind]), element("span", "fact", [aside(fact(item))]),
    ]);
    const choose = element("button", "choose"); // the whole card
    choose.type = "button";
    choose.setAttribute("aria-label", item.title);
    choose.addEventListener("click", () => on.touched(item.id, "chosen"));
    const content = element("div", "content", [element("div", "body", [title, text, side])]);
    if (shown) content.prepend(shown);
    const made = element("article", "card", [band, content, choose]);
    made.dir = "auto";
    made.dataset.kind = item.kind;
    made.dataset.id = item.id;
    return made;
  }

  function tooMuch(made) {
    const [body, text, title] = [".body", ".text", "h2"].map((name) => made.querySelector(name));
    const floor = body.getBoundingClientRect().bottom - parseFloat(getComputedStyle(body).paddingBottom);
    const low = (part) => part.getBoundingClientRect().bottom > floor + 1;
    const wide = (part) => part.scrollWidth > part.clientWidth + 1;
    return text.scrollHeight > text.clientHeight + 1
      || [...made.querySelectorAll(".verdict")].some(wide)
      || [...made.querySelectorAll("h2, .text, .body .qr, .verdicts")].some(low)
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
     smaller title, a smaller code, fewer reasons and a title that is cut. */
  function fit(cards) {
    place(cards);
    for (const to of TOGETHER) if (cards.some(tooMuch)) shrink(cards, to);
    for (const made of cards) {
      for (const to of ALONE) if (tooMuch(made)) shrink([made], to);
      const code = made.querySelector(".qr");
      for (const less of [1, 2, 0]) if (code && tooMuch(made)) align(code, less);
      const title = made.querySelector("h2");
      const extras = [...made.querySelectorAll(".why li:not(:first-child)")].reverse();
      for (const extra of extras) if (tooMuch(made)) extra.remove();
      for (let lines = 4; lines >= 1 && tooMuch(made); lines -= 1) {
        title.classList.add("cut");
        title.style.setProperty("--lines", lines);
        if (lines === 3) made.querySelector(".by")?.remove();
        if (lines === 2) made.querySelector(".why")?.remove();
      }
    }
  }

  function draw(view, chosen) {
    const before = last?.[0];
    last = [view, chosen];
    if (JSON.stringify(before?.items) !== JSON.stringify(view.items)) marks.clear();

    const items = chosen === null ? view.items : view.items.filter((item) => item.id === chosen);
    const resting = items.length === 0;
    document.body.dataset.state = resting ? "resting" : "showing";

    find("#back").hidden = chosen === null || view.items.length < 2;
    find("#heading").textContent = resting ? "" : words.suggestions;
    const rest = words.resting[view.notice];
    find("#rest").hidden = !resting;
    find("#rest h1").textContent = rest.heading;
    find("#rest p").textContent = rest.text;

    const notice = words.notices[view.notice];
    find("#notice h2").textContent = notice.heading;
    find("#notice p").textContent = resting ? notice.text : notice.brief;
    find("#notice use").setAttribute("href", view.discloses ? "#icon-eye" : "#icon-eye-shut");

    const out = view.state === "opted_out";
    find("#choice .label").textContent = out ? words.opt_in : words.opt_out;
    find("#choice use").setAttribute("href", out ? "#icon-eye" : "#icon-eye-shut");

    // Last: the cards get the space that the rest leaves.
    const credits = [...new Set(items.map((item) => item.credit).filter(Boolean))];
    find("#credit").hidden = credits.length === 0;
    find("#credit").replaceChildren(...credits.flatMap((credit) => [" · ", aside(credit)]).slice(1));
    const cards = find("#cards");
    cards.hidden = resting;
    cards.dataset.count = items.length;
    cards.replaceChildren(...items.map(card));
    cards.querySelectorAll(".qr").forEach((figure) => align(figure));
    fit([...cards.children]);
  }

  /* Whether a person in front of the screen can read the notice: it is inside the window, drawn,
     not empty, and nothing covers it. */
  function noticeIsVisible() {
    const notice = find("#notice");
    const seen = (part) => {
      const box = part.getBoundingClientRect();
      const inside = box.left >= 0 && box.top >= 0 && box.right <= innerWidth && box.bottom <= innerHeight;
      const on = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
      return part.textContent !== "" && box.width > 0 && box.height > 0 && inside && notice.contains(on);
    };
    return document.visibilityState === "visible"
      && notice.checkVisibility({ opacityProperty: true, visibilityProperty: true })
      && [...notice.querySelectorAll("h2, p")].every(seen);
  }

  /* Moves everything a little; across and down: -1 to 1. */
  function drift(across, down) {
    find("#stage").style.translate = `${Math.round(across * DRIFT_PX)}px ${Math.round(down * DRIFT_PX)}px`;
  }

  /* `handlers`: touched(item id, verdict), choose() for opting out or in, back(). */
  function open(handlers) {
    on = handlers;
    document.title = words.name;
    find("#name").textContent = words.name;
    find("#back span").textContent = words.back;
    find("#choice .hint").textContent = words.hint;
    find("#choice").addEventListener("click", on.choose);
    find("#back").addEventListener("click", on.back);
    find(".way").append(...Object.entries(words.stops).map(([kind, label]) => {
      const stop = element("li", "", [element("span", "stop", [icon(kind)]), element("span", "", label)]);
      stop.dataset.kind = kind;
      return stop;
    }), element("li", "traveller"));
    addEventListener("resize", () => last && draw(...last));
  }

  return { open, draw, drift, noticeIsVisible };
})();
