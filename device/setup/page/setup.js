"use strict";
/* The set-up page: lets somebody in by the code, shows what the kiosk is set to, and sends what was
   changed. What it is told comes from the kiosk alone and is put in as text, never as markup. */
(() => {
  const $ = (id) => document.getElementById(id);
  const KEEP_MS = 30_000, TYPING_MS = 300, METRES_A_DEGREE = 111_195;
  const SCAN_MS = 6_000;  // that a kiosk takes to look for networks
  const REFUSED = { 401: "ended", 403: "wrong_code", 409: "busy", 410: "closed", 429: "too_many" };
  const COMMAND = "sudo wayside setup";
  let inside = false;
  let minutes = null;  // until the page closes

  function say(text) {
    $("told").textContent = text;
    $("told").hidden = !text;
    if (text) $("told").scrollIntoView({ block: "nearest" });
  }

  /* Asks the kiosk; with a body it changes something. */
  async function ask(path, body) {
    const options = body && {
      method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json" },
    };
    let answer;
    try {
      answer = await fetch(path, options);
    } catch {
      throw new Error(Say.text("lost"));
    }
    const said = await answer.json();
    if (answer.status === 401) show(false);
    if (!answer.ok) throw new Error(answer.status in REFUSED ? Say.text(REFUSED[answer.status]) : said.error);
    return said;
  }

  function show(form) {
    inside = form;
    $("form").hidden = !form;
    $("enter").hidden = form;
    $("left").hidden = !form;
  }

  function option(select, value, text) {
    const made = document.createElement("option");
    made.value = value;
    made.textContent = text;
    select.append(made);
  }

  async function enter(code) {
    say("");
    await ask("/enter", { code });
    const first = $("first").options.length === 0;  // else what was typed stays
    if (first) fill(await ask("/settings"));
    show(true);
    await keep();
    if (first) look().then(() => setTimeout(look, SCAN_MS)).catch(noWifi);
  }

  $("enter").addEventListener("submit", (event) => {
    event.preventDefault();
    enter($("code").value).catch((error) => say(error.message)).finally(() => { $("code").value = ""; });
  });

  async function keep() {
    ({ minutes } = await ask("/left"));
    tell();
  }
  setInterval(() => { if (inside) keep().catch((error) => say(error.message)); }, KEEP_MS);

  /* What changes besides the words that stand in the page. */
  function tell() {
    if (minutes !== null) $("left").textContent = Say.text("left", { minutes });
    $("camera").textContent = Say.text($("camera").getAttribute("aria-pressed") === "true" ? "camera_off" : "camera_on");
    $("joined").textContent = Say.has(joined) ? Say.text(joined) : joined;
  }

  function tellCountries() {
    const chosen = $("country").value;
    const named = countries.map((country) => ({ country, name: Say.country(country) }));
    named.sort((one, other) => Say.order(one.name, other.name));
    $("country").replaceChildren();
    option($("country"), "", Say.text("none"));
    for (const { country, name } of named) option($("country"), country, name);
    $("country").value = chosen;
  }
  let joined = "";  // what is said of the Wi-Fi: the name of a text, or the kiosk's own words
  let countries = [];

  function tellOf(wifi) {
    joined = wifi;
    tell();
  }

  /* What the kiosk is set to, and what it can be set to. */
  function fill({ settings, timezones, countries: known, network, fixed }) {
    const [first, ...more] = settings["display.languages"];
    for (const { code, name } of Say.languages) {
      option($("first"), code, name);
      const label = document.createElement("label"), box = document.createElement("input");
      box.type = "checkbox";
      box.value = code;
      box.checked = more.includes(code);
      label.append(box, name);
      label.lang = code;
      $("more").append(label);
    }
    $("first").value = first;
    mark();
    const zones = new Set([...timezones, settings["place.timezone"]]);
    for (const zone of zones) option($("timezone"), zone, zone.replaceAll("_", " "));
    countries = known;
    tellCountries();
    for (const field of document.querySelectorAll("[data-key]")) {
      field.value = settings[field.dataset.key] ?? "";
      if (fixed.includes(field.dataset.key)) field.readOnly = true;
    }
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    if (!settings["place.latitude"] && zones.has(zone)) $("timezone").value = zone;
    $("network").textContent = network;
    draw();
  }

  /* The first language needs no other mark. */
  function mark() {
    for (const box of document.querySelectorAll("#more input")) {
      box.parentElement.hidden = box.value === $("first").value;
    }
  }
  $("first").addEventListener("change", mark);

  function answers() {
    const given = {};
    for (const field of document.querySelectorAll("[data-key]")) {
      const { key, number, null: unset } = field.dataset, isNumber = field.type === "number" || number !== undefined;
      const empty = field.type === "text" && unset === undefined ? "" : null;  // what a field without a value sets
      given[key] = field.value === "" ? empty : isNumber ? Number(field.value) : field.value;
    }
    const more = [...document.querySelectorAll("#more input:checked")].map((box) => box.value);
    given["display.languages"] = [...new Set([$("first").value, ...more])];
    return given;
  }

  $("form").addEventListener("submit", (event) => {
    event.preventDefault();
    say("");
    $("save").disabled = true;
    ask("/save", answers()).then(() => {
      inside = false;
      for (const id of ["form", "left"]) $(id).hidden = true;
      $("done").hidden = false;
      scrollTo(0, 0);
    }).catch((error) => say(error.message)).finally(() => { $("save").disabled = false; });
  });

  /* The place: a search, the phone's own place, or a touch on the map. */
  let typing, searched = 0;
  $("search").addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(() => search().catch((error) => say(error.message)), TYPING_MS);
  });
  async function search() {
    const text = $("search").value.trim(), number = (searched += 1);
    const { found } = text ? await ask(`/places?q=${encodeURIComponent(text)}`) : { found: [] };
    if (number !== searched) return;  // a later one has been typed
    $("found").replaceChildren(...found.map((place) => {
      const row = document.createElement("li"), button = document.createElement("button");
      const about = document.createElement("small");
      button.type = "button";
      button.textContent = place.name;
      about.textContent = place.about;
      button.append(about);
      button.addEventListener("click", () => {
        if (place.timezone) $("timezone").value = place.timezone;
        if (place.country) $("country").value = place.country;
        $("found").replaceChildren();
        put(place.latitude, place.longitude);
      });
      row.append(button);
      return row;
    }));
  }

  $("here").addEventListener("click", () => {
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => put(coords.latitude, coords.longitude),
      () => say(Say.text("nowhere")),
      { enableHighAccuracy: true, timeout: 15_000 },
    );
  });

  function put(latitude, longitude) {
    $("latitude").value = latitude.toFixed(5);
    $("longitude").value = longitude.toFixed(5);
    draw();
  }
  for (const id of ["latitude", "longitude"]) $(id).addEventListener("change", draw);

  let middle = null;  // of the map that is drawn
  function draw() {
    const [latitude, longitude] = ["latitude", "longitude"].map((id) => $(id).valueAsNumber);
    if (Number.isNaN(latitude) || Number.isNaN(longitude)) return;
    ask(`/streets?latitude=${latitude}&longitude=${longitude}`).then(({ path, metres, credits }) => {
      const svg = document.querySelector("#map svg");
      svg.setAttribute("viewBox", `${-metres} ${-metres} ${2 * metres} ${2 * metres}`);
      svg.querySelector(".streets").setAttribute("d", path);
      $("credits").textContent = credits.join(" · ");
      middle = { latitude, longitude, metres };
      $("map").hidden = !path;
    }).catch((error) => say(error.message));
  }
  document.querySelector("#map svg").addEventListener("click", (event) => {
    const box = event.currentTarget.getBoundingClientRect(), pixel = 2 * middle.metres / box.width;
    const east = (event.clientX - box.x) * pixel - middle.metres;
    const south = (event.clientY - box.y) * pixel - middle.metres;
    const across = METRES_A_DEGREE * Math.cos(middle.latitude * Math.PI / 180);
    put(middle.latitude - south / METRES_A_DEGREE, middle.longitude + east / across);
  });

  /* Wi-Fi. The kiosk may come into another network than this phone's by it. */
  async function look() {
    const { networks } = await ask("/networks"), chosen = $("ssid").value;
    $("ssid").replaceChildren();
    for (const { ssid, bars } of networks) option($("ssid"), ssid, `${ssid}  ${bars}`);
    if (networks.some(({ ssid }) => ssid === chosen)) $("ssid").value = chosen;
    tellOf(networks.length ? "" : "no_wifi");
    $("join").disabled = !networks.length;
  }
  function noWifi(error) {
    tellOf(error.message);
    $("join").disabled = true;
  }
  $("join").addEventListener("click", () => {
    tellOf("joining");
    $("join").disabled = true;
    ask("/join", { ssid: $("ssid").value, passphrase: $("passphrase").value })
      .then(({ network }) => tellOf(network))
      .catch((error) => tellOf(error.message))
      .finally(() => { $("join").disabled = false; $("passphrase").value = ""; });
  });

  $("camera").addEventListener("click", () => {
    const on = $("camera").getAttribute("aria-pressed") !== "true";
    ask("/camera", { on }).then(() => {
      $("camera").setAttribute("aria-pressed", String(on));
      tell();
    }).catch((error) => say(error.message));
  });

  Say.speak(Say.preferred(), { command: COMMAND });
  Say.offer($("spoken"), () => { tell(); tellCountries(); });
  tell();

  /* The code on the screen has its digits behind the address, where no server and no log gets them. */
  const code = location.hash.slice(1);
  history.replaceState(null, "", location.pathname);
  if (code) enter(code).catch((error) => say(error.message));
})();
