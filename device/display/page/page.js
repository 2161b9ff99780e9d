/* Connects messages, screen and touches, and sends the heartbeat that reports what is on the screen.
   The camera is open only while `shows_notice` is true, so it is true only while the browser draws
   and the notice about the camera is visible. A window that nobody sees (`#hidden`: a release on
   trial opens one where the screen is off) says that it works, never that it shows the notice. */
"use strict";

(() => {
  const BEAT_MS = 3000;
  const CHECK_MS = 250;
  const REQUEST_MS = 10000; // longest wait for the kiosk to opt out or in
  const UNSENT_REQUEST_MS = 60000; // longest wait for a connection to send the request
  const CHOSEN_MS = Math.max(20000, 1000 * (window.WAYSIDE.stay_s ?? 0)); // as long as the cards
  const HEARD_MS = 5000; // of an opened card, after it has been said
  const DRIFT_MS = 5000;
  const HIDDEN = location.hash === "#hidden";
  const TURN_MS = 8000; // of the notice and the resting screen, to the next of the site's languages
  const LIST_MS = 20000; // of the list of languages, untouched
  const CHOICE_MS = 60000; // of a language that is chosen while nobody's cards are shown

  const arrived = { connected: false, online: true, message: null, request: null };
  let requestUntil = 0;
  let chosen = null;
  let chosenUntil = 0;
  let language = null; // the visitor's choice; null: the site's own
  let languageUntil = 0;
  let touchedLanguage = null;
  let listUntil = 0;
  let shown = null;
  let shownKey = "";
  let shownSince = performance.now();
  let lastFrame = 0;
  let usedAt = null; // by a finger, a key or a button
  let link = null;

  const utc = (at = performance.now()) =>
    new Date(Date.now() - (performance.now() - at)).toISOString();

  function refresh() {
    const now = performance.now();
    if (Speech.speaking()) chosenUntil = Math.max(chosenUntil, now + HEARD_MS);
    if (now >= requestUntil || arrived.message?.state === "opted_out") arrived.request = null;
    const next = View.decide(arrived, now);
    if (now >= chosenUntil || !next.items.some((item) => item.id === chosen)) chosen = null;
    if (Operator.refresh(now)) shownKey = "";
    if (Ask.refresh(now)) shownKey = "";
    if (Night.fall(arrived.connected && arrived.online)) shownKey = "";
    const listing = now < listUntil;
    const comesToRest = next.state === "resting" && shown?.state !== "resting";
    if (comesToRest || (next.state === "resting" && now >= languageUntil)) language = null;
    if (next.state === "resting" && Modes.rest(comesToRest, now)) shownKey = "";
    if (next.state === "resting") Speech.rest(comesToRest, now);
    const taking = Visit.shows(next.items, now) && chosen === null && !listing;
    const key = JSON.stringify([next, chosen, language, listing, taking]);
    if (key === shownKey) return;
    const reported = JSON.stringify([shown?.state, shown?.serial]);
    if (reported !== JSON.stringify([next.state, next.serial])) shownSince = now;
    shown = next;
    shownKey = key;
    const languages = (language ? [language] : Phrases.site).map(Phrases.of);
    Modes.draw(languages[0]);
    Speech.offer(languages[0]); // first: the cards get the space that these leave
    Keys.draw(languages, shown.items.length === 0);
    Operator.draw(languages);
    Ask.draw(languages);
    Screen.draw(shown, chosen, languages, listing, taking);
    Speech.draw();
    Guide.draw();
    afterPaint(beat);
  }

  /* Calls back when the browser has painted a frame, or after a second if it does not. */
  function afterPaint(call) {
    let called = false;
    const once = (painted) => {
      if (painted) lastFrame = performance.now();
      if (!called) call();
      called = true;
    };
    requestAnimationFrame(() => requestAnimationFrame(() => once(true)));
    setTimeout(() => once(false), 1000);
  }

  function beat() {
    const drawing = performance.now() - lastFrame < 2 * BEAT_MS;
    link?.publish("display", {
      at: utc(),
      state: shown.state,
      serial: shown.serial,
      release: window.WAYSIDE.release,
      shows_notice: !HIDDEN && shown.discloses && drawing && Screen.noticeIsVisible(),
      since: utc(shownSince),
      used_at: usedAt,
      seen: Pages.shown(),
    }, 0);
  }

  function used() {
    usedAt = utc();
  }

  /* Whether it could be sent. */
  function feedback(item_id, verdict) {
    return link?.publish("feedback", { item_id, verdict, at: utc() }, 1) ?? false;
  }

  function touched(id, verdict) {
    feedback(id, verdict);
    if (verdict !== "chosen") return;
    chosen = id;
    chosenUntil = performance.now() + CHOSEN_MS;
    refresh();
  }

  function back() {
    const taking = Visit.shows(shown.items, performance.now());
    chosen = null;
    Visit.close();
    refresh();
    if (taking) document.querySelector("#visit").focus();
  }

  function take() {
    Visit.toggle(shown.items);
    refresh();
    document.querySelector("#back").focus();
  }

  function list() {
    listUntil = performance.now() < listUntil ? 0 : performance.now() + LIST_MS;
    refresh();
  }

  /* A language holds until the screen rests, or for a while where it rests already. The list stays
     until its words are there, and of two touches the last one counts. */
  function speak(code) {
    touchedLanguage = code;
    Phrases.load(code).then(() => {
      if (touchedLanguage !== code || performance.now() >= listUntil) return;
      language = code;
      languageUntil = performance.now() + CHOICE_MS;
      listUntil = 0;
      refresh();
    }).catch((error) => console.warn(`language: ${error.message}`));
  }

  function choose() {
    const verdict = shown.state === "opted_out" ? "opt_in" : "opt_out";
    arrived.request = verdict;
    sendRequest();
    refresh();
  }

  function sendRequest() {
    const sent = feedback(null, arrived.request);
    requestUntil = performance.now() + (sent ? REQUEST_MS : UNSENT_REQUEST_MS);
  }

  const received = {
    suggestions: (text, retained) => { arrived.message = View.read(text, retained); },
    press: (text, retained) => Keys.press(text, retained),
    status: (text) => {
      try {
        arrived.online = JSON.parse(text).state !== "offline";
      } catch {
        arrived.online = true;
      }
    },
    screen: (text) => Night.hear(text),
    heard: (text, retained) => { if (Ask.hear(text, retained)) shownKey = ""; },
    announcement: (text, retained) => said("announcement", text, retained),
    identify: (text, retained) => said("identify", text, retained),
  };

  /* The operator's words take room from the cards, which are then laid out anew. */
  function said(name, text, retained) {
    if (Operator.hear(name, text, retained)) shownKey = "";
  }

  Lock.open(); // first: no other hears of a touch that it takes
  Languages.open({ toggle: list, chosen: speak });
  Speech.open();
  Keys.open({ used, language: list, opt_out: choose, back: () => (performance.now() < listUntil ? list() : back()) });
  Modes.open(() => {
    shownKey = "";
    refresh();
  });
  Ask.open({
    publish: (message) => link?.publish("ask", { ...message, at: utc() }, 1),
    changed: () => {
      shownKey = "";
      refresh();
    },
  });
  Screen.open({ touched, choose, back, take, turned: () => afterPaint(beat) });
  Hyphens.open(Screen.redraw);
  Scene.open(window.WAYSIDE, Screen.redraw);
  Rest.open(window.WAYSIDE);
  Guide.open(window.WAYSIDE.guide);
  refresh();
  link = Link.open(window.WAYSIDE, Object.keys(received), {
    open: () => {
      arrived.connected = true;
      if (arrived.request !== null) sendRequest();
      refresh();
    },
    close: () => {
      Object.assign(arrived, { connected: false, online: true, message: null });
      Operator.forget();
      Ask.forget();
      refresh();
    },
    message: (name, text, retained) => {
      received[name]?.(text, retained);
      refresh();
    },
  });

  setInterval(refresh, CHECK_MS);
  setInterval(() => afterPaint(beat), BEAT_MS);
  setInterval(Languages.turn, TURN_MS);
  document.addEventListener("visibilitychange", beat);
  for (const name of ["pointerdown", "keydown"]) document.addEventListener(name, used, true);
  document.addEventListener("contextmenu", (event) => event.preventDefault());

  /* Against burn-in everything moves by a pixel every few seconds, too slowly to be noticed. */
  setInterval(() => {
    const minutes = performance.now() / 60000;
    Screen.drift(Math.sin(minutes * 0.57), Math.sin(minutes * 0.91));
  }, DRIFT_MS);
})();
