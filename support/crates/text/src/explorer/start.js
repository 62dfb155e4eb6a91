// Selection, lists, hovering, zoom, keys; then the first picture.

function tell(text) {
  byId("status").textContent = text;
}

// Selects a term: its point, its texts, its entry in the lists, the address.
function select(term, fromAddress) {
  state.selected = term;
  showTexts(term);
  draw();
  hideTip();
  for (const button of document.querySelectorAll("#lists button")) {
    button.setAttribute("aria-current", String(button.dataset.term === data.terms[term]));
  }
  if (term < 0) return;
  const texts = data.textsA[term] + data.textsB[term];
  tell(`${data.terms[term]}: ${number(texts, "text")}`);
  if (!fromAddress) {
    // A page inside a sandbox has no address of its own.
    try { history.replaceState(null, "", "#term=" + encodeURIComponent(data.terms[term])); } catch (error) { /* as it is */ }
  }
  const section = byId("documents");
  if (section.getBoundingClientRect().top > window.innerHeight - 120) {
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    section.scrollIntoView({ behavior: still ? "auto" : "smooth", block: "start" });
  }
}

function fromAddress() {
  const found = /^#term=(.*)$/.exec(location.hash);
  if (!found) return;
  let name = "";
  try { name = decodeURIComponent(found[1].replace(/\+/g, " ")); } catch (error) { return; }
  const term = termAt.get(name);
  if (term === undefined) tell(`no term ${name}`);
  else if (term !== state.selected) select(term, true);
}

function fillLists() {
  const { digits } = scores[state.score];
  const fill = (id, terms, value) => byId(id).replaceChildren(...terms.map((term) =>
    element("li", null, element("button", { type: "button", "data-term": data.terms[term], title: data.terms[term],
      "aria-current": String(term === state.selected) },
    element("bdi", { class: "term" }, data.terms[term]), element("span", { class: "value" }, value(term))))));
  const score = (term) => signed(scoreOf(term), digits);
  fill("list-a", typical.a.slice(0, 20).filter((term) => scoreOf(term) > 0), score);
  fill("list-b", typical.b.slice(0, 20).filter((term) => scoreOf(term) < 0), score);
  fill("list-frequent", frequent.slice(0, 20), (term) => whole(counts[term]));
  const end = scores[state.score].end;
  const beyond = scores[state.score].values.some((value) => Math.abs(value) > end);
  byId("low").textContent = `${classes.b} ${beyond ? "≤ " : ""}${signed(-end, digits)}`;
  byId("high").textContent = `${beyond ? "≥ " : ""}${signed(end, digits)} ${classes.a}`;
}

function showTip(point) {
  state.hovered = point;
  const tip = byId("tip");
  const names = point.terms.slice(0, 6).map((term) => data.terms[term]);
  const more = point.terms.length - names.length;
  const term = point.terms[0];
  const side = (side, count) => element("div", null, element("span", { class: side }, classes[side]),
    `: ${whole(count)} × (${rate(term, side)} per 1,000 words)`);
  tip.replaceChildren(element("b", null, names.join(" · ")), more > 0 ? ` and ${whole(more)} more with these counts` : "",
    side("a", data.countsA[term]), side("b", data.countsB[term]),
    element("div", null, `scaled F ${signed(scores.f.values[term], 2)} · z ${signed(scores.z.values[term], 1)}`));
  tip.hidden = false;
  const [width, height] = [tip.offsetWidth, tip.offsetHeight];
  const frame = byId("frame").getBoundingClientRect();
  const left = point.left + 14 + width < frame.width ? point.left + 14 : point.left - 14 - width;
  const top = point.top + 12 + height < frame.height ? point.top + 12 : point.top - 12 - height;
  tip.style.left = `${Math.max(0, Math.min(left, frame.width - width))}px`;
  tip.style.top = `${Math.max(-40, top)}px`;
  draw();
}

function hideTip() {
  byId("tip").hidden = true;
  if (state.hovered === null) return;
  state.hovered = null;
  draw();
}

// Zooms by a factor around a point of the plot (0..1 on both axes), or around the selected term.
function zoom(factor, around) {
  const chosen = pointOf[state.selected];
  const middle = around || (chosen && chosen.shown ? chosen : { x: (view.x0 + view.x1) / 2, y: (view.y0 + view.y1) / 2 });
  for (const axis of ["x", "y"]) {
    const span = Math.max(0.005, Math.min(1, (view[axis + 1] - view[axis + 0]) / factor));
    const share = (middle[axis] - view[axis + 0]) / (view[axis + 1] - view[axis + 0]);
    move(axis, middle[axis] - share * span, span);
  }
  canvas.classList.toggle("zoomed", view.x1 - view.x0 < 1);
  paint();
}

function move(axis, from, span) {
  view[axis + 0] = Math.max(0, Math.min(1 - span, from));
  view[axis + 1] = view[axis + 0] + span;
}

