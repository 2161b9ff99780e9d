"use strict";
/* The kiosk's screen during the set-up: asks the set-up program each second what to show, and
   turns through its languages. */
(() => {
  const $ = (id) => document.getElementById(id);
  const EVERY_MS = 1000, TURN_MS = 6000;
  let drawn = "";

  function draw(text) {
    if (text === drawn) return;
    drawn = text;
    const code = qrcode(0, "L");
    code.addData(text, "Byte");
    code.make();
    const size = code.getModuleCount(), quiet = 4;
    let d = "";
    for (let y = 0; y < size; y += 1) {
      for (let x = 0; x < size; x += 1) if (code.isDark(y, x)) d += `M${x} ${y}h1v1h-1z`;
    }
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("d", d);
    $("qr").setAttribute("viewBox", `${-quiet} ${-quiet} ${size + 2 * quiet} ${size + 2 * quiet}`);
    $("qr").replaceChildren(path);
  }

  function show(state) {
    const shown = state.saved ? "saved" : !state.minutes ? "over" : state.who ? "busy" : state.address ? "open" : "lost";
    Say.speak(state.languages[Math.floor(Date.now() / TURN_MS) % state.languages.length]);
    for (const main of document.querySelectorAll("main")) main.hidden = main.id !== shown;
    $("minutes").textContent = state.minutes && !state.saved ? Say.text("minutes", { minutes: state.minutes }) : "";
    $("then").textContent = Say.text(state.first ? "again" : "starts");
    $("who").textContent = Say.text("busy", { who: state.who });
    $("address").textContent = state.address;
    $("fingerprint").textContent = state.fingerprint;
    $("code").textContent = `${state.code.slice(0, 4)} ${state.code.slice(4)}`;
    if (shown === "open") draw(`${state.address}#${state.code}`);
    $("camera").hidden = !state.camera;
    if (state.camera && $("camera").src !== state.camera) $("camera").src = state.camera;
    if (!state.camera && $("camera").hasAttribute("src")) $("camera").removeAttribute("src");
  }

  const ask = () => fetch("/state").then((answer) => answer.json()).then(show).catch(() => {});
  setInterval(ask, EVERY_MS);
  ask();
})();
