// The scatter plot: one point for all terms with the same counts. It is painted once into a picture of its own, so
// that hovering only copies that picture and adds a ring.

const canvas = byId("plot");
const view = { x0: 0, x1: 1, y0: 0, y1: 1 };
const MARKS = [[0, "infrequent"], [0.5, "average"], [1, "frequent"]];
const INSET = 9;
const FONT = '"DejaVu Sans", Verdana, system-ui, sans-serif';
const points = [];
const pointOf = new Array(data.terms.length);
const layer = document.createElement("canvas");
let area = { left: 0, top: 0, width: 0, height: 0, radius: 3 };
let cells = new Map();
let theme = {};
let order = [];

function gather() {
  const known = new Map();
  data.terms.forEach((_, term) => {
    const key = data.x[term] * 10001 + data.y[term];
    let point = known.get(key);
    if (!point) {
      point = { x: data.x[term] / 1e4, y: data.y[term] / 1e4, terms: [], left: 0, top: 0 };
      known.set(key, point);
      points.push(point);
    }
    point.terms.push(term);
    pointOf[term] = point;
  });
  // A single word names a point better than a pair of words.
  const words = (term) => data.terms[term].split(" ").length;
  for (const point of points) point.terms.sort((i, j) => words(i) - words(j) || i - j);
}

function readTheme() {
  const style = getComputedStyle(document.documentElement);
  for (const name of ["paper", "ink", "grey", "line", "end-red", "end-blue", "zero", "outline", "mark", "on-mark", "focus"]) {
    theme[name] = style.getPropertyValue("--" + name).trim();
  }
  const rgb = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
  const mix = (a, b, share) => `rgb(${a.map((value, at) => Math.round(value + (b[at] - value) * share)).join(",")})`;
  const [red, blue, zero] = ["end-red", "end-blue", "zero"].map((name) => rgb(theme[name]));
  const steps = 32;
  theme.colors = Array.from({ length: 2 * steps + 1 }, (_, at) => mix(zero, at < steps ? blue : red, Math.abs(at - steps) / steps));
  theme.color = (score) => theme.colors[steps + (Math.round(Math.max(-1, Math.min(1, score / scores[state.score].end)) * steps) || 0)];
  byId("scale").style.background = `linear-gradient(to right, ${theme["end-blue"]}, ${theme.zero}, ${theme["end-red"]})`;
}

// Where everything stands, for this size and zoom.
function arrange() {
  const frame = byId("frame").getBoundingClientRect();
  const density = window.devicePixelRatio || 1;
  for (const target of [canvas, layer]) {
    target.width = Math.round(frame.width * density);
    target.height = Math.round(frame.height * density);
  }
  const small = frame.width < 560;
  area = { left: 38, top: 4, width: Math.max(40, frame.width - 42), height: Math.max(40, frame.height - 44), radius: small ? 2.6 : 3, density, small };
  cells = new Map();
  for (const point of points) {
    point.left = area.left + INSET + ((point.x - view.x0) / (view.x1 - view.x0)) * (area.width - 2 * INSET);
    point.top = area.top + area.height - INSET - ((point.y - view.y0) / (view.y1 - view.y0)) * (area.height - 2 * INSET);
    point.shown = point.left >= area.left && point.left <= area.left + area.width
      && point.top >= area.top && point.top <= area.top + area.height;
    if (!point.shown) continue;
    const key = Math.floor(point.left / 24) * 4096 + Math.floor(point.top / 24);
    if (!cells.has(key)) cells.set(key, []);
    cells.get(key).push(point);
  }
}

// The nearest point within a distance, in page pixels.
function nearest(x, y, reach) {
  let best = null;
  let least = reach * reach;
  for (let column = Math.floor((x - reach) / 24); column <= Math.floor((x + reach) / 24); column++) {
    for (let row = Math.floor((y - reach) / 24); row <= Math.floor((y + reach) / 24); row++) {
      for (const point of cells.get(column * 4096 + row) || []) {
        const far = (point.left - x) ** 2 + (point.top - y) ** 2;
        if (far < least) [best, least] = [point, far];
      }
    }
  }
  return best;
}

function brush(target) {
  const pen = target.getContext("2d");
  pen.setTransform(area.density, 0, 0, area.density, 0, 0);
  pen.lineJoin = "round";
  return pen;
}

