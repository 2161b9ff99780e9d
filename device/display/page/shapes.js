/* The blendshapes of the guide's face: by how much each vertex of MediaPipe's canonical face mesh moves
   when a shape is full. Names are those of ARKit, as MediaPipe's face landmarker gives them, so that
   what a clip is recorded to (`wayside-tools face record`) can be played. The displacements are our
   own, in the mesh's centimetres: x to the face's left, y up, z to the front. Those of the eyes'
   direction move the eyeballs, not the mesh.
   Guarantees: each shape is one array of the mesh's length; a name without a shape moves nothing. */
"use strict";

const Shapes = (() => {
  /* Vertices from the face's right to its left. */
  const LIPS = [ // from the outer edge to the inner one
    [[61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291], [61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291]],
    [[76, 184, 74, 73, 72, 11, 302, 303, 304, 408, 306], [76, 77, 90, 180, 85, 16, 315, 404, 320, 307, 306]],
    [[62, 183, 42, 41, 38, 12, 268, 271, 272, 407, 292], [62, 96, 89, 179, 86, 15, 316, 403, 319, 325, 292]],
    [[78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308], [78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308]],
  ];
  const EYES = { // from the outer corner to the inner one; `fold` and `bag` are around the lids
    Right: {
      upper: [33, 246, 161, 160, 159, 158, 157, 173, 133], lower: [33, 7, 163, 144, 145, 153, 154, 155, 133],
      fold: [247, 30, 29, 27, 28, 56, 190], bag: [25, 110, 24, 23, 22, 26, 112],
      brow: [[70, 46], [63, 53], [105, 52], [66, 65], [107, 55]],
    },
    Left: {
      upper: [263, 466, 388, 387, 386, 385, 384, 398, 362], lower: [263, 249, 390, 373, 374, 380, 381, 382, 362],
      fold: [467, 260, 259, 257, 258, 286, 414], bag: [255, 339, 254, 253, 252, 256, 341],
      brow: [[300, 276], [293, 283], [334, 282], [296, 295], [336, 285]],
    },
  };
  const HINGE = { y: 1, z: -1.5 }; // of the jaw
  const JAW_RADIANS = 0.33;
  const MOUTH = [0, -3.8, 5];

  const upperLip = new Set(LIPS.flatMap(([upper]) => upper.slice(1, -1)));
  const lowerLip = new Set(LIPS.flatMap(([, lower]) => lower.slice(1, -1)));
  const corners = { Right: LIPS.map(([upper]) => upper[0]), Left: LIPS.map(([upper]) => upper.at(-1)) };

  const smooth = (from, to, at) => {
    const part = Math.min(Math.max((at - from) / (to - from), 0), 1);
    return part * part * (3 - 2 * part);
  };

  /* base: the mesh at rest, its lips closed. Returns the shapes by name. */
  function make(base) {
    const count = base.length / 3;
    const point = (vertex) => base.subarray(3 * vertex, 3 * vertex + 3);
    const made = {};

    /* A shape by the displacement of each vertex: move(vertex, [x, y, z]) returns three numbers. */
    const shape = (name, move) => {
      const moved = new Float32Array(base.length);
      for (let vertex = 0; vertex < count; vertex += 1) moved.set(move(vertex, point(vertex)), 3 * vertex);
      made[name] = moved;
    };
    const near = (at, centre, radius) => Math.exp(-(
      (at[0] - centre[0]) ** 2 + (at[1] - centre[1]) ** 2 + (at[2] - centre[2]) ** 2
    ) / radius ** 2);
    const times = (weight, by) => by.map((one) => weight * one);
    const sides = { Right: -1, Left: 1 };
    const on = (side, at) => smooth(-0.5, 0.5, sides[side] * at[0]);

    /* A bump around a vertex: what is `radius` away moves by a third. */
    const bump = (name, vertex, radius, by, only = () => 1) => {
      const centre = point(vertex);
      shape(name, (other, at) => times(near(at, centre, radius) * only(other, at), by));
    };

    /* How much a vertex belongs to the jaw. */
    const jaw = (vertex, at) => {
      if (upperLip.has(vertex)) return 0;
      const across = Math.abs(at[0]);
      if (lowerLip.has(vertex)) return 1 - 0.35 * smooth(0.6, 2.2, across);
      if (corners.Right.includes(vertex) || corners.Left.includes(vertex)) return 0.42;
      const top = MOUTH[1] + 0.05 + 0.45 * across;
      return smooth(top, top - 0.8 - 0.5 * across, at[1]);
    };
    const opened = (vertex, at) => {
      const angle = JAW_RADIANS * jaw(vertex, at);
      const [y, z] = [at[1] - HINGE.y, at[2] - HINGE.z];
      return [0, y * (Math.cos(angle) - 1) - z * Math.sin(angle), z * (Math.cos(angle) - 1) + y * Math.sin(angle)];
    };
    const around = (at, radius = 2.4) => near(at, MOUTH, radius);
    const upper = (vertex, at) => (upperLip.has(vertex) ? 1 : lowerLip.has(vertex) ? 0 : smooth(MOUTH[1] - 0.3, MOUTH[1] + 0.3, at[1]));
    const lower = (vertex, at) => 1 - upper(vertex, at);

    shape("jawOpen", opened);
    shape("jawForward", (vertex, at) => [0, 0, 0.8 * jaw(vertex, at)]);
    shape("jawLeft", (vertex, at) => [0.8 * jaw(vertex, at), 0, 0]);
    shape("jawRight", (vertex, at) => [-0.8 * jaw(vertex, at), 0, 0]);
    shape("mouthClose", (vertex, at) => {
      if (!lowerLip.has(vertex)) return [0, 0, 0];
      return times(-0.95, opened(vertex, at));
    });
    shape("mouthPucker", (vertex, at) => times(around(at, 2.9), [-0.5 * at[0], 0, 0.8]));
    shape("mouthFunnel", (vertex, at) => times(around(at, 2.7), [
      -0.34 * at[0], 0.3 * upper(vertex, at) - 0.4 * lower(vertex, at), 0.65,
    ]));
    shape("mouthLeft", (vertex, at) => [0.8 * around(at, 3), 0, 0]);
    shape("mouthRight", (vertex, at) => [-0.8 * around(at, 3), 0, 0]);
    LIPS.forEach(([above, below], ring) => {
      const inner = ring / (LIPS.length - 1);
      for (const [name, part, sign] of [["mouthRollUpper", above, -1], ["mouthRollLower", below, 1]]) {
        made[name] ??= new Float32Array(base.length);
        for (const vertex of part.slice(1, -1)) {
          made[name].set([0, sign * 0.22 * (1 - inner), -0.32 * (0.4 + 0.6 * inner)], 3 * vertex);
        }
      }
    });
    shape("mouthShrugUpper", (vertex, at) => [0, 0.32 * upper(vertex, at) * around(at, 2), 0.1 * around(at, 2)]);
    shape("mouthShrugLower", (vertex, at) => [0, 0.4 * lower(vertex, at) * around(at, 2.4), 0.2 * around(at, 2)]);
    shape("browInnerUp", (vertex, at) => (
      [0, 0.75 * (near(at, point(107), 1.7) + near(at, point(336), 1.7)), 0]
    ));
    shape("cheekPuff", (vertex, at) => (
      ["Right", "Left"].map((side) => times(near(at, point(side === "Left" ? 425 : 205), 2.6), [0.35 * sides[side], 0, 0.6]))
        .reduce((one, other) => one.map((value, axis) => value + other[axis]))
    ));

    for (const [side, sign] of Object.entries(sides)) {
      const of = (right, left) => (side === "Left" ? left : right);
      const corner = point(of(61, 291));
      const cheek = point(of(205, 425));
      const mine = (vertex, at) => on(side, at);
      shape(`mouthSmile${side}`, (vertex, at) => {
        const [lips, flesh] = [near(at, corner, 2), near(at, cheek, 2.2)].map((part) => part * on(side, at));
        return [sign * 0.75 * lips, 0.95 * lips + 0.3 * flesh, -0.35 * lips + 0.28 * flesh];
      });
      bump(`mouthFrown${side}`, of(61, 291), 1.8, [0, -0.8, 0], mine);
      bump(`mouthStretch${side}`, of(61, 291), 2.2, [sign * 0.75, -0.1, -0.3], mine);
      bump(`mouthDimple${side}`, of(61, 291), 1.5, [sign * 0.45, 0.1, -0.4], mine);
      shape(`mouthUpperUp${side}`, (vertex, at) => [0, 0.5 * upper(vertex, at) * around(at, 2) * on(side, at), 0]);
      shape(`mouthLowerDown${side}`, (vertex, at) => [0, -0.55 * lower(vertex, at) * around(at, 2) * on(side, at), 0]);
      shape(`mouthPress${side}`, (vertex, at) => (
        times(around(at, 1.9) * on(side, at), [0, 0.14 * (lower(vertex, at) - upper(vertex, at)), -0.15])
      ));
      bump(`cheekSquint${side}`, of(50, 280), 1.9, [0, 0.4, 0.15], mine);
      bump(`noseSneer${side}`, of(129, 358), 1.3, [0, 0.35, 0.05], mine);
      bump(`browOuterUp${side}`, of(63, 293), 2, [0, 0.65, 0], mine);
      shape(`browDown${side}`, (vertex, at) => times(
        Math.max(near(at, point(of(66, 296)), 1.7), 0.7 * near(at, point(of(70, 300)), 1.6)), [-0.15 * sign, -0.5, 0.05],
      ));
      lids(side, EYES[side]);
    }

    /* The lids meet a little above where the lower one is; skin around them follows by half. */
    function lids(side, { upper: above, lower: below, fold, bag }) {
      const [blink, squint, wide] = ["eyeBlink", "eyeSquint", "eyeWide"].map((name) => {
        made[`${name}${side}`] = new Float32Array(base.length);
        return made[`${name}${side}`];
      });
      above.forEach((vertex, place) => {
        const [top, bottom] = [point(vertex), point(below[place])];
        const gap = top[1] - bottom[1];
        const end = place === 0 || place === above.length - 1;
        if (end) return;
        blink.set([0, -0.84 * gap, 0.1], 3 * vertex);
        blink.set([0, 0.16 * gap, 0.08], 3 * below[place]);
        squint.set([0, -0.22 * gap, 0.03], 3 * vertex);
        squint.set([0, 0.3 * gap, 0.05], 3 * below[place]);
        wide.set([0, 0.22 * gap, 0], 3 * vertex);
        blink.set([0, -0.3 * gap, 0.08], 3 * fold[place - 1]);
        squint.set([0, 0.16 * gap, 0.03], 3 * bag[place - 1]);
        wide.set([0, 0.12 * gap, 0], 3 * fold[place - 1]);
      });
    }
    return made;
  }

  /* The lips of the canonical mesh are apart; here they meet. */
  function closed(base) {
    const [above, below] = LIPS.at(-1);
    const meet = above.map((vertex, place) => (base[3 * vertex + 1] + base[3 * below[place] + 1]) / 2);
    const shut = base.slice();
    LIPS.forEach((ring, depth) => {
      for (const [half, sign] of [[0, -1], [1, 1]]) {
        ring[half].slice(1, -1).forEach((vertex, place) => {
          const edge = LIPS.at(-1)[half][place + 1];
          const way = meet[place + 1] - base[3 * edge + 1];
          const share = depth / (LIPS.length - 1);
          shut[3 * vertex + 1] += way * (0.35 + 0.65 * share) - sign * 0.015 * share;
        });
      }
    });
    return shut;
  }

  return { LIPS, EYES, make, closed, smooth };
})();
