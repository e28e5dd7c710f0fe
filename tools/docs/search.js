// How the search ranks: an exact term of the glossary, then a name of the API, then a heading that
// is the query, then terms and headings that begin with it or hold its words, then prose, then code.
class Search {
  constructor({ pages, sections, terms, names }) {
    this.pages = pages;
    this.sections = sections.map(([page, id, level, title, defined, prose, code], k) => ({
      k,
      page,
      id,
      level,
      title,
      defined,
      text: prose + code,
      heading: Search.stem(title),
      owns: defined.map(Search.stem),
      prose: Search.stem(prose),
      code: Search.stem(code),
    }));
    this.terms = terms.map(([name, id, entry, says, section, also]) => ({
      name,
      entry,
      says,
      section,
      forms: [name, id, ...also].map(Search.stem),
    }));
    this.names = names.map(([name, url, module, says]) => ({
      name,
      url,
      module,
      says,
      form: Search.stem(name),
      last: Search.stem(name.split(".").at(-1)),
    }));
  }

  // Words as they are compared: small, without accents, hyphens and plural; Greek letters by name.
  static stem(text) {
    return text
      .replace(/[α-ωΑ-Ω]/g, c => Search.GREEK[c.toLowerCase()] ?? c)
      .toLowerCase()
      .normalize("NFKD")
      .replace(/[\u0300-\u036f]|(?<=\w)['’]s?\b/g, "")
      .replace(/[^\p{L}\p{N}]+/gu, " ")
      .trim()
      .split(" ")
      .map(w =>
        w
          .replace(/ies$/, "y")
          .replace(/(?<=ch|sh|ss|x)es$|(?<=..[^siu])s$/, "")
          .replace(/iz(?=ation|ed?$|er|ing)/, "is"),
      )
      .join(" ");
  }

  static GREEK = {
    α: "alpha",
    β: "beta",
    γ: "gamma",
    δ: "delta",
    ε: "epsilon",
    η: "eta",
    θ: "theta",
    λ: "lambda",
    μ: "mu",
    ν: "nu",
    π: "pi",
    ρ: "rho",
    σ: "sigma",
    τ: "tau",
    φ: "phi",
    ω: "omega",
  };

  // 3: `text` holds `word` as a whole word; 2: one that begins so; 1: one with it inside; 0: none.
  static holds(text, word) {
    let best = 0;
    for (let at = text.indexOf(word); at >= 0 && best < 3; at = text.indexOf(word, at + 1)) {
      const begins = at === 0 || text[at - 1] === " ";
      const end = at + word.length;
      const ends = end === text.length || text[end] === " ";
      best = Math.max(best, begins && ends ? 3 : begins ? 2 : 1);
    }
    return best;
  }

  static count(text, word) {
    let n = 0;
    for (let at = text.indexOf(word); at >= 0 && n < 20; at = text.indexOf(word, at + 1)) n++;
    return n;
  }

  term_points(term, query) {
    let best = 0;
    for (const form of term.forms) {
      const first = form === term.forms[0];
      if (form === query) best = Math.max(best, first ? 1000 : 990);
      else if (query.length > 2 && form.startsWith(query))
        best = Math.max(best, 400 + (100 * query.length) / form.length);
      else if (query.length > 3 && Search.holds(form, query) >= 2) best = Math.max(best, 300);
    }
    return best;
  }

  name_points(name, query, text) {
    const spelled = /[_.A-Z]/.test(text) && text.replace(/\(\)$/, "") === name.name;
    if (name.form === query) return spelled ? 950 : 850;
    if (name.last === query) return 560;
    if (query.length > 2 && name.form.startsWith(query))
      return 250 + (100 * query.length) / name.form.length;
    return 0;
  }

  section_points(s, query, words) {
    let points = 0;
    if (s.heading === query) points += 700;
    else if (s.heading.startsWith(query + " ")) points += 460;
    else {
      const whole = Search.holds(s.heading, query);
      points += [0, 60, 240, 420][whole];
    }
    for (const word of words) {
      const heading = Search.holds(s.heading, word);
      const owns = Math.max(0, ...s.owns.map(name => Search.holds(name, word)));
      const prose = Search.holds(s.prose, word);
      const code = Search.holds(s.code, word);
      if (!heading && !owns && !prose && !code) return 0;
      points += ([0, 5, 40, 70][heading] + [0, 4, 20, 40][owns]) / words.length;
      points +=
        ([0, 3, 10, 16][prose] + 2 * Math.min(6, Search.count(s.prose, word))) / words.length;
      points += ([0, 1, 3, 5][code] + 0.5 * Math.min(6, Search.count(s.code, word))) / words.length;
    }
    if (s.owns.includes(query)) points += 500;
    if (words.length > 1) points += Math.min(5, Search.count(s.prose, query)) * 12;
    if (s.level === 1) points *= 1.3; // a page that says so where it begins
    return Math.min(points, 900); // what a term or a name says exactly comes first
  }

  address(s) {
    return `${this.pages[s.page][0]}.html${s.id ? `#${s.id}` : ""}`;
  }

  // `word`, or what is one letter off it and occurs in a term, a heading or a name.
  nearest(word) {
    if (this.sections.some(s => s.prose.includes(word) || s.code.includes(word))) return word;
    this.known ??= [
      ...new Set(
        [
          ...this.terms.flatMap(t => t.forms),
          ...this.sections.map(s => s.heading),
          ...this.names.map(n => n.form),
        ].flatMap(text => text.split(" ")),
      ),
    ];
    return this.known.find(other => other.length > 3 && Search.one_off(word, other)) ?? "";
  }

  // Does one letter, put in, left out, changed or swapped with the next, make `a` of `b`?
  static one_off(a, b) {
    let k = 0;
    while (k < a.length && a[k] === b[k]) k++;
    const rest = [a.slice(k), b.slice(k)];
    return (
      rest[0].slice(1) === rest[1] ||
      rest[0] === rest[1].slice(1) ||
      rest[0].slice(1) === rest[1].slice(1) ||
      (rest[0].slice(2) === rest[1].slice(2) &&
        rest[0][0] === rest[1][1] &&
        rest[0][1] === rest[1][0])
    );
  }

  // The `most` best answers: {kind, title, where, html, url}. If there are none, those for the
  // words that occur, with a letter put right where one is wrong.
  find(text, most) {
    const found = this.exactly(text, most);
    if (found.length) return found;
    const words = Search.stem(text).split(" ").filter(Boolean);
    const known = words.map(w => this.nearest(w)).filter(Boolean);
    return known.join() === words.join() ? [] : this.exactly(known.join(" "), most);
  }

  exactly(text, most) {
    const query = Search.stem(text),
      words = query.split(" ").filter(Boolean);
    if (!words.length) return [];
    const marked = new RegExp(
      words.map(w => w.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|"),
      "gi",
    );
    const shown = t => escaped(t).replace(marked, m => `<mark>${m}</mark>`);
    const found = [];
    for (const t of this.terms) {
      const points = this.term_points(t, query);
      if (!points) continue;
      const entry = { kind: "term", title: t.name, html: escaped(t.says) };
      if (t.section >= 0) {
        const s = this.sections[t.section];
        const where = `${this.pages[s.page][1]} › ${s.title}`;
        found.push({ ...entry, points, where, url: this.address(s) });
      }
      const url = `glossary.html#${t.entry}`;
      const html = t.section >= 0 ? "" : entry.html; // said once
      found.push({ ...entry, html, points: points - 1, where: "Glossary", url });
    }
    for (const n of this.names) {
      const points = this.name_points(n, query, text.trim());
      const html = escaped(n.says.replaceAll("`", ""));
      if (points)
        found.push({
          kind: "name",
          title: n.name,
          where: `API of ${n.module}`,
          html,
          url: n.url,
          points,
        });
    }
    for (const s of this.sections) {
      const points = this.section_points(s, query, words);
      if (!points) continue;
      const where = this.pages[s.page][1];
      found.push({ kind: "section", title: s.title, where, url: this.address(s), s, points });
    }
    found.sort((a, b) => b.points - a.points || (a.s?.k ?? 0) - (b.s?.k ?? 0));
    const seen = new Set();
    const best = found.filter(r => !seen.has(r.url) && seen.add(r.url)).slice(0, most);
    for (const r of best) r.html ??= shown(Search.excerpt(r.s.text, marked));
    return best;
  }

  static excerpt(text, pattern) {
    const at = Math.max(0, text.search(pattern) - 40);
    return (at ? "…" : "") + text.slice(at, at + 130) + (at + 130 < text.length ? "…" : "");
  }
}
