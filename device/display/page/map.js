/* The small map of an opened card: the streets around the kiosk (map.json, loaded when they are first
   needed, which the resting screen draws too) and the way to the place, which comes with its card; where no way is known a compass
   with an arrow.
   Guarantees: north is up in every language; nothing but the kiosk is asked; what the streets'
   licence wants to be shown stands on the map. */
"use strict";

const Maps = (() => {
  const SVG = "http://www.w3.org/2000/svg";
  const SCALE = 1e6; // as device/catalogue/polylines.py
  const EARTH_M = 6371008.8;
  const LEAST_M = 160; // what a map shows at least, across and down
  const EDGE = 0.14; // share of the map around the way
  const THINNEST_PX = 1.5; // points of a street that are nearer to the last one are left out
  const BEYOND_PX = 40; // streets that are farther outside are left out

  const NOTHING = { here: null, lines: [], credits: [] };

  let loaded = null; // a promise

  /* The points of an encoded polyline, [latitude, longitude] in degrees; none where it is not one. */
  function decode(text) {
    const points = [];
    let at = [0, 0];
    let place = 0;
    while (place < text.length) {
      const step = [0, 0];
      for (const axis of [0, 1]) {
        let value = 0;
        let shift = 0;
        let five;
        do {
          five = text.charCodeAt(place) - 63;
          if (!(five >= 0 && five < 64) || shift > 25) return [];
          value += (five & 31) * 2 ** shift;
          shift += 5;
          place += 1;
        } while (five >= 32);
        step[axis] = value % 2 ? -(value + 1) / 2 : value / 2;
      }
      at = [at[0] + step[0], at[1] + step[1]];
      points.push([at[0] / SCALE, at[1] / SCALE]);
    }
    return points.every(([lat, lon]) => Math.abs(lat) <= 90 && Math.abs(lon) <= 180) ? points : [];
  }

  async function load() {
    const answer = await fetch("map.json");
    if (!answer.ok) return NOTHING;
    const { here, streets: texts, credits } = await answer.json();
    return { here, lines: texts.map(decode), credits };
  }

  /* A promise of the kiosk's own place, the lines of the streets, all in degrees, and their credits;
     of nothing where there are none. */
  function streets() {
    loaded ??= load().catch(() => {
      loaded = null; // asked again for the next map
      return NOTHING;
    });
    return loaded;
  }

  function shape(name, attributes) {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  }

  /* From degrees to pixels of a map of this size, on which the whole way is seen. */
  function projection(points, width, height) {
    const [lat] = points[0];
    const east = (EARTH_M * Math.PI * Math.cos(lat * Math.PI / 180)) / 180;
    const north = (EARTH_M * Math.PI) / 180;
    const plane = points.map(([y, x]) => [x * east, y * north]);
    const range = (axis) => {
      const values = plane.map((point) => point[axis]);
      return [Math.min(...values), Math.max(...values)];
    };
    const [[west, right], [south, top]] = [range(0), range(1)];
    const across = Math.max(right - west, LEAST_M);
    const down = Math.max(top - south, LEAST_M);
    const zoom = Math.min(width * (1 - 2 * EDGE) / across, height * (1 - 2 * EDGE) / down);
    const [midX, midY] = [(west + right) / 2, (south + top) / 2];
    return ([y, x]) => [width / 2 + (x * east - midX) * zoom, height / 2 - (y * north - midY) * zoom];
  }

  /* A line as the `d` of a path, without points that cannot be told apart. */
  function path(points) {
    let last = null;
    const parts = points.map(([x, y], n) => {
      const near = last && Math.hypot(x - last[0], y - last[1]) < THINNEST_PX;
      if (near && n < points.length - 1) return "";
      const made = `${last ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`;
      last = [x, y];
      return made;
    });
    return parts.join("");
  }

  /* Draws a map into its figure, which has its size. here: what the kiosk's place is called. */
  function draw(figure, points, { lines, credits }, here) {
    const { clientWidth: width, clientHeight: height } = figure;
    const svg = shape("svg", { viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" });
    const place = projection(points, width, height);
    const meets = (line, axis, size) => {
      const values = line.map((point) => point[axis]);
      return Math.max(...values) > -BEYOND_PX && Math.min(...values) < size + BEYOND_PX;
    };
    const near = lines.map((line) => line.map(place))
      .filter((line) => meets(line, 0, width) && meets(line, 1, height));
    const walk = path(points.map(place));
    const [from, to] = [points[0], points.at(-1)].map(place);
    const under = from[1] > to[1]; // the name of the kiosk's place is on the side away from the way
    const label = shape("text", {
      x: from[0], y: from[1], class: "here", dy: under ? "1.5em" : "-0.8em",
      "text-anchor": from[0] < width / 4 ? "start" : from[0] > width * 3 / 4 ? "end" : "middle",
    });
    label.textContent = here;
    svg.append(
      shape("path", { class: "streets", d: near.map(path).join("") }),
      shape("path", { class: "casing", d: walk }),
      shape("path", { class: "walk", d: walk }),
      shape("path", { class: "end", d: `M${to.join(" ")}h0` }),
      shape("path", { class: "end inner", d: `M${to.join(" ")}h0` }),
      shape("path", { class: "start", d: `M${from.join(" ")}h0` }),
      shape("path", { class: "start inner", d: `M${from.join(" ")}h0` }),
      label,
    );
    const credit = document.createElement("figcaption");
    credit.textContent = credits.join(" · ");
    figure.replaceChildren(svg, credit);
  }

  /* A map with the way, filled as soon as the figure is on the page; null where there is no way. */
  function figure(item, words) {
    const points = decode(item.way);
    if (points.length < 2) return null;
    const made = document.createElement("figure");
    made.className = "map";
    made.dir = "ltr";
    made.setAttribute("role", "img");
    made.setAttribute("aria-label", words.scan_route);
    const fill = ({ lines, credits }) => {
      // The page shows the credit of the item below the card.
      const others = credits.filter((each) => !item.credit || !each.includes(item.credit));
      if (made.isConnected) draw(made, points, { lines, credits: others }, words.here);
    };
    requestAnimationFrame(() => {
      fill(NOTHING);
      streets().then(fill);
    });
    return made;
  }

  /* Where a place lies, for a kiosk that knows no ways: north is up. */
  function compass(item, words) {
    if (item.bearing === null || item.distance === null) return null;
    const made = document.createElement("figure");
    made.className = "compass";
    made.dir = "ltr";
    made.setAttribute("role", "img");
    made.setAttribute("aria-label", `${words.distance(item.distance)}, ${item.bearing}°`);
    const svg = shape("svg", { viewBox: "-60 -60 120 120", "aria-hidden": "true" });
    const north = shape("text", { y: -46, "text-anchor": "middle", "dominant-baseline": "middle" });
    north.textContent = words.north;
    svg.append(
      shape("circle", { r: 38 }),
      north,
      shape("path", { class: "needle", d: "M0-33 17 19 0 9-17 19z", transform: `rotate(${item.bearing})` }),
    );
    const caption = document.createElement("figcaption");
    caption.textContent = words.distance(item.distance);
    made.append(svg, caption);
    return made;
  }

  return { figure, compass, streets };
})();