function dot(pen, point, radius) {
  pen.beginPath();
  pen.arc(point.left, point.top, radius, 0, 2 * Math.PI);
  pen.fillStyle = theme.color(scoreOf(point.terms[0]));
  pen.fill();
  pen.strokeStyle = theme.outline;
  pen.lineWidth = 0.7;
  pen.stroke();
}

// Labels beside points where they cover neither a label nor a point: a map of cells remembers what is taken.
function labels(pen, candidates, obstacles, size, most, name) {
  const cell = 2;
  const columns = Math.ceil(area.width / cell) + 1;
  const rows = Math.ceil(area.height / cell) + 1;
  const taken = new Uint8Array(columns * rows);
  const cellsOf = (left, top, right, bottom) => [
    Math.max(0, Math.floor((left - area.left) / cell)), Math.max(0, Math.floor((top - area.top) / cell)),
    Math.min(columns, Math.ceil((right - area.left) / cell)), Math.min(rows, Math.ceil((bottom - area.top) / cell)),
  ];
  const fill = (left, top, right, bottom) => {
    const [c0, r0, c1, r1] = cellsOf(left, top, right, bottom);
    for (let row = r0; row < r1; row++) taken.fill(1, row * columns + c0, row * columns + c1);
  };
  const free = (left, top, right, bottom) => {
    if (left < area.left + 1 || top < area.top || right > area.left + area.width || bottom > area.top + area.height) return false;
    const [c0, r0, c1, r1] = cellsOf(left, top, right, bottom);
    for (let row = r0; row < r1; row++) {
      for (let column = c0; column < c1; column++) if (taken[row * columns + column]) return false;
    }
    return true;
  };
  const near = area.radius + 2;
  const reach = area.radius + 0.5;
  for (const point of obstacles) {
    if (point.shown) fill(point.left - reach, point.top - reach, point.left + reach, point.top + reach);
  }
  pen.font = `${size}px ${FONT}`;
  const [rise, fall] = [0.8 * size, 0.25 * size];
  const placed = [];
  let tried = 0;
  for (const point of candidates) {
    if (placed.length >= most || tried >= 8 * most) break;
    if (!point.shown) continue;
    tried += 1;
    const text = shorten(name(point));
    const width = pen.measureText(text).width;
    const { left: x, top: y } = point;
    for (const [left, base] of [[x + near, y + 0.3 * size], [x - near - width, y + 0.3 * size],
      [x - width / 2, y - near - fall], [x - width / 2, y + near + rise],
      [x - 3, y - near - fall], [x - 3, y + near + rise],
      [x - width + 3, y - near - fall], [x - width + 3, y + near + rise]]) {
      if (free(left, base - rise, left + width, base + fall)) {
        fill(left - 2, base - rise, left + width + 2, base + fall);
        placed.push({ point, text, left, base, width });
        break;
      }
    }
  }
  return placed;
}

function shorten(text) {
  const characters = [...text.replace(/\s+/g, " ")];
  return characters.length > 28 ? characters.slice(0, 27).join("") + "…" : characters.join("");
}

function write(pen, text, left, base) {
  pen.strokeStyle = theme.paper;
  pen.lineWidth = 3;
  pen.strokeText(text, left, base);
  pen.fillText(text, left, base);
}

// The picture without hovering and search.
function paint() {
  arrange();
  const pen = brush(layer);
  const { left, top, width, height } = area;
  pen.fillStyle = theme.paper;
  pen.fillRect(0, 0, layer.width, layer.height);
  axes(pen);
  pen.save();
  pen.beginPath();
  pen.rect(left, top, width, height);
  pen.clip();
  const strong = points.filter((point) => point.shown);
  strong.sort((p, q) => Math.abs(scoreOf(p.terms[0])) - Math.abs(scoreOf(q.terms[0])));
  for (const point of strong) dot(pen, point, area.radius);
  const candidates = new Set(order.map((term) => pointOf[term]));
  const size = area.small ? 10 : 11;
  pen.fillStyle = theme.ink;
  for (const point of points) point.label = null;
  for (const label of labels(pen, candidates, points, size, Infinity, (point) => data.terms[point.terms[0]])) {
    pen.fillText(label.text, label.left, label.base);
    label.point.label = label;
  }
  pen.restore();
  draw();
}

