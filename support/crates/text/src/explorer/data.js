// What the page knows: the terms with their counts and scores, and the rows of a term. All text reaches the page as
// text nodes, never as markup.
"use strict";

const data = JSON.parse(document.getElementById("data").textContent);
const classes = { a: data.a, b: data.b };
const scores = {
  f: { name: "scaled F-score", digits: 2, values: data.f.map((value) => value / 1e4), end: 1 },
  z: { name: "log-odds z-score", digits: 1, values: data.z.map((value) => value / 1e2) },
};
// A few extreme terms would leave all others white.
scores.z.end = quantile(scores.z.values.map(Math.abs), 0.99) || 1;
const state = { score: "f", selected: -1, hovered: null, matches: null };
const counts = data.terms.map((_, term) => data.countsA[term] + data.countsB[term]);
const termAt = new Map(data.terms.map((term, at) => [term, at]));

function byId(id) {
  return document.getElementById(id);
}

// An element with attributes and children; strings become text.
function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (value !== null && value !== undefined) made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

function quantile(values, share) {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  return sorted.length ? sorted[Math.floor(share * (sorted.length - 1))] : 0;
}

function whole(number) {
  return number.toLocaleString("en");
}

// "1 text", "2 texts".
function number(count, thing) {
  return `${whole(count)} ${thing}${count === 1 ? "" : "s"}`;
}

function signed(value, digits) {
  const text = Math.abs(value).toFixed(digits);
  return Number(text) === 0 ? text : (value < 0 ? "−" : "+") + text;
}

function scoreOf(term) {
  return scores[state.score].values[term];
}

// Occurrences per 1,000 words of a side.
function rate(term, side) {
  const at = side === "a" ? 0 : 1;
  const value = (1000 * (at ? data.countsB : data.countsA)[term]) / Math.max(1, data.totalWords[at]);
  return value >= 10 ? value.toFixed(1) : value.toFixed(value >= 1 ? 2 : 3);
}

// All terms, the highest first; equal ones by count, then by name.
function ranked(key) {
  return data.terms.map((_, term) => term).sort((i, j) => key(j) - key(i) || counts[j] - counts[i] || i - j);
}

const frequent = ranked((term) => counts[term]);
const typical = { a: [], b: [] };

// The terms in the order in which they deserve a place: in turn typical of a, typical of b, frequent.
function rank() {
  typical.a = ranked(scoreOf);
  typical.b = ranked((term) => -scoreOf(term));
  const taken = new Uint8Array(counts.length);
  const order = [];
  for (let at = 0; at < counts.length; at++) {
    for (const list of [typical.a, typical.b, frequent]) {
      if (!taken[list[at]]) {
        taken[list[at]] = 1;
        order.push(list[at]);
      }
    }
  }
  return order;
}

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const digit = new Map([...DIGITS].map((character, value) => [character, value]));

// The texts that hold a term, places in data.texts: differences, five bits to a digit.
function rowsOf(term) {
  const rows = [];
  let last = 0;
  let value = 0;
  let scale = 1;
  for (const character of data.rows[term]) {
    const bits = digit.get(character);
    value += (bits % 32) * scale;
    scale *= 32;
    if (bits < 32) {
      last += value;
      rows.push(last);
      value = 0;
      scale = 1;
    }
  }
  return rows;
}
