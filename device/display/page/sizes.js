/* How large everything is drawn: the unit of the layout, the least size of text and of a code's
   modules, and which part of the screen is used.
   Guarantees: text that somebody needs has the size that the kiosk asks for (device/display/sizes.py),
   whatever the layout would give it; with `low` all of the page is within reach of who sits. */
"use strict";

const Sizes = (() => {
  const LARGE = 1.5; // times the text, for whom it is too small
  const LAYOUTS = { // pixels of the screen that each layout is drawn for
    wide: [1920, 1080],
    upright: [1080, 1920],
    small: [1240, 744],
    narrow: [880, 1466],
  };
  const TEXT_U = 30; // of the page's text, in units of the layout
  const SMALL_PX = 620;
  const ENLARGED = 1.4; // times TEXT_U: more than the layouts are drawn for
  const COMPACT = 1 / 46; // of the diagonal: text as large as `large` makes it has its layouts too
  const WORTHWHILE = 1.1; // times the text, at least, for `large`

  const share = window.WAYSIDE.sizes; // of the screen's diagonal
  let diagonal = 0;
  let enlarging = false;
  let growing = false;

  /* Sets the sizes for a window of any size; again when it or a mode has changed. */
  function set({ large, low }) {
    const root = document.documentElement;
    diagonal = Math.hypot(innerWidth, innerHeight);
    const tall = low ? Math.min(innerHeight, share.reach * diagonal) : innerHeight;
    const upright = innerWidth <= tall;
    const narrow = upright && innerWidth <= SMALL_PX;
    const small = tall <= SMALL_PX;
    const [width, height] = LAYOUTS[narrow ? "narrow" : small ? "small" : upright ? "upright" : "wide"];
    const unit = Math.min(innerWidth / width, tall / height);
    const text = share.text * diagonal;
    const larger = Math.max(Math.min(LARGE * text, share.most * diagonal), LARGE * TEXT_U * unit);
    const least = large ? larger : text;
    growing = larger > WORTHWHILE * Math.max(text, TEXT_U * unit);
    enlarging = least > ENLARGED * TEXT_U * unit;
    root.classList.toggle("upright", upright);
    root.classList.toggle("narrow", narrow);
    root.classList.toggle("small", small);
    root.classList.toggle("large", large || text >= COMPACT * diagonal);
    root.classList.toggle("low", tall < innerHeight);
    root.style.setProperty("--u", `${unit}px`);
    root.style.setProperty("--least", `${least}px`);
    root.style.setProperty("--heading", `${share.heading * diagonal}px`);
    root.style.setProperty("--stage", `${tall}px`);
  }

  /* Whether text has room to be larger. */
  const grows = () => growing;

  /* Whether the low part of the screen is not all of it. */
  const reaches = () => share.reach * Math.hypot(innerWidth, innerHeight) < innerHeight;

  /* The least side of a code's module, in pixels of the screen. */
  const module = () => Math.max(2, Math.ceil(share.module * diagonal * devicePixelRatio - 0.05));

  const enlarged = () => enlarging;

  return { set, grows, reaches, enlarged, module };
})();
