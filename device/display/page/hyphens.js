/* Divides long words as their language does, by patterns, where it has some. Browsers hyphenate by
   themselves only where they have brought or fetched a dictionary.
   Guarantees: the page never waits for patterns, of which those of German are half of all that it
   loads: it is drawn first, they are loaded when it is idle or first needs them, and what needed
   them is drawn again. */
"use strict";

const Hyphens = (() => {
  const SHORTEST_DIVIDED = 9; // letters of a word

  const known = window.WORDS.hyphens; // languages that have patterns
  const dividers = new Map(); // by language; null while its patterns are on their way
  const missed = new Set(); // languages that were needed meanwhile
  let changed = () => {};

  async function load(language) {
    if (dividers.has(language) || !known.includes(language)) return;
    dividers.set(language, null);
    try {
      const answer = await fetch(`vendor/hyphens/${language}.json`);
      if (!answer.ok) throw new Error(answer.status);
      dividers.set(language, createHyphenator(await answer.json(), { minWordLength: SHORTEST_DIVIDED }));
    } catch (error) {
      console.warn(`hyphens of ${language}: ${error.message}`);
      dividers.delete(language); // asked for again by the next long word
      return;
    }
    if (missed.delete(language)) changed();
  }

  /* A text with soft hyphens in its long words, once the patterns are there. */
  function divided(text, lang) {
    const [language] = lang.split("-");
    const divide = dividers.get(language);
    if (divide) return divide(text);
    if (known.includes(language)) missed.add(language);
    load(language);
    return text;
  }

  /* onChange: called when patterns have come that were needed. */
  function open(onChange) {
    changed = onChange;
    requestIdleCallback(() => Phrases.site.forEach(load), { timeout: 10000 });
  }

  return { open, divided };
})();
