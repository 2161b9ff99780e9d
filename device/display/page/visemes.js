/* What the guide's lips do to the sound: the shape of the mouth for each viseme of the text track that
   the kiosk makes beside a sound (`device/speech/visemes.py`).
   Guarantees: the shape follows the clock of the sound alone; a sound is never kept waiting for its
   track for longer than a moment, and without one the lips rest. */
"use strict";

const Visemes = (() => {
  const LONGEST_WAIT_MS = 600;
  const BLEND_S = 0.03; // to either side of a moment: lips glide from one shape to the next
  const both = (name, weight) => ({ [`${name}Left`]: weight, [`${name}Right`]: weight });
  const SHAPES = {
    sil: {},
    PP: { ...both("mouthPress", 0.6), mouthRollUpper: 0.4, mouthRollLower: 0.4 },
    FF: { mouthRollLower: 0.9, jawOpen: 0.04, ...both("mouthUpperUp", 0.3) },
    TH: { jawOpen: 0.16, ...both("mouthLowerDown", 0.15) },
    DD: { jawOpen: 0.14, ...both("mouthUpperUp", 0.12), ...both("mouthLowerDown", 0.2) },
    kk: { jawOpen: 0.2, ...both("mouthStretch", 0.1) },
    CH: { jawOpen: 0.1, mouthFunnel: 0.55 },
    SS: { jawOpen: 0.06, ...both("mouthStretch", 0.3), ...both("mouthLowerDown", 0.25) },
    nn: { jawOpen: 0.14, ...both("mouthLowerDown", 0.1) },
    RR: { jawOpen: 0.14, mouthFunnel: 0.3, mouthPucker: 0.15 },
    aa: { jawOpen: 0.62, ...both("mouthLowerDown", 0.15) },
    E: { jawOpen: 0.36, ...both("mouthStretch", 0.3) },
    ih: { jawOpen: 0.2, ...both("mouthStretch", 0.35), ...both("mouthSmile", 0.15) },
    oh: { jawOpen: 0.42, mouthFunnel: 0.55 },
    ou: { jawOpen: 0.16, mouthPucker: 0.8 },
  };

  /* Loads the track of a sound; resolves when the sound may begin. */
  function load(audio, src) {
    const track = Object.assign(document.createElement("track"), { kind: "metadata", src });
    const there = new Promise((resolve) => {
      track.addEventListener("load", resolve, { once: true });
      track.addEventListener("error", resolve, { once: true });
      setTimeout(resolve, LONGEST_WAIT_MS);
    });
    audio.preload = "auto"; // meanwhile
    audio.append(track);
    track.track.mode = "hidden"; // which loads it
    return there;
  }

  /* What the lips do at a moment of a sound: the viseme, "" where there is no track, and weights of
     blendshapes by name. */
  function at(audio, seconds = audio.currentTime) {
    const [from, to] = [seconds - BLEND_S, seconds + BLEND_S];
    const weights = {};
    const cues = audio.textTracks[0]?.cues ?? [];
    let viseme = cues.length ? "sil" : "";
    for (const { startTime, endTime, text } of cues) {
      if (startTime > to) break;
      const share = (Math.min(endTime, to) - Math.max(startTime, from)) / (to - from);
      if (startTime <= seconds && seconds < endTime) viseme = text;
      if (share <= 0) continue;
      for (const [name, weight] of Object.entries(SHAPES[text] ?? {})) {
        weights[name] = (weights[name] ?? 0) + share * weight;
      }
    }
    return { viseme, weights };
  }

  return { load, at };
})();
