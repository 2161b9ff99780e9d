/* Draws what `View.decide` returns, and nothing else; text is set as text, never as markup.
   Guarantees: every state shows a notice; a picture that cannot be loaded leaves no gap;
   `noticeIsVisible` checks the browser's layout, not the program's state. */
"use strict";

const Screen = (() => {
  const SVG = "http://www.w3.org/2000/svg";
  const DRIFT_PX = 10;

  const find = (selector) => document.querySelector(selector);
  const marks = new Map(); // item id -> verdict, until other items are shown
  const missing = new Set(); // addresses that could not be loaded since the page was opened
  let on = null;
  let last = null;
  let told = ""; // the titles that have been told last

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

  /* The title describes the picture, so it has no alternative text. The code is drawn over it. */
  function picture(address, className, code) {
    const image = element("img");
    image.alt = "";
    image.draggable = false;
    image.addEventListener("error", () => {
      missing.add(address);
      if (image.isConnected) draw(...last);
    });
    image.src = address;
    return element("div", className, code ? [image, code] : [image]);
  }

  /* What the code of a card leads to; an opened one has both. */
  function codes(item, opened) {
    const route = item.route ? [Codes.figure(item.route, words.scan_route)] : [];
    const about = item.link && (opened || !route.length) ? [Codes.figure(item.link, words.scan)] : [];
    return [...route, ...about].filter(Boolean);
  }

  /* The picture of an opened card, and where it is. */
  function view(item, pictured) {
    const parts = [
      pictured ? picture(item.picture, "photo") : null,
      Maps.figure(item, words) ?? Maps.compass(item, words),
    ].filter(Boolean);
    return parts.length ? element("div", "view", parts) : null;
  }

  /* How far it is: on foot, and on an opened card, which has that below, in metres; or its year. */
  function fact(item, opened) {
    if (item.distance !== null && item.distance >= 0) {
      return words.reason({ code: "distance", argument: item.distance }, opened ? null : item.minutes);
    }
    return item.year === null ? "" : String(Math.round(item.year));
  }

  /* A line of a card's text; one that is needed stays on the card. */
  function line({ text, needed }) {
    return element("li", needed ? "needed" : "", [aside(text)]);
  }

  /* A button for an opinion, which may change but is sent once. */
  function verdict(item, value, iconName, ask, thanks) {
    const made = button("verdict", iconName, ask, () => {
      if (marks.get(item.id) === value) return;
      marks.set(item.id, value);
      on.touched(item.id, value);
      made.parentElement.childNodes.forEach((each) => each.update());
    });
    made.dataset.verdict = value;
    made.update = () => {
      const pressed = marks.get(item.id) === value;
      made.setAttribute("aria-pressed", String(pressed));
      made.title = pressed ? thanks : ask;
      made.querySelector(".label").textContent = made.title;
    };
    made.update();
    return made;
  }

  /* The title decides the direction of its whole card, and all other texts are asides, unless the
     visitor reads from right to left: then all cards do, and the title is an aside too. */
  function card(item, opened) {
    const named = words.title(item);
    const fromTheRight = words.direction === "rtl";
    const title = element("h2", "", fromTheRight ? [aside(named.text)] : named.text);
    title.lang = named.lang;
    const text = element("div", "text");
    const by = [item.creator, item.place].filter(Boolean).flatMap((name) => [" · ", aside(name)]);
    if (by.length) text.append(element("p", "by", by.slice(1)));
    const about = opened ? words.about(item) : { text: "" };
    const lines = element("p", "about", [aside(about.text)]);
    lines.lang = about.lang ?? "";
    if (about.text) text.append(lines);
    const why = opened ? View.facts(item).map((one) => ({ text: one })) : View.lines(item);
    if (why.length) text.append(element("ul", "why", why.map(line)));

    const verdicts = element("div", "verdicts", [
      verdict(item, "liked", "like", words.like, words.liked),
      verdict(item, "not_for_me", "not_for_me", words.not_for_me, words.noted),
    ]);
    const pictured = item.picture !== "" && !missing.has(item.picture);
    const [code, ...more] = codes(item, opened);
    const shown = opened ? view(item, pictured)
      : pictured ? picture(item.picture, "picture", code) : null;
    const side = element("div", "side", [verdicts]);
    if (opened && code) side.prepend(element("div", "codes", [code, ...more]));
    else if (code && !shown) side.prepend(code);
    const band = element("div", "band", [
      icon(item.kind), element("bdi", "kind", words.kinds[item.kind]), element("span", "fact", [aside(fact(item, opened))]),
    ]);
    const content = element("div", "content", [element("div", "body", [title, text, side])]);
    if (shown) content.prepend(shown);
    const made = element("article", "card", [band, content]);
    if (!opened) made.append(chooser(item, named.text));
    Scans.watch(made, item.id, (id) => on.touched(id, "scanned"));
    made.classList.toggle("told", about.text !== "");
    made.dir = fromTheRight ? "rtl" : "auto";
    made.dataset.kind = item.kind;
    made.dataset.id = item.id;
    return made;
  }

  /* A touch on a card, wherever nothing else is. */
  function chooser(item, name) {
    const made = element("button", "choose");
    made.type = "button";
    made.setAttribute("aria-label", name);
    made.addEventListener("click", () => on.touched(item.id, "chosen"));
    return made;
  }

  /* Opinions are forgotten with the cards that they are of. Where all that went was refused, the
     visit goes on, and the others keep theirs. */
  function forget(before, now) {
    const there = new Set(now.map(({ id }) => id));
    const gone = before.filter(({ id }) => !there.has(id)).map(({ id }) => id);
    Scans.forget(gone);
    const added = now.some(({ id }) => !before.some((item) => item.id === id));
    if (!gone.length && !added) return;
    if (!gone.length || gone.some((id) => marks.get(id) !== "not_for_me")) marks.clear();
    for (const id of gone) marks.delete(id);
  }

  /* Where the focus goes when the cards have been drawn again, as selectors of which the first that
     is there has it: into a card that opens by the way back, out of it to that card, else to where
     it was, or to the card in that place, or the last. */
  function focused(chosen) {
    const held = document.activeElement;
    const made = held.closest(".card");
    if (!made && held.id !== "back") return [];
    const was = last?.[1] ?? null;
    const whole = (id) => `.card[data-id="${CSS.escape(id)}"] .choose`;
    if (chosen !== null && (was === null || !made)) return ["#back"];
    if (was !== null && chosen === null) return [whole(was), ".choose"];
    if (!made) return []; // from the code of all cards
    const { verdict } = held.dataset;
    const same = `.card[data-id="${CSS.escape(made.dataset.id)}"] [data-verdict="${verdict}"]`;
    const place = [...made.parentElement.children].indexOf(made) + 1;
    const after = [`.card:nth-child(${place}) .choose`, ".card:last-child .choose"];
    return [verdict ? same : whole(made.dataset.id), ...after];
  }

  /* Who answers for the kiosk, in whatever letters and direction their name is. */
  function answers(theirs) {
    const { operator } = window.WAYSIDE;
    return operator ? ` ${theirs.answers} \u2068${operator}\u2069` : "";
  }

  /* A stop of the way on the resting screen, without a name. */
  function stop(kind) {
    const made = element("li", "", [element("span", "stop", [icon(kind)]), element("span", "name")]);
    made.dataset.kind = kind;
    return made;
  }

  /* Tells whoever does not see them what cards have come, once, each title in its own language. */
  function tell(items) {
    const titles = items.map((item) => words.title(item));
    const now = titles.map(({ text }) => text).join("\n");
    if (now === told) return;
    told = now;
    const parts = titles.flatMap(({ text, lang }) => [", ", Object.assign(aside(text), { lang })]);
    find("#told").replaceChildren(...parts.slice(1));
  }

  function redraw() {
    if (last) draw(...last);
  }

  /* Draws these cards, closer together if need be. Whether all that is needed of them has room. */
  function lay(items, opened) {
    const cards = find("#cards");
    cards.dataset.count = items.length;
    return [false, true].some((dense) => {
      cards.classList.toggle("dense", dense && items.length > 1);
      cards.replaceChildren(...items.map((item) => card(item, opened)));
      return Fit.cards([...cards.children]) || items.length < 2;
    });
  }

  /* languages: those of the texts that turn; the first is the one of all others. listing,
     taking: whether the list of languages, or the code of all cards, is in the place of the cards. */
  function draw(view, chosen, languages, listing, taking) {
    const before = last?.[0].items ?? [];
    const focus = focused(chosen);
    last = [view, chosen, languages, listing, taking];
    words = languages[0];
    const say = (selector, pick) => Languages.turning(find(selector), languages, pick);
    Languages.draw(languages, listing);
    forget(before, view.items);

    const opened = chosen !== null;
    const items = !opened ? view.items : view.items.filter((item) => item.id === chosen);
    const resting = items.length === 0;
    document.body.dataset.state = resting ? "resting" : "showing";

    find("#back").hidden = !(opened || taking) || listing;
    find("#back span").textContent = words.back;
    find("#heading").textContent = listing ? words.choose_language : words.suggestions;
    find("#heading").hidden = resting && !listing; // which has a heading of its own
    find("#rest").hidden = !resting || listing;
    say("#rest h1", (theirs) => theirs.resting[view.notice].heading);
    say("#rest p", (theirs) => theirs.resting[view.notice].text);
    for (const kind of Object.keys(words.stops)) {
      say(`.kinds [data-kind=${kind}] .name`, (theirs) => theirs.stops[kind]);
    }

    say("#notice h2", (theirs) => theirs.notices[view.notice].heading);
    const brief = !resting || Sizes.enlarged();
    say("#notice p", (theirs) => Notice.text(theirs, view.notice, brief) + (resting ? answers(theirs) : ""));
    const heard = words.notices[view.notice].heading;
    if (find("#said").textContent !== heard) find("#said").textContent = heard;
    tell(items);
    find("#notice use").setAttribute("href", view.discloses ? "#icon-eye" : "#icon-eye-shut");

    const out = view.state === "opted_out";
    say("#choice .label", (theirs) => (out ? theirs.opt_in : theirs.opt_out));
    find("#choice use").setAttribute("href", out ? "#icon-eye" : "#icon-eye-shut");

    const owed = items.length ? items : [...Scene.shown(), ...(view.around?.places ?? [])];
    const credits = [...new Set(owed.map(({ credit }) => credit).filter(Boolean))]
      .filter((one, _, all) => !all.some((other) => other !== one && other.includes(one)));
    find("#credit").hidden = credits.length === 0 || listing;
    find("#credit").replaceChildren(...credits.flatMap((credit) => [" · ", aside(credit)]).slice(1));
    if (resting && !listing) {
      Rest.draw(view.around, languages);
      Scene.draw();
    }
    const cards = find("#cards");
    cards.hidden = resting || listing || taking;
    cards.toggleAttribute("data-opened", opened);
    Visit.draw(items, words, taking, opened || listing);
    // Last: the cards get the space that the rest leaves.
    const there = new Set([...cards.children].map((made) => made.dataset.id));
    if (opened || resting || listing || taking) {
      Pages.leave(view.items, chosen);
      lay(listing || taking ? [] : items, opened);
    } else {
      Pages.draw(items, words, (some) => lay(some, false));
    }
    for (const made of cards.children) made.classList.toggle("new", !there.has(made.dataset.id));
    focus.map(find).find(Boolean)?.focus();
  }

  /* Whether a person in front of the screen can read the notice: it is inside the window, drawn,
     not empty, and nothing covers it. */
  function noticeIsVisible() {
    const notice = find("#notice");
    const seen = (part) => {
      const box = part.getBoundingClientRect();
      const inside = box.left >= 0 && box.top >= 0 && box.right <= innerWidth && box.bottom <= innerHeight;
      const on = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
      return part.innerText !== "" && box.width > 0 && box.height > 0 && inside && notice.contains(on);
    };
    return document.visibilityState === "visible"
      && notice.checkVisibility({ opacityProperty: true, visibilityProperty: true })
      && [...notice.querySelectorAll("h2, p")].every(seen);
  }

  /* Moves everything a little; across and down: -1 to 1. */
  function drift(across, down) {
    find("#stage").style.translate = `${Math.round(across * DRIFT_PX)}px ${Math.round(down * DRIFT_PX)}px`;
  }

  /* `handlers`: touched(item id, verdict), choose() for opting out or in, back(), take() for the
     code of all cards, and turned() when other cards have come into view. */
  function open(handlers) {
    on = handlers;
    document.title = words.name;
    find("#name").textContent = words.name;
    find("#choice").addEventListener("click", on.choose);
    find("#back").addEventListener("click", on.back);
    find("#visit").addEventListener("click", on.take);
    Pages.open(() => {
      redraw();
      on.turned();
    });
    find(".kinds").prepend(...Object.keys(words.stops).map(stop));
    addEventListener("resize", redraw);
  }

  return { open, draw, redraw, stop, drift, noticeIsVisible };
})();
