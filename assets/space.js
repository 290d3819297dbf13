/* Everything the page draws by itself: sentences and their fingerprints, the path one slides along, the loss
   chart, bars and messages. Each function of `space` draws one component of vae/ui/charts.py from its value.
   Text enters the page through text nodes only. */
(() => {
  "use strict";

  /* Where storage is refused (a private window, a framed page) the visit lives in this page's memory instead. */
  for (const storage of ["localStorage", "sessionStorage"]) {
    try {
      window[storage].getItem("sentence-space");
    } catch {
      const kept = new Map();
      Object.defineProperty(window, storage, {
        value: {
          getItem: (key) => kept.get(key) ?? null,
          setItem: (key, value) => void kept.set(key, String(value)),
          removeItem: (key) => void kept.delete(key),
        },
      });
    }
  }

  const space = (window.space ??= {});

  /** An element: tag, attributes (functions become listeners), children (strings become text). */
  function h(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (typeof value === "function") element.addEventListener(name, value);
      else if (value === true) element.setAttribute(name, "");
      else if (value !== false && value != null) element.setAttribute(name, value);
    }
    element.append(...children.filter((child) => child != null && child !== ""));
    return element;
  }

  /** Draw now and at every change of the value. */
  function live({ element, props, watch }, draw) {
    const root = element.firstElementChild ?? element;
    const redraw = () => draw(root, props.value);
    watch("value", redraw);
    redraw();
  }

  const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

  /* ---- the fingerprint ---- */

  const REACH = 2; // a value this far from 0 has the full colour: 95 % of a standard normal lies within

  function cells(z) {
    const width = 100 / z.length;
    const stops = z.map((value, i) => {
      const share = Math.round(Math.min(1, Math.abs(value) / REACH) ** 0.7 * 100); // so that small values show too
      const colour = `color-mix(in oklab, var(--fp-${value < 0 ? "low" : "high"}) ${share}%, var(--fp-mid))`;
      return `${colour} ${(i * width).toFixed(3)}% ${((i + 1) * width).toFixed(3)}%`;
    });
    return `linear-gradient(90deg, ${stops.join(", ")})`;
  }

  /** A code as a strip of cells. A click explains it. `paint(z)` shows another code in the same strip. */
  function fingerprint(z, text = "") {
    let shown = z;
    const strip = h("span", { class: "cells" });
    const button = h(
      "button",
      { type: "button", class: "fingerprint", title: "What is this strip?", click: () => explain(shown, text) },
      strip,
    );
    button.paint = (next, of = text) => {
      shown = next;
      text = of;
      strip.style.setProperty("--n", next.length);
      strip.style.backgroundImage = cells(next);
      button.setAttribute("aria-label", `Fingerprint of its ${next.length} numbers. Explain`);
    };
    button.paint(z);
    return button;
  }

  function explain(z, text) {
    const rows = z.map((value, i) => h("tr", {}, h("th", { scope: "row" }, String(i + 1)), h("td", {}, value.toFixed(2))));
    const close = h("button", { type: "button", class: "close", click: () => dialog.close() }, "Close");
    const strip = h("div", { class: "fingerprint large", "aria-hidden": "true" }, h("span", { class: "cells" }));
    strip.firstChild.style.backgroundImage = cells(z);
    const dialog = h(
      "dialog",
      { class: "sheet", "aria-labelledby": "code-title", close: () => dialog.remove() },
      h("h2", { id: "code-title" }, "The fingerprint of a sentence"),
      text && h("p", { class: "sentence", dir: "auto" }, text),
      strip,
      h("p", {},
        `The model keeps of a sentence only ${z.length} numbers, its code z. Each cell is one of them: `,
        h("span", { class: "key low" }, "amber"), " below zero, ", h("span", { class: "key high" }, "blue"),
        " above, pale near zero. The dimensions that carry most come first. Sentences with like strips lie close together."),
      h("details", {}, h("summary", {}, "The numbers"),
        h("div", { class: "numbers" }, h("table", {}, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Cell"), h("th", { scope: "col" }, "z"))), h("tbody", {}, ...rows)))),
      close,
    );
    document.querySelector(".gradio-container").append(dialog);
    dialog.showModal();
  }

  space.fingerprint = (context) =>
    live(context, (root, z) => root.replaceChildren(...(z?.length ? [fingerprint(z)] : [h("span", { class: "fingerprint empty" })])));

  /* ---- sentences ---- */

  /* Words, or single characters in scripts that set no spaces. */
  const WORD = (() => {
    const unspaced = ["Han", "Hiragana", "Katakana", "Thai", "Khmer", "Lao", "Myanmar"].map((name) => `\\p{Script=${name}}`).join("");
    return new RegExp(`[${unspaced}]|[^\\s${unspaced}]+`, "gu");
  })();
  const words = (text) => text.match(WORD) ?? [];

  /** `text` with the words marked that do not stand in `before` (longest common subsequence), and how many do. */
  function changes(before, text) {
    const [a, b] = [words(before), words(text)];
    const common = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
    for (let i = a.length - 1; i >= 0; i--)
      for (let j = b.length - 1; j >= 0; j--)
        common[i][j] = a[i] === b[j] ? common[i + 1][j + 1] + 1 : Math.max(common[i + 1][j], common[i][j + 1]);
    const parts = [];
    let [i, end] = [0, 0];
    for (const [j, match] of [...text.matchAll(WORD)].entries()) {
      while (i < a.length && a[i] !== b[j] && common[i + 1][j] >= common[i][j + 1]) i++;
      const same = i < a.length && a[i] === b[j];
      if (same) i++;
      parts.push(text.slice(end, match.index), same ? match[0] : h("mark", {}, match[0]));
      end = match.index + match[0].length;
    }
    return { parts: parts.filter(Boolean), kept: common[0][0], of: a.length };
  }

  async function copy(text, button) {
    try {
      await navigator.clipboard.writeText(text);
    } catch { // no permission, or not a secure page
      const area = h("textarea", {}, text);
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = button.dataset.name), 1500);
  }

  const copyButton = (text, name) =>
    h("button", { type: "button", class: "copy", "data-name": name, click: (event) => copy(text(), event.currentTarget) }, name);

  space.lines = (context) =>
    live(context, (root, items) => {
      if (!items?.length || typeof items === "string") return root.replaceChildren(empty(items || context.props.empty));
      const list = h("ol", { class: "sentences" }, ...items.map((item) => {
        const text = h("p", { class: "sentence", dir: "auto" }, item.text || "(nothing)");
        const aside = h("div", { class: "aside" },
          item.z?.length ? fingerprint(item.z, item.text) : null,
          item.badge && h("span", { class: `badge ${item.badge}` }, item.badge),
          item.copy ? copyButton(() => item.text, "Copy") : null);
        return h("li", { class: item.marked ? "marked" : null },
          item.over && h("p", { class: "over", dir: "auto" }, item.over), text, aside.childNodes.length ? aside : null);
      }));
      const all = items.filter((item) => item.copy);
      root.replaceChildren(list, all.length > 1 ? copyButton(() => all.map((item) => item.text).join("\n"), "Copy all") : "");
    });

  const empty = (text) => h("p", { class: "empty" }, text ?? "");

  /* ---- the path ---- */

  space.stage = (context) => {
    let before = { share: 0, of: "" }; // the same two sentences, read anew, keep the place one had come to
    let drawn = "";
    live(context, (root, path) => {
      const frames = path?.frames ?? [];
      const same = JSON.stringify([path?.ends, frames, path?.why]);
      if (same === drawn) return; // whoever is sliding on it meanwhile goes on
      drawn = same;
      if (!frames.length) return root.replaceChildren(empty(path?.why ?? context.props.empty));
      const last = frames.length - 1;
      const of = JSON.stringify(path.ends);
      const sentence = h("p", { class: "frame sentence", dir: "auto" });
      const strip = fingerprint(frames[0].z);
      const slider = h("input", { type: "range", min: 0, max: last, step: "any", value: 0, class: "scrub", "aria-label": "Where on the path" });
      const items = frames.map((frame, i) => {
        const { parts } = changes(i ? frames[i - 1].text : frame.text, frame.text);
        return h("li", {}, h("button", { type: "button", class: "step", click: () => glide(i) },
          h("span", { class: "number" }, String(i + 1)), h("span", { class: "sentence", dir: "auto" }, ...(parts.length ? parts : ["(nothing)"]))));
      });
      let shown = -1;
      let motion = 0;

      function show(at) {
        const [low, high] = [Math.floor(at), Math.ceil(at)];
        const [a, b] = [frames[low].z, frames[high].z];
        const near = Math.round(at);
        strip.paint(a.map((value, d) => value + (b[d] - value) * (at - low)), frames[near].text);
        before = { share: at / last, of };
        slider.style.setProperty("--at", before.share);
        if (near === shown) return;
        items[shown]?.firstChild.removeAttribute("aria-current");
        shown = near;
        items[near].firstChild.setAttribute("aria-current", "step");
        sentence.textContent = frames[near].text || "(nothing)";
        slider.setAttribute("aria-valuetext", `${near + 1} of ${frames.length}: ${frames[near].text}`);
      }

      function jump(at) {
        cancelAnimationFrame(motion);
        slider.value = at;
        show(Number(slider.value));
      }

      function glide(to) {
        const from = Number(slider.value);
        if (still()) return jump(to);
        cancelAnimationFrame(motion);
        const begin = performance.now();
        const step = (now) => {
          const t = Math.min(1, (now - begin) / 240);
          slider.value = from + (to - from) * (1 - (1 - t) ** 3);
          show(t < 1 ? Number(slider.value) : to);
          if (t < 1) motion = requestAnimationFrame(step);
        };
        motion = requestAnimationFrame(step);
      }

      slider.addEventListener("input", () => {
        cancelAnimationFrame(motion);
        show(Number(slider.value));
      });
      slider.addEventListener("keydown", (event) => {
        const by = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 3, PageDown: -3 }[event.key];
        if (!by) return;
        event.preventDefault();
        jump(Math.max(0, Math.min(last, Math.round(Number(slider.value)) + by)));
      });

      const ticks = h("div", { class: "ticks", "aria-hidden": "true" }, ...frames.map(() => h("i")));
      root.replaceChildren(
        h("div", { class: "now" }, sentence, strip),
        h("div", { class: "rail" }, ticks, slider),
        h("ol", { class: "path", "aria-label": "The whole path" }, ...items),
        ends(path),
      );
      jump(before.of === of ? Math.round(before.share * last) : path.at);
    });
  };

  /** Two sentences for boxes in which nothing stands; what was typed while the offer was on its way stays. */
  space.offered = (offer, first, second) => (first.trim() || second.trim() ? [first, second] : JSON.parse(offer).pair);

  /** What the model makes of the two sentences, and whether that is what was given. */
  function ends({ ends: given, made }) {
    const rows = given.map((text, i) => {
      const { parts, kept, of } = changes(text, made[i]);
      const exact = words(text).join(" ") === words(made[i]).join(" ");
      const verdict = exact ? "word for word" : `${kept} of ${of} words kept`;
      return h("div", { class: "end" }, h("dt", {}, i ? "Second sentence" : "First sentence"),
        h("dd", { dir: "auto" }, h("span", { class: "sentence" }, ...parts), h("span", { class: exact ? "badge exact" : "badge" }, verdict)));
    });
    return h("section", { class: "ends" }, h("h3", {}, "What the model makes of your two sentences"),
      h("dl", {}, ...rows),
      h("p", { class: "hint" }, "The path begins and ends at the model’s own reading. What it could not keep in its code is lost already there."));
  }

  /* ---- messages, verdict, progress, bars ---- */

  space.note = (context) =>
    live(context, (root, value) =>
      root.replaceChildren(...(value?.text ? [h("p", { class: `note ${value.kind}`, role: value.kind === "error" ? "alert" : "status" }, value.text)] : [])));

  space.verdict = (context) =>
    live(context, (root, value) => root.replaceChildren(...(value?.text ? [h("p", { class: `verdict ${value.level}`, role: "status" }, value.text)] : [])));

  space.progress = (context) => {
    const bar = h("progress", { max: 1, "aria-label": "Progress" });
    const text = h("p", { class: "progress-text" });
    live(context, (root, value) => {
      if (!value) return root.replaceChildren();
      if (value.share == null) bar.removeAttribute("value");
      else bar.value = value.share;
      text.textContent = value.text ?? "";
      if (!bar.isConnected) root.replaceChildren(bar, text);
    });
  };

  space.bars = (context) =>
    live(context, (root, items) => {
      if (!items?.length) return root.replaceChildren(empty(context.props.empty));
      const most = Math.max(...items.map((item) => item.count), 1);
      const rows = items.map((item) => h("tr", {}, h("th", { scope: "row", dir: "auto" }, item.label),
        h("td", { class: "bar", "aria-hidden": "true" }, h("span", { style: `width:${(100 * item.count) / most}%` })),
        h("td", { class: "count" }, item.count.toLocaleString("en"))));
      root.replaceChildren(h("table", { class: "bar-table" }, context.props.caption && h("caption", {}, context.props.caption), h("tbody", {}, ...rows)));
    });

  Object.assign(space, { h, live, empty, strip: fingerprint, changes, copyButton });
})();
