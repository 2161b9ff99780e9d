"use strict";
/* The words of the set-up's pages. Elements name their text by `data-say`, or their label by
   `data-say-label`. */
const Say = (() => {
  const tables = window.WORDS;
  const find = (selector) => [...document.querySelectorAll(selector)];
  const languages = Object.entries(tables).map(([each, { name }]) => ({ code: each, name }));
  let code = null, bundle = null, given = {};

  /* The language of the browser, as it asks for pages in (`Accept-Language`); English if it has none
     of the kiosk's. */
  function preferred() {
    const known = navigator.languages.flatMap((tag) => {
      const { language, script } = new Intl.Locale(tag).maximize();
      return [`${language}-${script}`, language].filter((one) => Object.hasOwn(tables, one));
    });
    return known[0] ?? "en";
  }

  function text(name, values) {
    return bundle.formatPattern(bundle.getMessage(name).value, { ...given, ...values });
  }

  /* Says everything in a language. values: of texts that stand in the page. */
  function speak(language, values = given) {
    if (language === code) return;
    [code, given] = [language, values];
    const { locale, direction, texts } = tables[code];
    bundle = new Fluent.FluentBundle(locale);
    const entries = Object.entries(texts).map(([name, pattern]) => `${name} = ${pattern}\n`);
    bundle.addResource(new Fluent.FluentResource(entries.join("")));
    document.documentElement.lang = code;
    document.documentElement.dir = direction;
    document.title = text("title");
    for (const one of find("[data-say]")) one.textContent = text(one.dataset.say);
    for (const one of find("[data-say-label]")) one.setAttribute("aria-label", text(one.dataset.sayLabel));
  }

  /* Offers all languages in a list. then: is called after each change. */
  function offer(list, then) {
    for (const { code: each, name } of languages) {
      const option = document.createElement("option");
      option.value = option.lang = each;
      option.textContent = name;
      list.append(option);
    }
    list.value = code;
    list.addEventListener("change", () => {
      speak(list.value);
      then();
    });
  }

  return {
    preferred,
    speak,
    offer,
    text,
    languages,
    has: (name) => Object.hasOwn(tables[code].texts, name),
    country: (country) => new Intl.DisplayNames(tables[code].locale, { type: "region" }).of(country),
    order: (one, other) => new Intl.Collator(tables[code].locale).compare(one, other),
  };
})();
