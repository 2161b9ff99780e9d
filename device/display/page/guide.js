/* The guide: a head that greets whoever comes, and by one touch tells what is on the screen, with the
   words beside it; another touch silences it. Only where `display.guide` asks for it.
   Guarantees: it knows the screen's words, the sound's clock and the touches on itself, and nothing of
   whoever stands there, whose mood it can therefore neither mirror nor name; it is still where motion
   is to be reduced; where the board draws too slowly it is gone until the page is loaded again. */
"use strict";

const Guide = (() => {
  const WARM_UP_MS = 2000;
  const MEASURED_MS = 2000;
  const GREETING_MS = 3500;
  const NOD_MS = 900;
  const READING_MS = { least: 1800, character: 70 }; // of words without a sound
  const IDLE_MS = 66; // from one drawing to the next while nothing is told
  const LONG_TEXT = 80; // smaller letters from here on
  const BLINK_MS = 170;
  const BLINKS_MS = [2200, 6000]; // from one to the next
  const BREATH_MS = 4200;
  const FRIENDLY = {
    mouthSmileLeft: 0.42, mouthSmileRight: 0.42, eyeWideLeft: 0.15, eyeWideRight: 0.15,
    cheekSquintLeft: 0.1, cheekSquintRight: 0.1,
  };
  const still = matchMedia("(prefers-reduced-motion: reduce)");

  const GLAD = { browInnerUp: 0.3, mouthSmileLeft: 0.2, mouthSmileRight: 0.2 };

  let place = null; // of the guide on the page; null: there is none
  let head = null;
  let leastFps = 0;
  let measured = { frames: 0, since: 0, done: false };
  let greetedAt = -GREETING_MS;
  let blinkAt = 0;
  let paintedAt = 0;
  let cards = "";
  let silent = []; // parts that are told without a voice
  let silentUntil = 0;
  let greeting = null; // a recorded curve of blendshapes
  let drawn = null; // what was drawn last

  const find = (selector) => place.querySelector(selector);
  const element = (name, about, ...children) => {
    const made = Object.assign(document.createElement(name), about);
    made.append(...children);
    return made;
  };

  /* What is being told now, or null. */
  const telling = () => silent[0] ?? Speech.saying();

  function caption() {
    const now = telling();
    const lang = now?.lang ?? words.code;
    const text = now?.content ?? (busy() ? "" : `${words.guide.hello} ${words.guide.invite}`);
    const line = find("p");
    if (line.textContent !== text) line.textContent = text;
    line.lang = lang;
    line.hidden = !text;
    line.classList.toggle("long", text.length > LONG_TEXT);
  }

  const busy = () => silent.length > 0 || Speech.on();

  function label() {
    const key = find("button");
    const name = busy() ? words.guide.hush : words.guide.invite;
    key.setAttribute("aria-label", name);
    key.title = name;
    key.setAttribute("aria-pressed", String(busy()));
  }

  function touch() {
    if (busy()) {
      silent = [];
      Speech.hush();
    } else {
      const parts = [{ content: words.guide.hello, lang: words.code }, ...Speech.everything()];
      if (!Speech.recite(parts)) tell(parts);
    }
    draw();
  }

  /* Shows the words of parts, one after the other, where there is no voice for them. */
  function tell(parts) {
    silent = parts;
    silentUntil = performance.now() + time(parts[0]);
  }

  const time = (part) => Math.max(READING_MS.least, READING_MS.character * (part?.content.length ?? 0));

  function step(now) {
    if (silent.length && now >= silentUntil) {
      silent = silent.slice(1);
      silentUntil = now + time(silent[0]);
    }
  }

  /* The screen has been drawn, in the language of `words`. */
  function draw() {
    if (!place) return;
    const now = [...document.querySelectorAll(".card")].map(({ dataset }) => dataset.id).join();
    if (now !== cards) silent = [];
    if (now && !cards) greetedAt = performance.now();
    cards = now;
    for (const [side, selector] of [["before", ".mark"], ["after", "#visit"]]) {
      place.style.setProperty(`--${side}`, `${document.querySelector(selector).offsetWidth}px`);
    }
    label();
    caption();
    if (still.matches && seen()) paint(performance.now());
  }

  const seen = () => place.offsetParent !== null && document.visibilityState === "visible";

  /* Lids, breath and glances, by the time alone. */
  function idle(now) {
    if (now > blinkAt + BLINK_MS) {
      const [least, most] = BLINKS_MS;
      blinkAt = now + least + Math.random() * (most - least);
    }
    const closing = (now - blinkAt) / BLINK_MS;
    const shut = closing > 0 && closing < 1 ? Math.sin(Math.PI * closing) : 0;
    const breath = Math.sin(2 * Math.PI * now / BREATH_MS);
    const sway = Math.sin(now / 2900);
    const nodding = (now - greetedAt) / NOD_MS;
    const nod = nodding > 0 && nodding < 1 ? Math.sin(Math.PI * nodding) : 0;
    return {
      weights: { eyeBlinkLeft: shut, eyeBlinkRight: shut },
      pose: {
        yaw: 0.09 * sway, roll: 0.025 * Math.sin(now / 3700), pitch: 0.02 * breath - 0.14 * nod,
        rise: 0.07 * breath, look: [0.1 * Math.sin(now / 1900), -0.04],
      },
    };
  }

  /* The weights of the recorded greeting at a moment of it; null: it is over, or there is none. */
  function played(seconds) {
    const place = seconds * (greeting?.fps ?? 0);
    const frame = Math.floor(place);
    if (!greeting || frame < 0 || frame + 1 >= greeting.frames.length) return null;
    const [one, next] = [greeting.frames[frame], greeting.frames[frame + 1]];
    return Object.fromEntries(greeting.names.map((name, shape) => (
      [name, one[shape] + (place - frame) * (next[shape] - one[shape])]
    )));
  }

  const added = (...all) => all.reduce((sum, weights) => {
    for (const [name, weight] of Object.entries(weights)) sum[name] = (sum[name] ?? 0) + weight;
    return sum;
  }, {});

  function paint(now) {
    if (!head) return;
    paintedAt = now;
    const { audio } = Speech.saying() ?? {};
    const moves = still.matches ? { weights: {}, pose: {} } : idle(now);
    const lips = audio && !still.matches ? Visemes.at(audio) : { viseme: "", weights: {} };
    const curve = audio || still.matches ? null : played((now - greetedAt) / 1000);
    const glad = now - greetedAt < GREETING_MS && !still.matches ? GLAD : {};
    const calm = audio ? 0.5 : 1; // a smile leaves the lips free to speak
    const friendly = Object.fromEntries(Object.entries(FRIENDLY).map(([name, weight]) => [name, calm * weight]));
    head.draw(curve ?? added(friendly, glad, moves.weights, lips.weights), moves.pose);
    drawn = { at: audio?.currentTime ?? null, src: audio?.currentSrc ?? "", viseme: lips.viseme, jaw: (curve ?? lips.weights).jawOpen ?? 0 };
  }

  function frame(now) {
    if (!place) return;
    requestAnimationFrame(frame);
    step(now);
    label();
    caption();
    if (!seen() || still.matches) {
      measured.frames = 0;
      return;
    }
    const lively = !measured.done || busy() || now - greetedAt < GREETING_MS;
    if (lively || now - paintedAt >= IDLE_MS) paint(now);
    measure(now);
  }

  /* Whether the board keeps up, told once from the frames of two seconds. */
  function measure(now) {
    if (measured.done) return;
    if (!measured.frames) measured.since = now + WARM_UP_MS;
    measured.frames += 1;
    if (now < measured.since) measured.frames = 1;
    if (now < measured.since + MEASURED_MS) return;
    measured.done = true;
    const fps = 1000 * (measured.frames - 1) / (now - measured.since);
    if (fps < leastFps) leave(`${fps.toFixed(0)} frames a second, ${leastFps} are needed`);
  }

  function leave(why) {
    console.warn(`guide: ${why}`);
    place.remove();
    place = null;
    Screen.redraw();
  }

  function open(settings) {
    if (!settings) return;
    const canvas = element("canvas", { ariaHidden: "true" });
    const button = element("button", { type: "button" }, canvas);
    place = element("section", { id: "guide" }, button, element("p", {}));
    document.querySelector("main").prepend(place);
    head = Head.open(canvas);
    leastFps = settings.least_fps;
    if (!head) {
      leave("this browser has no WebGL");
      return;
    }
    button.addEventListener("click", touch);
    canvas.addEventListener("webglcontextlost", (event) => {
      event.preventDefault(); // or it is never restored
      head = null;
    });
    canvas.addEventListener("webglcontextrestored", () => { head = Head.open(canvas); });
    requestAnimationFrame(frame);
    if (!settings.greeting) return;
    fetch(settings.greeting).then((answer) => answer.json()).then((curve) => { greeting = curve; })
      .catch((error) => console.warn(`guide: ${error.message}`));
  }

  /* state: what was drawn last, for tests of it. */
  return { open, draw, state: () => drawn };
})();
