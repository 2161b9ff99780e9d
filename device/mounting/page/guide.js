/* Shows the newest verdicts, and draws them: the field of view from above and from the side, the mark
   on the floor, and who stands where. */
"use strict";

(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const EVERY_MS = 500;
  const ABOVE = { width: 320, height: 270, top: 44, bottom: 10 };

  const find = (selector) => document.querySelector(selector);
  const radians = (degrees) => (degrees * Math.PI) / 180;

  function shape(name, attributes, text) {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    return made;
  }

  /* The cone of the view between two distances, from a point downwards or to the right. */
  function sector(at, from, until, angle, turn) {
    const half = radians(angle / 2);
    const point = (distance, side) => at(distance * Math.cos(side * half), distance * Math.sin(side * half));
    const arc = (distance, first, sweep) => {
      const [x, y] = point(distance, -first);
      const radius = Math.hypot(x - at(0, 0)[0], y - at(0, 0)[1]);
      return `A${radius} ${radius} 0 0 ${sweep} ${x} ${y}`;
    };
    const [a, b] = [point(from, -1), point(until, -1)];
    return `M${a.join(" ")}L${b.join(" ")}${arc(until, -1, turn)}L${point(from, 1).join(" ")}${arc(from, 1, 1 - turn)}Z`;
  }

  /* From above: the camera at the top, people below it. The picture's right is the plan's left, where
     the person who looks at the camera sees it. */
  function above(guide) {
    const { width, height, top, bottom } = ABOVE;
    const reach = guide.far * 1.12;
    const zoom = Math.min((height - top - bottom) / reach, width / 2 / (reach * Math.sin(radians(Math.min(guide.across, 178) / 2)) + 0.2));
    const at = (ahead, beside) => [width / 2 - beside * zoom, top + ahead * zoom];
    const [x, y] = at(guide.stand, 0);
    const arcs = [guide.near, guide.far].map((distance) => {
      const [, below] = at(distance, 0);
      return shape("text", { x: width / 2 + 4, y: below - 3 }, `${distance.toFixed(1)} m`);
    });
    draw("#above", width, height, "The field of view from above", [
      shape("path", { class: "cone", d: sector(at, 0, reach, guide.across, 1) }),
      shape("path", { class: "band", d: sector(at, guide.near, guide.far, guide.across, 1) }),
      ...arcs,
      shape("rect", { class: "camera", x: width / 2 - 9, y: top - 9, width: 18, height: 9, rx: 2 }),
      shape("text", { class: "name", x: 10, y: 17 }, `Seen from above, ${guide.across.toFixed(0)}°`),
      ...[-7, 3].map((left) => shape("ellipse", { class: "foot", cx: x + left + 2, cy: y, rx: 3.4, ry: 7 })),
      shape("text", { class: "sun", x: x + 14, y: y + 4 }, `stand here, ${guide.stand.toFixed(1)} m`),
      ...guide.people.map((person) => {
        const [cx, cy] = at(person.ahead, person.beside);
        return shape("circle", { class: "person", cx, cy, r: 6 });
      }),
    ]);
  }

  /* From the side, with the eyes of whoever stands there, and of who sits and of a child in that
     place. Heights are those above the floor; where nobody stands, the camera is level with the eyes. */
  function side(guide) {
    const { width, height } = ABOVE;
    const person = guide.people[0];
    const where = person?.ahead ?? guide.stand;
    const focal = 0.5 / Math.tan(radians(guide.down / 2)); // in heights of the picture
    const slope = (share) => (share - 0.5) / focal; // down, a metre ahead
    const lens = guide.heights.standing + slope(person?.eyes ?? 0.5) * where;
    const reach = Math.max(where * 1.25, 1.5);
    const zoom = Math.min((width - 50) / reach, (height - 44) / 2.2);
    const at = (ahead, up) => [26 + ahead * zoom, height - 14 - up * zoom];
    const [left, level] = at(0, lens);
    const edge = (share) => at(reach, lens - slope(share) * reach).join(" ");
    const parts = [
      shape("path", { class: "cone", d: `M${left} ${level}L${edge(0)}L${edge(1)}Z` }),
      shape("path", { class: "line", d: `M0 ${at(0, 0)[1]}H${width}` }),
      shape("rect", { class: "camera", x: left - 9, y: level - 5, width: 9, height: 10, rx: 2 }),
      shape("text", { class: "name", x: 10, y: 17 }, `From the side, ${guide.down.toFixed(0)}°`),
    ];
    const beside = { standing: 1, seated: 1, child: -1 }; // of which the label is to the right
    const [x, floor] = at(where, 0);
    for (const [name, right] of Object.entries(beside)) {
      const eyes = guide.heights[name];
      const [, y] = at(where, eyes);
      const judged = guide.verdicts.find((each) => each.name === name)?.state ?? "wait";
      const style = `fill:var(--${{ pass: "good", fail: "bad", wait: "soft" }[judged]})`;
      if (name === "standing") parts.push(shape("path", { class: "line", d: `M${x} ${y}V${floor}` }));
      parts.push(
        shape("circle", { class: "head", cx: x, cy: y, r: 0.09 * zoom, style }),
        shape("text", {
          x: x + right * (0.09 * zoom + 5), y: y + 4, style, "text-anchor": right > 0 ? "start" : "end",
        }, `${name} ${eyes.toFixed(2)} m`),
      );
    }
    draw("#side", width, height, "The field of view from the side", parts);
  }

  function draw(selector, width, height, label, parts) {
    const svg = find(selector);
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    svg.setAttribute("aria-label", label);
    svg.replaceChildren(...parts);
  }

  function say(verdicts) {
    const lines = verdicts.map(({ name, asks, state, say: line }) => {
      const made = document.createElement("li");
      made.dataset.name = name;
      made.dataset.state = state;
      const [asked, said] = [document.createElement("b"), document.createElement("span")];
      asked.textContent = asks;
      said.textContent = line;
      made.append(asked, said);
      return made;
    });
    find("ol").replaceChildren(...lines);
  }

  function ring({ mark }) {
    const { clientWidth: width, clientHeight: height } = find(".frame");
    const ellipse = find("#mark ellipse");
    ellipse.setAttribute("cy", 40);
    ellipse.setAttribute("ry", mark * 62); // a head is higher than its crop
    ellipse.setAttribute("rx", (mark * 48 * height) / Math.max(width, 1));
  }

  async function refresh() {
    try {
      const { camera, guide } = await (await fetch("/guide.json")).json();
      find("#state").textContent = guide === null ? `${camera}` : "";
      if (guide === null) return;
      say(guide.verdicts);
      ring(guide);
      above(guide);
      side(guide);
    } catch {
      find("#state").textContent = "The guide has ended.";
    }
  }

  refresh();
  setInterval(refresh, EVERY_MS);
})();
