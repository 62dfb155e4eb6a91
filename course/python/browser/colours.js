// Runs in any page: the contrast of text as WCAG 2 defines it, and whether pictures can be seen.
// What is enough is decided in contrast.py and figures.py.
window.colours = (() => {
  function colour(text) {
    const numbers = (text.match(/[\d.]+%?/g) || []).map(parseFloat);
    if (text.startsWith('color(srgb')) return [...numbers.slice(0, 3).map((v) => v * 255), numbers[3] ?? 1];
    return [numbers[0] || 0, numbers[1] || 0, numbers[2] || 0, numbers[3] ?? 1];
  }

  const blend = (top, below) => [0, 1, 2].map((c) => top[c] * top[3] + below[c] * (1 - top[3]));

  function luminance(rgb) {
    const linear = rgb.map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  }

  function ratio(a, b) {
    const [x, y] = [luminance(a), luminance(b)];
    return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
  }

  /** The colour of the window before anything is painted; dark where a page says that it can be. */
  function blank() {
    const probe = document.createElement('div');
    probe.style.backgroundColor = 'Canvas';
    document.documentElement.append(probe);
    const found = colour(getComputedStyle(probe).backgroundColor);
    probe.remove();
    return found.slice(0, 3);
  }

  /** The colour behind an element: the backgrounds of it and of what it lies in, one over the other. */
  function behind(element) {
    const layers = [];
    for (let at = element; at; at = at.parentElement) {
      const style = getComputedStyle(at);
      if (style.backgroundImage !== 'none') layers.picture = true;
      const layer = colour(style.backgroundColor);
      if (layer[3] > 0) layers.push(layer);
      if (layer[3] === 1) break;
    }
    let result = blank();
    for (const layer of layers.reverse()) result = blend(layer, result);
    result.picture = layers.picture;
    return result;
  }

  /** Every piece of text that is seen below `root`, with its contrast; text on a picture has none. */
  function contrasts(root) {
    const found = [];
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const text = walker.currentNode.textContent.trim();
      const element = walker.currentNode.parentElement;
      if (!text || !element || element.closest('svg, canvas, style, script, .vega-actions, .jp-OutputPrompt')) continue;
      const style = getComputedStyle(element);
      const range = document.createRange();
      range.selectNodeContents(walker.currentNode);
      if (!range.getClientRects().length || style.visibility !== 'visible' || style.opacity === '0') continue;
      const size = parseFloat(style.fontSize);
      const large = size >= 24 || (size >= 18.66 && parseInt(style.fontWeight, 10) >= 700);
      const below = behind(element);
      const ink = colour(style.color);
      for (let at = element; at; at = at.parentElement) ink[3] *= parseFloat(getComputedStyle(at).opacity);
      const value = below.picture ? null : ratio(blend(ink, below), below);
      found.push({ text: text.slice(0, 40), value, large, ink: style.color, below: below.map(Math.round).join(' ') });
    }
    return found;
  }

  /** Whether a picture has more than one colour, and whether its ink can be read on a background. */
  function ink(source, width, height, background) {
    const canvas = document.createElement('canvas');
    canvas.width = width;
    canvas.height = height;
    const context = canvas.getContext('2d', { willReadFrequently: true });
    context.drawImage(source, 0, 0, width, height);
    const data = context.getImageData(0, 0, width, height).data;
    const pixels = new Uint32Array(data.buffer);
    let [blank, opaque, seen, readable] = [true, true, 0, 0];
    for (let k = 0; k < pixels.length; k += 1) {
      if (pixels[k] !== pixels[0]) blank = false;
      if (data[4 * k + 3] < 250) opaque = false;
    }
    for (let k = 0; k < data.length && !opaque; k += 4) {
      if (data[k + 3] > 100) {
        const over = blend([data[k], data[k + 1], data[k + 2], data[k + 3] / 255], background);
        seen += 1;
        if (ratio(over, background) >= 3) readable += 1;
      }
    }
    return { blank, opaque, readable: seen ? readable / seen : 0 };
  }

  async function image(img, background) {
    try {
      await img.decode();
    } catch {
      return { width: 0, height: 0, shown: 0, blank: true, opaque: true, readable: 0 };
    }
    const [width, height] = [img.naturalWidth, img.naturalHeight];
    return { width, height, shown: img.getBoundingClientRect().width, ...ink(img, width, height, background) };
  }

  return { behind, contrasts, image, ink };
})();
