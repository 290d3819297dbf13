/* What a page can be measured by: edges, targets, heights, places. Evaluated in the page; gives an object of functions. */
(() => {
  const pen = Object.assign(document.createElement("canvas"), { width: 1, height: 1 })
    .getContext("2d", { willReadFrequently: true });
  const visible = (e) => e.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && e.getClientRects().length > 0;
  const over = (colour, under) => {
    pen.globalCompositeOperation = "copy";
    pen.fillStyle = `rgb(${under.join(" ")})`;
    pen.fillRect(0, 0, 1, 1);
    pen.globalCompositeOperation = "source-over";
    pen.fillStyle = colour;
    pen.fillRect(0, 0, 1, 1);
    return [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const behind = (e) => {
    const layers = [];
    for (let p = e; p; p = p.parentElement) layers.unshift(getComputedStyle(p).backgroundColor);
    return layers.reduce((under, colour) => over(colour, under), [255, 255, 255]);
  };
  const light = (c) => {
    const [r, g, b] = c.map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratio = (a, b) => {
    const [x, y] = [light(a), light(b)].sort((m, n) => n - m);
    return (x + 0.05) / (y + 0.05);
  };
  const name = (e) => `${e.tagName.toLowerCase()}${e.type ? `[${e.type}]` : ""} ${e.id || e.closest("[id]")?.id || ""} ` +
    (e.getAttribute("aria-label") || e.textContent || "").trim().slice(0, 24);
  const controls = () => [...document.querySelectorAll(
    ".gradio-container :is(button, textarea, input, select, a[href], summary, [role=tab])")].filter(visible);
  /** The edge of a control against what lies about it: by its border or by its own ground, whichever is clearer. */
  const edge = (e) => {
    const style = getComputedStyle(e);
    const about = behind(e.parentElement);
    const ground = ratio(over(style.backgroundColor, about), about);
    const border = parseFloat(style.borderTopWidth) ? ratio(over(style.borderTopColor, about), about) : 1;
    return Math.max(ground, border);
  };
  return {
    /** Contrast of the edges of what has one: fields, boxes to tick, buttons with a ground or a border. */
    edges: () => controls().filter((e) => e.type !== "range" && e.type !== "file" && !e.disabled && edge(e) > 1.01)
      .filter((e) => !/^(A|SUMMARY)$/.test(e.tagName) && e.getAttribute("role") !== "tab" && !e.matches(".step, .fingerprint"))
      .map((e) => [name(e), Math.round(edge(e) * 100) / 100]),
    /** Contrast of the signs of what is said otherwise than before. */
    marks: () => [...document.querySelectorAll("mark, del")].filter(visible).map((e) => {
      const style = getComputedStyle(e);
      const colour = e.tagName === "DEL" ? style.backgroundColor : /^[a-z]+\([^)]*\)/.exec(style.boxShadow)?.[0];
      return [e.tagName, Math.round(ratio(over(colour ?? "#fff", behind(e.parentElement)), behind(e.parentElement)) * 100) / 100];
    }),
    /** The lesser side of what can be pressed, in px; of a box to tick, that of its label. */
    targets: () => controls().filter((e) => e.type !== "file" && !e.disabled).map((e) => {
      const box = (/^(radio|checkbox)$/.test(e.type) && e.closest("label") || e).getBoundingClientRect();
      return [name(e), Math.round(Math.min(box.width, box.height) * 10) / 10];
    }),
    /** How far from the top of the page the first of each is, in px; null where it is not to be seen. */
    places: (selectors) => Object.fromEntries(selectors.map((s) => {
      const e = [...document.querySelectorAll(s)].find(visible);
      return [s, e ? Math.round(e.getBoundingClientRect().top + scrollY) : null];
    })),
    height: () => document.documentElement.scrollHeight,
    width: () => document.documentElement.scrollWidth,
  };
})()