function axes(pen) {
  const { left, top, width, height } = area;
  const [right, floor] = [left + width, top + height];
  pen.font = `12px ${FONT}`;
  pen.lineWidth = 1;
  for (const [share, word] of MARKS) {
    const x = left + INSET + ((share - view.x0) / (view.x1 - view.x0)) * (width - 2 * INSET);
    const y = floor - INSET - ((share - view.y0) / (view.y1 - view.y0)) * (height - 2 * INSET);
    pen.strokeStyle = theme.line;
    pen.fillStyle = theme.grey;
    const half = pen.measureText(word).width / 2;
    if (x >= left && x <= right) {
      pen.beginPath(); pen.moveTo(x, top); pen.lineTo(x, floor); pen.stroke();
      pen.fillText(word, Math.max(left, Math.min(right - 2 * half, x - half)), floor + 15);
    }
    if (y >= top && y <= floor) {
      pen.beginPath(); pen.moveTo(left, y); pen.lineTo(right, y); pen.stroke();
      upwards(pen, word, left - 7, Math.max(top + 2 * half, Math.min(floor, y + half)));
    }
  }
  pen.strokeStyle = theme.grey;
  pen.beginPath(); pen.moveTo(left, top); pen.lineTo(left, floor); pen.lineTo(right, floor); pen.stroke();
  pen.fillStyle = theme.ink;
  const title = (name, room) => {
    const text = [...`frequency in ${name} (rank)`];
    while (text.length > 4 && pen.measureText(text.join("")).width > room) text.splice(-2, 2, "…");
    return text.join("");
  };
  const across = title(data.b, width);
  pen.fillText(across, left + (width - pen.measureText(across).width) / 2, floor + 34);
  const up = title(data.a, height);
  upwards(pen, up, 12, top + (height + pen.measureText(up).width) / 2);
}

function upwards(pen, text, x, y) {
  pen.save();
  pen.translate(x, y);
  pen.rotate(-Math.PI / 2);
  pen.fillText(text, 0, 0);
  pen.restore();
}

// The picture with what is searched, selected and hovered.
function draw() {
  const pen = brush(canvas);
  pen.setTransform(1, 0, 0, 1, 0, 0);
  pen.globalAlpha = 1;
  pen.fillStyle = theme.paper;
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.globalAlpha = state.matches ? 0.2 : 1;
  pen.drawImage(layer, 0, 0);
  pen.globalAlpha = 1;
  brush(canvas);
  if (state.matches) {
    // The first match of a point names it.
    const found = new Map();
    for (const term of state.matches) if (!found.has(pointOf[term])) found.set(pointOf[term], data.terms[term]);
    for (const point of found.keys()) if (point.shown) dot(pen, point, area.radius + 1);
    pen.fillStyle = theme.ink;
    const named = labels(pen, found.keys(), [...found.keys()], 13, 40, (point) => found.get(point));
    pen.font = `bold 12px ${FONT}`;
    pen.fillStyle = theme.ink;
    for (const label of named) write(pen, label.text, label.left, label.base);
  }
  const chosen = pointOf[state.selected];
  if (chosen && chosen.shown) {
    dot(pen, chosen, area.radius + 2);
    ring(pen, chosen, area.radius + 4, theme.focus, 2.5);
    pen.font = `bold 13px ${FONT}`;
    pen.fillStyle = theme.ink;
    const text = shorten(data.terms[state.selected]);
    const label = chosen.label;
    if (label) {
      // In place of the small label.
      pen.fillStyle = theme.paper;
      pen.fillRect(label.left, label.base - 10, label.width + 1, 13);
      dot(pen, chosen, area.radius + 2);
      ring(pen, chosen, area.radius + 4, theme.focus, 2.5);
    }
    const width = pen.measureText(text).width;
    const leftward = label ? label.left < chosen.left - label.width : chosen.left + 12 + width > area.left + area.width;
    const beside = leftward ? chosen.left - 10 - width : chosen.left + 10;
    pen.fillStyle = theme.ink;
    write(pen, text, Math.max(area.left + 2, beside), chosen.top + 4);
  }
  if (state.hovered && state.hovered.shown) ring(pen, state.hovered, area.radius + 3, theme.ink, 1.5);
}

function ring(pen, point, radius, color, width) {
  pen.beginPath();
  pen.arc(point.left, point.top, radius, 0, 2 * Math.PI);
  pen.strokeStyle = color;
  pen.lineWidth = width;
  pen.stroke();
}
