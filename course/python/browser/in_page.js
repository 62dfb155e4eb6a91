// Runs in JupyterLab's page: finds cells, their outputs and views, and reports facts as plain values.
// What is right or wrong is decided in figures.py and interactive.py; colours are in colours.js.
window.course = (() => {
  const { behind, contrasts, image, ink } = window.colours;
  const panel = () => window.jupyterapp && window.jupyterapp.shell.currentWidget;
  const cells = () => panel().content.widgets;
  const wait = (ms) => new Promise((done) => setTimeout(done, ms));
  const frame = () => new Promise((done) => requestAnimationFrame(() => done()));

  /** Null until the notebook is open; then what its cells are doing. */
  function state() {
    const open = panel();
    if (!open || !open.content || !open.content.widgets || !open.context || !open.context.isReady) return null;
    const kernel = open.sessionContext.session && open.sessionContext.session.kernel;
    return {
      kernel: kernel ? kernel.status : '',
      cells: cells().map((cell) => ({
        type: cell.model.type,
        empty: !cell.model.sharedModel.getSource().trim(),
        waiting: cell.model.type === 'code' && !!cell.inputArea && cell.inputArea.promptNode.textContent.includes('*'),
        count: cell.model.executionCount || 0,
        trusted: cell.model.trusted,
      })),
      dialogs: [...document.querySelectorAll('.jp-Dialog-content')].map((node) => node.innerText),
    };
  }

  const widgets = (i) => (cells()[i].outputArea ? cells()[i].outputArea.widgets : []);
  const node = (i, j) => widgets(i)[j] && widgets(i)[j].node.querySelector('.jp-OutputArea-output');

  /** Brings a cell, or one of its outputs, to the middle of the window and waits until it stays there. */
  async function show(i, j = null) {
    const target = (j === null ? null : node(i, j)) || cells()[i].node;
    let last = null;
    for (let turn = 0; turn < 60; turn += 1) {
      target.scrollIntoView({ block: target.getBoundingClientRect().height > innerHeight * 0.8 ? 'start' : 'center' });
      await frame();
      await wait(30);
      const box = target.getBoundingClientRect();
      const now = `${box.x} ${box.y} ${box.width} ${box.height}`;
      if (now === last) return;
      last = now;
    }
  }

  /** The facts about each output of a cell, in order. */
  async function outputs(i) {
    const cell = cells()[i];
    if (!cell.outputArea) return [];
    const found = [];
    const saved = cell.outputArea.model.toJSON();
    for (let j = 0; j < saved.length; j += 1) {
      const data = saved[j].data || {};
      const vega = Object.keys(data).find((kind) => kind.includes('vega'));
      // A view is drawn some time after its output is there; one that cannot be drawn takes its place away.
      for (let turn = 0; vega && turn < 100 && !view(i, j) && (turn < 20 || node(i, j)); turn += 1) await wait(100);
      const place = node(i, j);
      const fact = { type: saved[j].output_type, name: saved[j].name || '', kinds: Object.keys(data) };
      fact.message = [saved[j].ename, saved[j].evalue, saved[j].output_type === 'stream' ? saved[j].text : '']
        .concat(saved[j].traceback || []).flat().filter(Boolean).join('\n');
      found.push(fact);
      if (!place) continue;
      const background = behind(place);
      const box = place.getBoundingClientRect();
      const column = cell.outputArea.node.getBoundingClientRect();
      fact.picked = place.dataset.mimeType || (place.matches('.jp-RenderedVegaCommon5') ? vega : '');
      fact.box = [box.width, box.height];
      fact.room = column.right - box.left;
      fact.text = place.innerText.trim();
      fact.images = [];
      for (const img of place.querySelectorAll('img')) fact.images.push(await image(img, background));
      fact.canvases = [...place.querySelectorAll('canvas, svg:not(summary svg)')].map((drawn) => {
        const size = drawn.getBoundingClientRect();
        const own = drawn.tagName === 'CANVAS' && drawn.width && drawn.height;
        const seen = { blank: false, opaque: true, readable: 1 };
        const facts = own ? ink(drawn, drawn.width, drawn.height, background) : seen;
        return { width: size.width, height: size.height, ...facts };
      });
      if (data['image/png'] && fact.picked !== 'image/png') {
        const img = new Image();
        img.src = `data:image/png;base64,${[data['image/png']].flat().join('').replace(/\s/g, '')}`;
        fact.fallback = await image(img, background);
      }
    }
    return found;
  }

  /** The contrasts of all text in the outputs of a cell, but for errors: their colours are the kernel's. */
  function cell_contrasts(i) {
    if (!cells()[i].outputArea) return [];
    const saved = cells()[i].outputArea.model.toJSON();
    return saved.flatMap((output, j) => (output.output_type !== 'error' && node(i, j) ? contrasts(node(i, j)) : []));
  }

  /** Those of the tooltip of a view, but for the names of its fields: Vega itself writes them in grey. */
  const tip_contrasts = () => [...document.querySelectorAll('#vg-tooltip-element :is(.value, h2)')].flatMap(contrasts);

  // ---- Vega ----

  function view(i, j) {
    const parts = widgets(i)[j] ? [...widgets(i)[j].children()] : [];
    const drawn = parts.find((part) => part._result && part._result.view);
    return drawn ? drawn._result.view : null;
  }

  const drawing = (i, j) => node(i, j).querySelector('canvas, svg.marks');

  /** What a view offers to the mouse and the keyboard. */
  function offers(i, j) {
    const data = cells()[i].outputArea.model.toJSON()[j].data || {};
    const kind = Object.keys(data).find((key) => key.includes('vega'));
    if (!kind || !view(i, j)) return null;
    const [selections, inputs] = [[], [...node(i, j).querySelectorAll('.vega-bindings input, .vega-bindings select')]];
    let tooltip = false;
    (function search(value) {
      if (Array.isArray(value)) return value.forEach(search);
      if (!value || typeof value !== 'object') return undefined;
      for (const [key, inner] of Object.entries(value)) {
        if (key === 'tooltip' && inner && inner !== 'none') tooltip = true;
        if (key === 'params' && Array.isArray(inner)) {
          for (const param of inner.filter((one) => one && one.select)) {
            selections.push({
              type: param.select.type || param.select, on: param.select.on || '',
              bind: typeof param.bind === 'string' ? param.bind : param.bind ? 'input' : '',
            });
          }
        }
        if (key !== 'data' && key !== 'datasets' && key !== 'values') search(inner);
      }
      return undefined;
    })(data[kind]);
    return { tooltip, selections, inputs: inputs.map((input) => input.type || input.tagName.toLowerCase()) };
  }

  /** The middles of the items of a view that are `wanted(mark, item)`, in the drawing's own pixels. */
  function items(i, j, wanted) {
    const shown = view(i, j);
    const [origin, padding] = [shown.origin(), shown.padding()];
    const [left, top] = [origin[0] + padding.left, origin[1] + padding.top];
    const found = [];
    (function search(mark, x, y) {
      for (const item of mark.items || []) {
        if (mark.marktype === 'group') {
          for (const inner of item.items || []) search(inner, x + (item.x || 0), y + (item.y || 0));
        } else if (item.bounds && item.opacity !== 0 && wanted(mark, item)) {
          const line = mark.marktype === 'line' || mark.marktype === 'area' || mark.marktype === 'trail';
          const { x1, y1, x2, y2 } = item.bounds;
          const at = line ? [item.x, item.y] : [(x1 + x2) / 2, (y1 + y2) / 2];
          found.push({ x: left + x + at[0], y: top + y + at[1], size: (x2 - x1) * (y2 - y1) });
        }
      }
    })(shown.scenegraph().root, 0, 0);
    return found;
  }

  /** Places of marks (with a tooltip, if any has one), the largest first, spread over all of them. */
  function marks(i, j, most) {
    let found = items(i, j, (mark, item) => item.tooltip);
    if (!found.length) found = items(i, j, (mark, item) => mark.role === 'mark' && item.datum);
    found.sort((a, b) => b.size - a.size);
    const step = Math.max(1, Math.floor(found.length / most));
    return found.filter((_, k) => k % step === 0).slice(0, most);
  }

  /** The place of the first entry of a legend, or null. */
  const legend = (i, j) => items(i, j, (mark) => mark.role === 'legend-symbol')[0] || null;

  /** Where a place of the drawing lies in the window, after scrolling there; null when it is cut off. */
  async function reach(i, j, x, y) {
    const drawn = drawing(i, j);
    const shown = view(i, j);
    const size = () => drawn.getBoundingClientRect();
    const inside = (at) => at[1] > 60 && at[1] < innerHeight - 40;
    const place = () => {
      const box = size();
      const scale = box.width / (parseFloat(drawn.style.width) || box.width || shown.width());
      return [box.left + x * scale, box.top + y * scale];
    };
    if (!inside(place())) {
      await show(i, j);
      let scroller = drawn.parentElement;
      while (scroller && !(scroller.scrollHeight > scroller.clientHeight + 5 &&
        /auto|scroll/.test(getComputedStyle(scroller).overflowY))) scroller = scroller.parentElement;
      if (!inside(place()) && scroller) scroller.scrollTop += place()[1] - innerHeight / 2;
      await frame();
      await wait(50);
    }
    const at = place();
    const top = document.elementFromPoint(at[0], at[1]);
    return top && node(i, j).contains(top) ? at : null;
  }

  /** The text of the tooltip that is seen, or an empty one. */
  function tooltip() {
    const shown = document.querySelector('#vg-tooltip-element.visible');
    if (!shown || getComputedStyle(shown).display === 'none') return '';
    return shown.innerText.trim();
  }

  /** What is drawn now, as text that can be compared. */
  function drawn(i, j) {
    const element = drawing(i, j);
    return element.tagName === 'CANVAS' ? element.toDataURL() : element.outerHTML;
  }

  /** A word that the data of a view holds, to search for. */
  function word(i, j) {
    const strings = (function search(value) {
      if (typeof value === 'string' && !/^#[0-9a-f]{3,8}$/i.test(value)) return [value];
      if (value && typeof value === 'object') return Object.values(value).slice(0, 40).flatMap(search);
      return [];
    })(view(i, j).data(Object.keys(view(i, j).getState({ data: () => true }).data).find((n) => /data|source/.test(n))));
    const words = strings.flatMap((text) => text.match(/\p{L}{3,}/gu) || []);
    return words[0] || null;
  }

  const scroller = () => panel().node.querySelector('.jp-WindowedPanel-outer') || panel().content.node;

  function top() {
    scroller().scrollTop = 0;
  }

  /** Scrolls by a window; false at the end. */
  function down() {
    const [pane, before] = [scroller(), scroller().scrollTop];
    const last = cells()[cells().length - 1].node.getBoundingClientRect().bottom;
    if (last <= pane.getBoundingClientRect().bottom) return false;
    pane.scrollTop += pane.clientHeight * 0.92;
    return pane.scrollTop > before;
  }

  function trust() {
    const item = [...document.querySelectorAll('[title*="trusted"]')].map((one) => one.title);
    return item[0] || '';
  }

  return {
    state, show, outputs, cell_contrasts, tip_contrasts, offers, marks, legend, reach, tooltip, drawn, word,
    trust, top, down,
    cell: (i) => cells()[i].node,
  };
})();
