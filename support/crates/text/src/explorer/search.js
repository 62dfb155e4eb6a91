// The search box: suggestions while typing, matching points in the plot, Enter or a click selects.

const box = byId("search");
const list = byId("suggestions");
let active = -1;
let plainTerms = null;

// Small letters without accents, so that "nao" finds "não".
function plain(text) {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

// Prepares the search; done before the first key where there is time.
function prepareSearch() {
  plainTerms = plainTerms || data.terms.map(plain);
}

// Terms that hold what was typed: whole terms first, then beginnings of terms, of words, then the rest; frequent first.
function search(typed) {
  const wanted = plain(typed).replace(/\s+/g, " ").trim();
  if (wanted === "") return null;
  prepareSearch();
  const found = [[], [], [], []];
  for (const at of frequent) {
    const term = plainTerms[at];
    const place = term.indexOf(wanted);
    if (place < 0) continue;
    found[term === wanted ? 0 : place === 0 ? 1 : term.includes(" " + wanted) ? 2 : 3].push(at);
  }
  return found.flat();
}

function suggest() {
  state.matches = search(box.value);
  const shown = (state.matches || []).slice(0, 10);
  const options = shown.map((term, at) =>
    element("li", { role: "option", id: `option-${at}`, "data-term": data.terms[term], "aria-selected": "false" },
      element("bdi", null, data.terms[term]), element("span", { class: "count" }, `${whole(counts[term])}×`)));
  if (state.matches && shown.length === 0) {
    options.push(element("li", { class: "none", role: "option", "aria-disabled": "true" }, "no such term"));
  }
  list.replaceChildren(...options);
  open(options.length > 0);
  point(-1);
  draw();
}

function open(yes) {
  list.hidden = !yes;
  box.setAttribute("aria-expanded", String(yes));
}

// Makes one of the suggestions the active one.
function point(at) {
  active = at;
  [...list.children].forEach((option, place) => option.setAttribute("aria-selected", String(place === at)));
  if (at < 0) box.removeAttribute("aria-activedescendant");
  else box.setAttribute("aria-activedescendant", `option-${at}`);
}

function take(term) {
  open(false);
  state.matches = null;
  box.value = data.terms[term];
  select(term);
}

function startSearch() {
  (window.requestIdleCallback || setTimeout)(prepareSearch);
  box.addEventListener("input", suggest);
  box.addEventListener("focus", () => { if (box.value && state.matches) open(list.children.length > 0); });
  box.addEventListener("blur", () => open(false));
  box.addEventListener("keydown", (event) => {
    const options = list.querySelectorAll("[data-term]");
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (options.length === 0) return;
      event.preventDefault();
      open(true);
      const step = event.key === "ArrowDown" ? 1 : -1;
      point(active < 0 && step < 0 ? options.length - 1 : (active + step + options.length) % options.length);
    } else if (event.key === "Enter") {
      const matches = state.matches || search(box.value) || [];
      const chosen = active >= 0 && options[active] ? termAt.get(options[active].dataset.term) : matches[0];
      if (chosen === undefined) tell("no such term");
      else take(chosen);
    } else if (event.key === "Escape") {
      box.value = "";
      suggest();
    }
  });
  // Before the box loses the focus.
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[data-term]");
    if (option) take(termAt.get(option.dataset.term));
  });
}
