// The texts of the selected term, in two columns, with the term marked.

const BATCH = 20;
const LONG = 700;
const AROUND = 160;
// The words of text::words: letters, digits and _ of any alphabet, with their combining marks.
const WORD = /(?![\u24B6-\u24E9\u{1F130}-\u{1F189}])[\p{Alphabetic}\p{N}_](?:(?![\u24B6-\u24E9\u{1F130}-\u{1F189}])[\p{Alphabetic}\p{N}_]|(?![\uFE00-\uFE0F\u20D0-\u20FF])\p{M})*/gu;

// Where a term stands in a text: [start, end) pairs. n-grams run over words that are too short to count.
function placesOf(term, text) {
  const wanted = term.split(" ");
  const words = [];
  for (const found of text.matchAll(WORD)) {
    if ([...found[0]].length < data.shortestWord) continue;
    words.push([data.matchCase ? found[0] : found[0].toLowerCase(), found.index, found.index + found[0].length]);
  }
  const places = [];
  for (let at = 0; at + wanted.length <= words.length; at++) {
    if (wanted.every((word, next) => words[at + next][0] === word)) {
      places.push([words[at][1], words[at + wanted.length - 1][2]]);
    }
  }
  return places;
}

// Text nodes and marks for a part of a text.
function marked(text, places, from, to) {
  const parts = [];
  let at = from;
  for (const [start, end] of places) {
    if (start < at || end > to) continue;
    parts.push(text.slice(at, start), element("mark", null, text.slice(start, end)));
    at = end;
  }
  parts.push(text.slice(at, to));
  return parts;
}

// The next space, so that no word is cut; not far away where a text has none.
function wordEnd(text, at) {
  const space = text.slice(at, at + 30).search(/\s/);
  if (space >= 0) return at + space;
  // Not in the middle of a character of two units.
  return /[\uDC00-\uDFFF]/.test(text[at]) ? at + 1 : at;
}

// A text as a paragraph; of a long one what stands around the term, and a button for the rest.
function paragraph(term, row) {
  const text = data.texts[row];
  const places = placesOf(term, text);
  const made = element("p", { class: "document", dir: "auto", "data-row": row });
  const about = data.about && data.about[row] ? element("span", { class: "about" }, data.about[row] + "\n") : null;
  const showAll = () => made.replaceChildren(...(about ? [about] : []), ...marked(text, places, 0, text.length));
  if (text.length <= LONG) {
    showAll();
    return made;
  }
  const windows = [];
  for (const [start, end] of places.length ? places : [[0, LONG]]) {
    const from = start <= AROUND ? 0 : wordEnd(text, start - AROUND);
    const to = end + AROUND >= text.length ? text.length : wordEnd(text, end + AROUND);
    const last = windows[windows.length - 1];
    if (last && from <= last[1]) last[1] = to;
    else if (windows.length < 3) windows.push([from, to]);
  }
  if (about) made.append(about);
  windows.forEach(([from, to], at) => {
    made.append(from > 0 && at === 0 ? "… " : "", ...marked(text, places, from, to), to < text.length ? " … " : "");
  });
  const button = element("button", { type: "button" }, `whole text (${whole(text.length)} characters)`);
  button.addEventListener("click", showAll);
  made.append(button);
  return made;
}

function column(term, side, rows) {
  const at = side === "a" ? 0 : 1;
  const texts = (at ? data.textsB : data.textsA)[term];
  const total = data.totalTexts[at];
  const heading = `${classes[side]}: ${number(texts, "text")}`;
  const share = ((100 * texts) / Math.max(1, total)).toFixed(1);
  const times = (at ? data.countsB : data.countsA)[term];
  const section = element("section", { "data-side": side }, element("h3", { class: side }, heading),
    element("p", { class: "quiet" }, `${share} % of ${number(total, "text")} · ${number(times, "occurrence")}, ${rate(term, side)} per 1,000 words`));
  if (texts > rows.length) {
    section.append(element("p", { class: "quiet" }, `${whole(rows.length)} of them are on this page.`));
  }
  if (rows.length === 0) return section;
  const more = element("button", { type: "button", class: "more" });
  let shown = 0;
  const next = () => {
    const first = section.children.length;
    const batch = rows.slice(shown, shown + BATCH).map((row) => paragraph(data.terms[term], row));
    more.before(...batch);
    shown += batch.length;
    const left = rows.length - shown;
    more.textContent = `Show ${Math.min(BATCH, left)} more of ${whole(left)}`;
    more.hidden = left === 0;
    return section.children[first - 1];
  };
  section.append(more);
  next();
  more.addEventListener("click", () => {
    const first = next();
    first.tabIndex = -1;
    first.focus({ preventScroll: true });
  });
  return section;
}

// Fills the section; without a term it says how to choose one.
function showTexts(term) {
  const section = byId("documents");
  if (term < 0) {
    section.removeAttribute("data-term");
    section.replaceChildren(element("p", { class: "quiet" }, "Choose a term to read the texts that hold it: a point, an entry of a list, or what you type in the search box."));
    return;
  }
  const name = data.terms[term];
  section.dataset.term = name;
  const rows = rowsOf(term);
  const inRationale = data.inRationale && data.inRationale[term];
  const lines = [`scaled F-score ${signed(scores.f.values[term], 2)}`, `log-odds z-score ${signed(scores.z.values[term], 1)}`];
  if (typeof inRationale === "number") lines.push(`inside rationales ${inRationale} %`);
  section.replaceChildren(
    element("h2", null, "Texts with “", element("bdi", null, name), "”"),
    element("p", { class: "quiet" }, lines.join(" · ")),
    ...sameCounts(term),
    element("div", { class: "columns" },
      ...["a", "b"].map((side) => column(term, side, rows.filter((row) => data.sides[row] === side)))));
}

// Other terms at the same point.
function sameCounts(term) {
  const others = pointOf[term].terms.filter((other) => other !== term);
  if (others.length === 0) return [];
  const line = element("div", { id: "same" }, "Same counts:");
  for (const other of others.slice(0, 12)) {
    line.append(element("button", { type: "button", "data-term": data.terms[other] }, data.terms[other]));
  }
  if (others.length > 12) line.append(`and ${whole(others.length - 12)} more`);
  return [line];
}