function startPlot() {
  const at = (event) => {
    const frame = canvas.getBoundingClientRect();
    return [event.clientX - frame.left, event.clientY - frame.top];
  };
  const inView = (x, y) => ({
    x: view.x0 + ((x - area.left - INSET) / (area.width - 2 * INSET)) * (view.x1 - view.x0),
    y: view.y0 + ((area.top + area.height - INSET - y) / (area.height - 2 * INSET)) * (view.y1 - view.y0),
  });
  let drag = null;
  canvas.addEventListener("pointerdown", (event) => {
    drag = view.x1 - view.x0 < 1 ? { from: at(event), x: view.x0, y: view.y0, far: false } : null;
  });
  canvas.addEventListener("pointermove", (event) => {
    const [x, y] = at(event);
    if (drag && event.buttons) {
      const [dx, dy] = [x - drag.from[0], y - drag.from[1]];
      drag.far = drag.far || Math.hypot(dx, dy) > 5;
      if (!drag.far) return;
      canvas.setPointerCapture(event.pointerId);
      const span = [view.x1 - view.x0, view.y1 - view.y0];
      move("x", drag.x - (dx / area.width) * span[0], span[0]);
      move("y", drag.y + (dy / area.height) * span[1], span[1]);
      hideTip();
      paint();
      return;
    }
    if (event.pointerType === "touch") return;
    const point = nearest(x, y, 14);
    if (point !== state.hovered) point ? showTip(point) : hideTip();
  });
  canvas.addEventListener("pointerleave", hideTip);
  canvas.addEventListener("click", (event) => {
    if (drag && drag.far) return;
    const point = nearest(...at(event), event.pointerType === "touch" ? 36 : 14);
    if (point) select(point.terms[0]);
  });
  canvas.addEventListener("wheel", (event) => {
    // Without Ctrl the wheel scrolls the page.
    if (!event.ctrlKey) return;
    event.preventDefault();
    zoom(event.deltaY < 0 ? 1.3 : 1 / 1.3, inView(...at(event)));
  }, { passive: false });
  canvas.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (step) {
      event.preventDefault();
      const from = state.hovered || pointOf[state.selected] || pointOf[order[0]];
      const next = state.hovered || state.selected >= 0 ? neighbour(from, step) : from;
      if (next) {
        showTip(next);
        tell(`${next.terms.slice(0, 3).map((term) => data.terms[term]).join(", ")}, ${classes.a} ${data.countsA[next.terms[0]]}, ${classes.b} ${data.countsB[next.terms[0]]}`);
      }
    } else if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      if (state.hovered) select(state.hovered.terms[0]);
    } else if (event.key === "+" || event.key === "=") zoom(1.6, state.hovered);
    else if (event.key === "-") zoom(1 / 1.6, state.hovered);
    else if (event.key === "0") zoom(1e-9);
    else if (event.key === "Escape") hideTip();
  });
  canvas.addEventListener("blur", hideTip);
  byId("closer").addEventListener("click", () => zoom(1.6));
  byId("wider").addEventListener("click", () => zoom(1 / 1.6));
  byId("whole").addEventListener("click", () => zoom(1e-9));
}

// The nearest point in a direction; sideways distance counts double.
function neighbour(from, [right, down]) {
  let best = null;
  let least = Infinity;
  for (const point of points) {
    const [dx, dy] = [point.left - from.left, point.top - from.top];
    const [along, across] = [dx * right + dy * down, Math.abs(dx * down) + Math.abs(dy * right)];
    if (!point.shown || along <= 0.5) continue;
    const far = along + 2 * across;
    if (far < least) [best, least] = [point, far];
  }
  return best;
}

function chooseScore(key) {
  state.score = key;
  order = rank();
  fillLists();
  paint();
}

function start() {
  const [a, b] = [data.totalTexts[0], data.totalTexts[1]];
  byId("title").textContent = data.title;
  byId("summary").textContent = `${number(data.terms.length, "term")} in ${number(a, "text")} of the class “${data.a}” and ${number(b, "text")} of “${data.b}”. ${data.note}`;
  byId("title-a").textContent = `Typical of ${data.a}`;
  byId("title-b").textContent = `Typical of ${data.b}`;
  canvas.setAttribute("aria-label", `${whole(data.terms.length)} terms by their frequency in ${data.a} (upwards) and ${data.b} (to the right)`);
  for (const [key, score] of Object.entries(scores)) byId("score").append(element("option", { value: key }, score.name));
  gather();
  readTheme();
  chooseScore("f");
  showTexts(-1);
  fromAddress();
  startPlot();
  startSearch();
  byId("score").addEventListener("change", (event) => chooseScore(event.target.value));
  for (const id of ["lists", "documents"]) {
    byId(id).addEventListener("click", (event) => {
      const button = event.target.closest("button[data-term]");
      if (button) select(termAt.get(button.dataset.term));
    });
  }
  let size = "";
  new ResizeObserver(([entry]) => {
    const now = `${entry.contentRect.width} ${entry.contentRect.height}`;
    if (size !== "" && now !== size) {
      hideTip();
      paint();
    }
    size = now;
  }).observe(byId("frame"));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { readTheme(); paint(); });
  window.addEventListener("hashchange", fromAddress);
  performance.mark("explorer-ready");
}

start();
