/* QR codes of addresses.
   Guarantees: a code has the largest modules that its address allows; it is computed once, however
   often its card is drawn. */
"use strict";

const Codes = (() => {
  const SVG = "http://www.w3.org/2000/svg";
  const QUIET_ZONE = 2; // white modules; the paper around makes up the 4 of ISO/IEC 18004
  const KEPT = 32; // more than any screen shows

  const shapes = new Map(); // by address, those drawn last behind the others

  /* The lowest error correction gives the largest modules, and a screen has no scratches to correct.
     null: the address is too long for a code. */
  function compute(link) {
    const code = qrcode(0, "L");
    try {
      code.addData(link, "Byte");
      code.make();
    } catch {
      return null;
    }
    const size = code.getModuleCount();
    let path = "";
    for (let y = 0; y < size; y += 1) {
      for (let x = 0; x < size; x += 1) if (code.isDark(y, x)) path += `M${x} ${y}h1v1h-1z`;
    }
    return { size, path };
  }

  function shape(link) {
    const found = shapes.has(link) ? shapes.get(link) : compute(link);
    shapes.delete(link);
    shapes.set(link, found);
    if (shapes.size > KEPT) shapes.delete(shapes.keys().next().value);
    return found;
  }

  /* The code of an address as one path, or null. name: what it is to whoever does not see it. */
  function figure(link, caption, name = caption) {
    const found = shape(link);
    if (!found) return null;
    const svg = document.createElementNS(SVG, "svg");
    const path = document.createElementNS(SVG, "path");
    const side = found.size + 2 * QUIET_ZONE;
    svg.setAttribute("viewBox", `${-QUIET_ZONE} ${-QUIET_ZONE} ${side} ${side}`);
    svg.setAttribute("shape-rendering", "crispEdges");
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", name);
    svg.dataset.link = link;
    path.setAttribute("d", found.path);
    svg.append(path);
    const text = document.createElement("bdi");
    text.textContent = caption;
    const under = document.createElement("figcaption");
    under.setAttribute("aria-hidden", "true"); // the code has this name, even where it has no room
    under.append(text);
    const made = document.createElement("figure");
    made.className = "qr";
    made.append(svg, under);
    return made;
  }

  return { figure };
})();
