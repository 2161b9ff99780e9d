/* Draws the guide's head: a stylised, golden face under a cap, no person's likeness and of no
   particular age, gender or origin. Plain WebGL 1, one draw call a frame.
   Guarantees: what is drawn follows from the weights, the gaze and the pose that are given, and from
   nothing else; nothing is drawn before `draw` is called. */
"use strict";

const Head = (() => {
  const DISTANCE = 44; // of the eye that looks at it, in centimetres
  const FIELD = 0.278; // of its view: half its height at a distance of 1

  const VERTEX = `
    attribute vec3 place, normal, colour; attribute float eye;
    uniform mat3 turn; uniform vec3 shift;
    varying vec3 n, c, local, p; varying float e;
    void main() {
      vec3 at = turn * place + shift;
      n = turn * normal; c = colour; e = eye; local = normal; p = at;
      float z = ${DISTANCE}.0 - at.z;
      gl_Position = vec4(at.xy / ${FIELD}, z * 1.02 - 20.0, z);
    }`;
  const FRAGMENT = `
    precision mediump float;
    varying vec3 n, c, local, p; varying float e;
    uniform vec3 gaze;
    const vec3 LIGHT = vec3(-0.42, 0.55, 0.72);
    void main() {
      vec3 normal = normalize(n), base = c;
      float gloss = 0.1;
      if (e > 0.5) {
        float from = acos(clamp(dot(normalize(local), gaze), -1.0, 1.0));
        vec3 iris = mix(vec3(0.16, 0.5, 0.52), vec3(0.06, 0.22, 0.28), smoothstep(0.3, 0.52, from));
        base = mix(iris, base, smoothstep(0.5, 0.54, from));
        base = mix(vec3(0.04, 0.07, 0.1), base, smoothstep(0.24, 0.29, from));
        gloss = 0.0;
      }
      float lit = dot(normal, LIGHT) * 0.5 + 0.5;
      vec3 shade = base * mix(vec3(0.62, 0.52, 0.55), vec3(1.0), smoothstep(0.2, 0.8, lit));
      vec3 seen = normalize(vec3(0.0, 0.0, ${DISTANCE}.0) - p);
      float shine = pow(max(dot(normalize(LIGHT + seen), normal), 0.0), 24.0);
      float rim = pow(1.0 - max(dot(normal, seen), 0.0), 3.0) * 0.3;
      if (e > 0.5) {
        vec3 spark = normalize(gaze + vec3(-0.24, 0.26, 0.12));
        shade = mix(base * (0.82 + 0.18 * lit), vec3(1.0), smoothstep(0.985, 0.992, dot(normalize(local), spark)));
        rim = 0.0;
      }
      gl_FragColor = vec4(shade + gloss * shine + rim * base, 1.0);
    }`;

  function program(gl) {
    const made = gl.createProgram();
    for (const [type, source] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]]) {
      const shader = gl.createShader(type);
      gl.shaderSource(shader, source);
      gl.compileShader(shader);
      gl.attachShader(made, shader);
    }
    gl.linkProgram(made);
    if (!gl.getProgramParameter(made, gl.LINK_STATUS)) return null;
    gl.useProgram(made);
    return made;
  }

  /* Turned to its left, up, and tilted; radians. */
  function rotation(yaw, pitch, roll) {
    const [sy, cy, sp, cp, sr, cr] = [yaw, -pitch, roll].flatMap((angle) => [Math.sin(angle), Math.cos(angle)]);
    return [ // by columns: yaw after pitch after roll
      cy * cr + sy * sp * sr, cp * sr, -sy * cr + cy * sp * sr,
      -cy * sr + sy * sp * cr, cp * cr, sy * sr + cy * sp * cr,
      sy * cp, -sp, cy * cp,
    ];
  }

  /* Where the shapes of the eyes look: to the face's left, and up. */
  function glance(weights) {
    const of = (name) => weights[`eyeLook${name}`] ?? 0;
    return [
      0.25 * (of("InRight") - of("OutRight") + of("OutLeft") - of("InLeft")),
      0.18 * (of("UpRight") - of("DownRight") + of("UpLeft") - of("DownLeft")),
    ];
  }

  /* Opens the head on a canvas: an object with draw(weights, look), or null where there is no WebGL.
     look: yaw, pitch and roll in radians, gaze as [right, up], and `rise` in centimetres. */
  function open(canvas) {
    const gl = canvas.getContext("webgl", { alpha: true, antialias: true, premultipliedAlpha: true });
    const made = gl && program(gl);
    if (!made) return null;
    const { update, indices, bytes } = Face.geometry();
    gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
    gl.bufferData(gl.ARRAY_BUFFER, bytes, gl.DYNAMIC_DRAW);
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, gl.createBuffer());
    gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, indices, gl.STATIC_DRAW);
    [["place", 3, 0], ["normal", 3, 3], ["colour", 3, 6], ["eye", 1, 9]].forEach(([name, size, offset]) => {
      const where = gl.getAttribLocation(made, name);
      gl.enableVertexAttribArray(where);
      gl.vertexAttribPointer(where, size, gl.FLOAT, false, 4 * Face.FLOATS, 4 * offset);
    });
    const [turn, shift, gaze] = ["turn", "shift", "gaze"].map((name) => gl.getUniformLocation(made, name));
    gl.enable(gl.DEPTH_TEST);

    function draw(weights, { yaw = 0, pitch = 0, roll = 0, rise = 0, look = [0, 0] } = {}) {
      const side = Math.round(canvas.clientWidth * Math.min(devicePixelRatio, 2));
      if (canvas.width !== side) canvas.width = canvas.height = side;
      gl.viewport(0, 0, side, side);
      gl.clearColor(0, 0, 0, 0);
      gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
      gl.bufferSubData(gl.ARRAY_BUFFER, 0, update(weights));
      gl.uniformMatrix3fv(turn, false, rotation(yaw, pitch, roll));
      gl.uniform3f(shift, 0, -0.9 + rise, 0);
      const [across, up] = glance(weights);
      const ahead = [look[0] + across, look[1] + up, 1];
      gl.uniform3fv(gaze, ahead.map((value) => value / Math.hypot(...ahead)));
      gl.drawElements(gl.TRIANGLES, indices.length, gl.UNSIGNED_SHORT, 0);
    }
    return { draw };
  }

  return { open };
})();
