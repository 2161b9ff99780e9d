/* Every word that the page shows, by language: that of <html lang>. A notice has a heading, a long
   text for the resting loop and a brief one beside suggestions. */
"use strict";

const WORDS = {
  en: {
    name: "Wayside",
    suggestions: "Ideas for right now",
    back: "All ideas",
    kinds: { place: "Place", film: "Film", song: "Song", activity: "To do" },
    stops: { place: "Places", film: "Films", song: "Songs", activity: "Things to do" },
    scan: "Scan for more",
    like: "I like it",
    liked: "Thank you",
    not_for_me: "Not for me",
    noted: "Noted",
    metres: (n) => `${n} m`,
    kilometres: (n) => `${n} km`,
    opt_out: "Don’t look at me",
    opt_in: "You may look again",
    hint: "touch, or press O",
    notices: {
      watching: {
        heading: "A camera looks at this spot",
        text: "It finds faces and guesses mood, age and gender, to choose what to suggest. No picture is kept, and none is sent anywhere. Rather not? Touch the button or press O.",
        brief: "It guesses mood, age and gender from faces. No picture is kept or sent.",
      },
      demo: {
        heading: "This is a demonstration",
        text: "The pictures come from a file: no camera looks at you. At a real kiosk a camera finds faces and guesses mood, age and gender; no picture is kept, and none is sent anywhere.",
        brief: "The pictures come from a file. No camera looks at you.",
      },
      opted_out: {
        heading: "Nobody is being looked at",
        text: "You asked not to be looked at, so the camera is off. Ideas are chosen without it. After a little while it looks again, and this notice will say so.",
        brief: "The camera is off, as you asked. These ideas are chosen without it.",
      },
      not_watching: {
        heading: "Not looking right now",
        text: "The camera of this kiosk is off, and no ideas are being chosen. When it looks again, this notice will say so.",
        brief: "The camera is off. When it looks again, this notice will say so.",
      },
      disconnected: {
        heading: "Not looking right now",
        text: "This screen has lost touch with its kiosk. Without a screen that says so, the camera switches itself off. It will be back by itself.",
        brief: "This screen has lost touch with its kiosk, and the camera switches itself off.",
      },
    },
    resting: {
      watching: {
        heading: "Where to next?",
        text: "Stand here for a moment, and a few ideas appear.",
      },
      demo: {
        heading: "Where to next?",
        text: "Watch for a moment, and a few ideas appear.",
      },
      opted_out: {
        heading: "As you wish.",
        text: "The camera is off for a while.",
      },
      not_watching: {
        heading: "Back in a moment.",
        text: "This kiosk is taking a short rest.",
      },
      disconnected: {
        heading: "Back in a moment.",
        text: "This kiosk is taking a short rest.",
      },
    },
  },
};

const words = WORDS[document.documentElement.lang] ?? WORDS.en;
