/* The parts of the guide's head as triangles: the mesh of the face, made into a drawing, with eyes,
   lashes, brows, a mouth that has an inside, ears and a cap; moved by weights of blendshapes.
   Guarantees: one array of vertices and one of triangles for all parts; places are in centimetres. */
"use strict";

const Face = (() => {
  const OVAL = [
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
    152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
  ];
  const COLOURS = {
    skin: [1, 0.83, 0.52], blush: [0.98, 0.6, 0.4], lips: [0.87, 0.45, 0.36], brow: [0.3, 0.19, 0.17],
    lash: [0.16, 0.13, 0.16], cavity: [0.3, 0.07, 0.1], teeth: [0.98, 0.96, 0.92], tongue: [0.85, 0.4, 0.38],
    cap: [0.1, 0.42, 0.4], band: [0.06, 0.16, 0.22], badge: [1, 0.79, 0.36], eye: [0.99, 0.98, 0.95],
  };
  const EYE = { x: 3.25, y: 2.32, z: 1.88, radius: 1.8, larger: 0.8 };
  const FLOATS = 10; // of a vertex: place, normal, colour, and whether it is of an eye

  function unpack(text, Type) {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    return new Type(bytes.buffer);
  }

  /* The mesh at rest, as a drawing has a face: shorter and rounder, with large eyes, a small nose and
     thin lips. */
  function rest() {
    const { vertices, unitsPerCm } = window.FACE_MESH;
    const base = Shapes.closed(Float32Array.from(unpack(vertices, Int16Array), (value) => value / unitsPerCm));
    const mouth = base[3 * 13 + 1];
    for (const vertex of new Set(Shapes.LIPS.flat(2))) {
      base[3 * vertex] *= 0.92;
      base[3 * vertex + 1] = mouth + 0.72 * (base[3 * vertex + 1] - mouth);
    }
    for (let at = 0; at < base.length; at += 3) {
      let [x, y, z] = base.subarray(at, at + 3);
      const nose = Math.exp(-((x / 1.7) ** 2 + ((y + 0.9) / 2.2) ** 2));
      x *= 1 - 0.3 * nose;
      z -= 0.3 * nose * (z - 4.6);
      y += 0.3 * nose;
      const side = Math.sign(x) || 1;
      const [across, up] = [x - side * 3.2, y - 2.62];
      const part = EYE.larger * Math.exp(-((across / 2.1) ** 2 + (up / 1.5) ** 2));
      x += 0.3 * part * across;
      y += 2.1 * part * up;
      x *= 1 + 0.05 * Shapes.smooth(0, -9, y); // a rounder jaw
      base.set([x * 1.03, y * 0.89, z], at);
    }
    return base;
  }

  /* Triangles of the mesh without those in the holes of eyes and mouth; the lips apart. */
  function triangles() {
    const all = unpack(window.FACE_MESH.triangles, Uint16Array);
    const eyes = Object.values(Shapes.EYES).map(({ upper, lower }) => new Set([...upper, ...lower]));
    const hole = new Set(Shapes.LIPS.at(-1).flat());
    const lip = new Set(Shapes.LIPS.flat(2));
    const skin = [];
    const lips = [];
    for (let at = 0; at < all.length; at += 3) {
      const three = [...all.subarray(at, at + 3)];
      const within = (set) => three.every((vertex) => set.has(vertex));
      if (within(hole) || eyes.some(within)) continue;
      (within(lip) ? lips : skin).push(...three);
    }
    return { skin, lips };
  }

  /* One array for all parts; each part writes its own stretch of it. */
  function geometry() {
    const base = rest();
    const shapes = Shapes.make(base);
    const { skin, lips } = triangles();
    const parts = [];
    const indices = [];
    let vertices = 0;

    /* write(set): calls set(vertex, place, normal), or leaves the normal to `finish`. */
    function part(count, colour, corners, write, options = {}) {
      parts.push({ first: vertices, count, colour, corners, write, ...options });
      indices.push(...corners.map((corner) => corner + vertices));
      vertices += count;
    }

    const now = base.slice();
    const point = (vertex) => now.subarray(3 * vertex, 3 * vertex + 3);
    const jaw = shapes.jawOpen;
    let jawWeight = 0;

    const grid = (rows, columns) => {
      const corners = [];
      for (let row = 0; row < rows - 1; row += 1) {
        for (let column = 0; column < columns - 1; column += 1) {
          const at = row * columns + column;
          corners.push(at, at + columns, at + 1, at + 1, at + columns, at + columns + 1);
        }
      }
      return corners;
    };

    /* A ribbon between two lines of points of equal length. */
    const ribbon = (length, colour, lines, options) => part(2 * length, colour, grid(2, length), (set) => {
      lines().forEach((line, row) => line.forEach((at, place) => set(row * length + place, at)));
    }, options);

    const ball = (rows, columns, colour, from, to, at, options) => {
      part(rows * columns, colour, grid(rows, columns), (set) => {
        for (let row = 0; row < rows; row += 1) {
          const down = Math.PI * row / (rows - 1);
          for (let column = 0; column < columns; column += 1) {
            const around = from + (to - from) * column / (columns - 1);
            const way = [Math.sin(down) * Math.sin(around), Math.cos(down), Math.sin(down) * Math.cos(around)];
            set(row * columns + column, at(way), way);
          }
        }
      }, options);
    };

    // Skin, with a rim that leads its edge back, and lips.
    const rimmed = OVAL.map((vertex, place) => [vertex, 468 + place]);
    const rim = rimmed.flatMap(([vertex, back], place) => {
      const [next, nextBack] = rimmed[(place + 1) % rimmed.length];
      return [vertex, back, next, next, back, nextBack];
    });
    const tint = (vertex) => {
      const at = base.subarray(3 * vertex, 3 * vertex + 3);
      const cheek = Math.exp(-(((Math.abs(at[0]) - 4.3) / 1.9) ** 2 + ((at[1] + 1.2) / 1.5) ** 2));
      return COLOURS.skin.map((value, channel) => value + 0.55 * cheek * (COLOURS.blush[channel] - value));
    };
    const coloured = Array.from({ length: 468 + OVAL.length }, (_, vertex) => (
      vertex < 468 ? tint(vertex) : COLOURS.skin
    ));
    part(468 + OVAL.length, coloured, [...skin, ...rim], (set) => {
      for (let vertex = 0; vertex < 468; vertex += 1) set(vertex, point(vertex));
      rimmed.forEach(([vertex, back]) => {
        const [x, y, z] = point(vertex);
        set(back, [0.93 * x, 0.5 + 0.94 * (y - 0.5), z - 2.2]);
      });
    });
    part(468, COLOURS.lips, lips, (set) => {
      for (let vertex = 0; vertex < 468; vertex += 1) {
        const [x, y, z] = point(vertex);
        set(vertex, [x, y, z + 0.01]);
      }
    });

    // Eyes, lashes, brows.
    for (const [side, sign] of [["Right", -1], ["Left", 1]]) {
      const { upper, brow } = Shapes.EYES[side];
      ball(15, 17, COLOURS.eye, -1.5, 1.5, (way) => [
        sign * EYE.x + EYE.radius * way[0], EYE.y + EYE.radius * way[1], EYE.z + EYE.radius * way[2],
      ], { eye: 1, still: true });
      ribbon(upper.length, COLOURS.lash, () => {
        const edge = upper.map((vertex) => [...point(vertex)]);
        const thick = (place) => 0.38 * Math.sin(Math.PI * (0.2 + 0.65 * (1 - place / (edge.length - 1)))) + 0.02;
        return [
          edge.map(([x, y, z], place) => [x, y + thick(place) * 0.8, z + 0.1]),
          edge.map(([x, y, z], place) => [x, y - 0.06, z + 0.16]),
        ];
      });
      ribbon(brow.length, COLOURS.brow, () => {
        const middle = brow.map(([high, low]) => [0, 1, 2].map((axis) => (point(high)[axis] + point(low)[axis]) / 2));
        const half = [0.08, 0.24, 0.3, 0.29, 0.18];
        return [1, -1].map((up) => middle.map(([x, y, z], place) => [x, y - 0.1 + up * half[place], z + 0.25]));
      });
    }

    // The inside of the mouth.
    const [above, below] = Shapes.LIPS.at(-1);
    const loop = [...above, ...below.slice(1, -1).reverse()];
    const sack = loop.flatMap((_, place) => [place, loop.length, (place + 1) % loop.length]);
    part(loop.length + 1, COLOURS.cavity, sack, (set) => {
      loop.forEach((vertex, place) => {
        const [x, y, z] = point(vertex);
        set(place, [x, y, z - 0.12], [0, 0, 1]);
      });
      set(loop.length, [0, -4.1 - jawWeight, 1.5], [0, 0, 1]);
    });
    const tooth = (x) => 4.3 - 0.16 * x * x;
    const across = Array.from({ length: 9 }, (_, place) => -1.9 + 0.475 * place);
    ribbon(9, COLOURS.teeth, () => [
      across.map((x) => [x, -3.2, tooth(x)]), across.map((x) => [x, -4.05, tooth(x)]),
    ]);
    const chin = (weight) => weight * jaw[3 * 14 + 1];
    ball(9, 13, COLOURS.tongue, -1.6, 1.6, (way) => [
      1.45 * way[0], -4.7 + chin(jawWeight) * 0.85 + 0.45 * way[1], 2.5 + 1.2 * way[2] - 0.3 * jawWeight,
    ]);

    // The head behind the face, ears, and a cap with a visor.
    ball(17, 33, COLOURS.skin, -Math.PI, Math.PI, (way) => [
      7.7 * way[0], 0.9 + 8.2 * way[1], -2.6 + 8 * way[2] * (way[2] > 0 ? 0.66 : 0.9),
    ], { still: true });
    for (const sign of [-1, 1]) {
      ball(9, 13, COLOURS.skin, -Math.PI, Math.PI, (way) => [
        sign * 7.9 + 0.75 * way[0], 0.6 + 1.7 * way[1], -2.2 + 1.1 * way[2],
      ], { still: true });
    }
    const ring = (radius, y, tilt, from = -Math.PI, to = Math.PI) => Array.from({ length: 33 }, (_, place) => {
      const angle = from + (to - from) * place / 32;
      const [x, z] = [Math.sin(angle), Math.cos(angle)];
      return [radius * x, y + tilt * z, -1.9 + radius * 0.95 * z];
    });
    ribbon(33, COLOURS.band, () => [ring(8.05, 7, 0.35), ring(7.95, 5.5, 0.35)], { still: true });
    ball(13, 33, COLOURS.cap, -Math.PI, Math.PI, (way) => [
      8.5 * way[0], 6.9 + 3.5 * Math.max(way[1], -0.05) + 0.35 * way[2], -1.9 + 8.1 * way[2],
    ], { still: true });
    ribbon(33, COLOURS.band, () => [
      ring(7.95, 5.55, 0.35, -1.15, 1.15),
      ring(7.95, 5.5, 0.35, -1.15, 1.15).map(([x, y, z], place) => {
        const out = Math.sin(Math.PI * place / 32);
        return [x, y - 0.75 * out, z + 1.7 * out];
      }),
    ], { still: true });
    ball(9, 13, COLOURS.badge, -1.6, 1.6, (way) => [
      0.75 * way[0], 6.65 + 0.75 * way[1], 5.95 + 0.35 * way[2],
    ], { still: true });

    const data = new Float32Array(vertices * FLOATS);
    for (const { first, count, colour, eye = 0 } of parts) {
      for (let vertex = 0; vertex < count; vertex += 1) {
        const own = Array.isArray(colour[0]) ? colour[vertex] : colour;
        data.set([...own, eye], (first + vertex) * FLOATS + 6);
      }
    }

    /* The normals of a part that has given none: those of its triangles, added up. */
    function normals({ first, count, corners }) {
      for (let vertex = first; vertex < first + count; vertex += 1) data.fill(0, vertex * FLOATS + 3, vertex * FLOATS + 6);
      for (let at = 0; at < corners.length; at += 3) {
        const [a, b, c] = [0, 1, 2].map((which) => (first + corners[at + which]) * FLOATS);
        const [ux, uy, uz] = [data[b] - data[a], data[b + 1] - data[a + 1], data[b + 2] - data[a + 2]];
        const [vx, vy, vz] = [data[c] - data[a], data[c + 1] - data[a + 1], data[c + 2] - data[a + 2]];
        const [x, y, z] = [uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx];
        for (const to of [a, b, c]) {
          data[to + 3] += x;
          data[to + 4] += y;
          data[to + 5] += z;
        }
      }
    }

    /* Moves all that moves to these weights by name. */
    function update(weights) {
      now.set(base);
      for (const [name, weight] of Object.entries(weights)) {
        const moved = shapes[name];
        if (!moved || !weight) continue;
        for (let at = 0; at < now.length; at += 1) now[at] += weight * moved[at];
      }
      jawWeight = weights.jawOpen ?? 0;
      for (const one of parts) {
        if (one.written) continue;
        let given = false;
        one.write((vertex, place, normal) => {
          const to = (one.first + vertex) * FLOATS;
          data.set(place, to);
          if (normal) data.set(normal, to + 3);
          given = Boolean(normal);
        });
        if (!given) normals(one);
        one.written = one.still === true;
      }
      return data;
    }
    return { update, indices: Uint16Array.from(indices), bytes: data.byteLength };
  }

  return { FLOATS, geometry };
})();
