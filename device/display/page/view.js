/* Decides what to show, from the messages that have arrived; neither draws nor connects.
   Guarantees: whatever a message contains becomes short strings and numbers, or nothing; what is
   older than its lifetime is not shown. Age is measured by the monotonic clock from arrival, so a
   jump of the wall clock changes nothing; only the age of a retained message is first taken from
   the wall clock, since nothing else says how old it is. */
"use strict";

const View = (() => {
  const STATES = ["resting", "showing", "opted_out"];
  const KINDS = ["place", "film", "song", "activity", "event"];
  const DISCLOSING = ["watching", "demo"]; // notices that say what the camera does
  const LANGUAGE_TAG = /^[a-z]{2,3}(-[A-Za-z]{2,4})?$/;
  const ACCESS = ["yes", "limited", "no"];
  const SPAN = /^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$/;
  const TIME = /^([01]\d|2[0-3]):[0-5]\d$/;
  const HOURS = ["open_until", "always_open", "hours_unknown"];
  const TIMES = ["when", ...HOURS];
  const MOST_PLACES = 9;
  const MOST_SPANS = 4;
  const LONGEST_WAY = 20000; // characters of a polyline
  const MOST_ITEMS = 8;
  const MOST_REASONS = 4;
  const LONGEST_LIFE_MS = 600000;
  const SLACK_MS = 2000;

  function text(value, longest = 160) {
    if (typeof value !== "string") return "";
    const line = value.replace(/\p{Cc}+/gu, " ").replace(/[\u202a-\u202e\u2066-\u2069]/g, "").trim();
    const letters = [...line];
    return letters.length > longest ? letters.slice(0, longest - 1).join("") + "…" : line;
  }

  function number(value) {
    return typeof value === "number" && Number.isFinite(value) ? value : null;
  }

  /* Only a web address or a place on a map becomes a QR code; the page itself never opens it. What
     `wayside catalogue build` accepts is accepted here. */
  function link(value) {
    if (typeof value !== "string" || value.length > 500 || !URL.canParse(value)) return "";
    const url = new URL(value);
    return ["http:", "https:", "geo:"].includes(url.protocol) ? url.href : "";
  }

  /* The path of a picture beside the page, in NFC as the server has it; only a relative path is
     accepted. */
  function picture(value) {
    if (typeof value !== "string" || value.length > 300 || /[\\:\p{Cc}\p{Cs}]/u.test(value)) return "";
    const names = value.normalize("NFC").split("/");
    if (names.some((name) => ["", ".", ".."].includes(name))) return "";
    return `pictures/${names.map(encodeURIComponent).join("/")}`;
  }

  /* Codes, which become words where they are drawn, or the phrases of a kiosk that sends none. */
  function reasons({ reasons: codes, why }) {
    if (!Array.isArray(codes)) return Array.isArray(why) ? why.map((phrase) => text(phrase)) : [];
    return codes.filter((code) => code !== null && typeof code === "object");
  }

  /* A phrase for each reason of an item, each once. */
  function why({ reasons: found, minutes }) {
    const made = found.map((each) => (typeof each === "string" ? each : words.reason(each, minutes)));
    return [...new Set(made.filter(Boolean))].slice(0, MOST_REASONS);
  }

  /* What a card says below its title, which does not repeat how far it is. needed: nobody can choose
     without it: when it is or how long it is open, and the first reason of another kind. */
  function lines(one) {
    const kinds = new Set();
    const made = new Map();
    for (const each of one.reasons) {
      if (each.code === "distance" && one.distance !== null) continue;
      const [text] = why({ ...one, reasons: [each] });
      if (text === undefined || made.has(text)) continue;
      const kind = TIMES.includes(each.code) ? "time" : "reason";
      made.set(text, !kinds.has(kind));
      kinds.add(kind);
    }
    return [...made].slice(0, MOST_REASONS).map(([text, needed]) => ({ text, needed }));
  }

  /* What an opened card says: when it is, how far, when it is open today, what it costs, who gets in,
     and the reasons that say something else. */
  function facts(one) {
    const told = one.hours === null ? ["distance"] : ["distance", ...HOURS];
    const [when, others] = [[], []];
    for (const each of one.reasons) {
      if (each.code === "when") when.push(each);
      else if (!told.includes(each.code)) others.push(each);
    }
    const walk = one.minutes === null ? [] : [{ code: "distance", argument: one.distance }];
    const known = [words.hours(one.hours), one.price, words.wheelchair[one.wheelchair]];
    const first = why({ ...one, reasons: [...when, ...walk] });
    return [...first, ...known.filter(Boolean), ...why({ ...one, reasons: others })];
  }

  /* Spans of `HH:MM-HH:MM`, or null. */
  function hours(value) {
    if (!Array.isArray(value)) return null;
    return value.filter((span) => typeof span === "string" && SPAN.test(span)).slice(0, MOST_SPANS);
  }

  function byLanguage(value) {
    if (value === null || typeof value !== "object") return {};
    const named = Object.entries(value).map(([tag, theirs]) => [tag, text(theirs)]);
    return Object.fromEntries(named.filter(([tag, theirs]) => LANGUAGE_TAG.test(tag) && theirs));
  }

  function item(raw) {
    if (raw === null || typeof raw !== "object") return null;
    const title = text(raw.title);
    const id = typeof raw.id === "string" ? raw.id : "";
    if (!title || !id) return null;
    return {
      id,
      title,
      titles: byLanguage(raw.titles),
      about: text(raw.about),
      abouts: byLanguage(raw.abouts),
      kind: KINDS.includes(raw.kind) ? raw.kind : "activity",
      creator: text(raw.creator),
      place: text(raw.place),
      year: number(raw.year),
      distance: number(raw.distance_m),
      reasons: reasons(raw),
      minutes: number(raw.walk_min),
      route: link(raw.route),
      link: link(raw.link),
      picture: picture(raw.picture),
      credit: text(raw.credit),
      hours: hours(raw.hours),
      price: text(raw.price),
      wheelchair: ACCESS.includes(raw.wheelchair) ? raw.wheelchair : null,
      way: typeof raw.way === "string" && raw.way.length <= LONGEST_WAY ? raw.way : "",
      bearing: number(raw.bearing),
    };
  }

  function openPlace(raw) {
    if (raw === null || typeof raw !== "object") return null;
    const [title, until] = [text(raw.title), text(raw.until, 5)];
    if (!title || !TIME.test(until)) return null;
    const [minutes, credit] = [number(raw.walk_min), text(raw.credit)];
    return { title, titles: byLanguage(raw.titles), until, minutes, credit };
  }

  /* What the resting screen tells of the place, or null. */
  function around(raw) {
    if (raw === null || typeof raw !== "object") return null;
    const { clock, sky, open_places: places } = raw;
    const known = sky !== null && typeof sky === "object";
    return {
      clock: clock === true,
      sky: known ? { condition: text(sky.condition, 32), celsius: number(sky.celsius) } : null,
      places: (Array.isArray(places) ? places : []).slice(0, MOST_PLACES).map(openPlace).filter(Boolean),
    };
  }

  /* For how many milliseconds from its arrival a message holds. */
  function lifetime(raw, retained, wall, longest) {
    const life = Math.min((number(raw.lifetime_s) ?? 0) * 1000, longest);
    if (!retained) return life;
    const fromTheFuture = Date.parse(raw.at) > wall + SLACK_MS;
    const left = Date.parse(raw.expires_at) - wall;
    return fromTheFuture || Number.isNaN(left) ? 0 : Math.min(life, left);
  }

  /* A message as text -> what to show and until when (milliseconds of performance.now()), or null
     where it is malformed. */
  function read(payload, retained, now = performance.now(), wall = Date.now()) {
    let raw;
    try {
      raw = JSON.parse(payload);
    } catch {
      return null;
    }
    if (raw === null || typeof raw !== "object" || !STATES.includes(raw.state)) return null;
    const life = lifetime(raw, retained, wall, LONGEST_LIFE_MS);
    const items = (Array.isArray(raw.items) ? raw.items : []).map(item).filter(Boolean);
    return {
      state: raw.state,
      notice: Object.hasOwn(words.notices, raw.notice) ? raw.notice : "watching",
      serial: Number.isSafeInteger(raw.serial) ? raw.serial : null,
      items: raw.state === "resting" ? [] : items.slice(0, MOST_ITEMS),
      around: raw.state === "resting" ? around(raw.around) : null,
      until: now + life,
    };
  }

  /* What to show now. `discloses`: the kiosk has asked for a notice that says what the camera does;
     one that the page chooses by itself never opens a camera. */
  function decide({ connected, online, message, request }, now = performance.now()) {
    const rest = (notice) => ({
      state: "resting", notice, serial: null, items: [], around: null, discloses: false,
    });
    if (!connected) return rest("disconnected");
    if (!online || message === null || now >= message.until) return rest("not_watching");
    const { state, notice, serial, items, around: told } = message;
    if (request === "opt_out" && state !== "opted_out") {
      return { ...rest("opted_out"), state: "opted_out", serial };
    }
    return { state, notice, serial, items, around: told, discloses: DISCLOSING.includes(notice) };
  }

  return { read, decide, lines, facts, text, lifetime };
})();
