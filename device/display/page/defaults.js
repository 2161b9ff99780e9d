/* What the page goes by until settings.js, which comes next, says otherwise. Without settings it has
   no broker, and shows that the camera is off. */
"use strict";

window.WAYSIDE = {
  keys: {},
  buttons: [],
  guesses: [],
  photographs: [],
  timezone: "UTC",
  sizes: { text: 0, most: 0, heading: 0, module: 0, reach: 1 },
};
