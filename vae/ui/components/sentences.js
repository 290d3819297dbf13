/* Sentences: their list, the words in which two differ, and buttons that copy. */

import { h, announce, empty, live } from "./dom.js";
import { strip } from "./fingerprint.js";

/** @import { Context } from "./dom.js" */

/**
 * One sentence of `lines`, as vae/ui/components/drawn.py describes it.
 *
 * @typedef {object} Line
 * @property {string} text
 * @property {number[] | null} [z]
 * @property {string} [badge]
 * @property {string} [over]
 * @property {boolean} [marked]
 * @property {boolean} [copy]
 */

const SCRIPTS = ["Han", "Hiragana", "Katakana", "Thai", "Khmer", "Lao", "Myanmar"]; // that set no spaces
const UNSPACED = SCRIPTS.map((name) => `\\p{Script=${name}}`).join("");
const WORD = new RegExp(`[${UNSPACED}]|[^\\s${UNSPACED}]+`, "gu"); // or a single character of these

/**
 * @param {string} text
 * @returns {string[]}
 */
export function words(text) {
  return text.match(WORD) ?? [];
}

/**
 * What became of a sentence: `text` with the words marked that do not stand in `before` (longest common subsequence)
 * and, where words of that were left out and none came for them, a mark that names them; how many of them were kept.
 *
 * @param {string} before
 * @param {string} text
 */
export function changes(before, text) {
  const [a, b] = [words(before), words(text)];
  const common = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      common[i][j] = a[i] === b[j] ? common[i + 1][j + 1] + 1 : Math.max(common[i + 1][j], common[i][j + 1]);
  /** @type {(string | HTMLElement)[]} */
  const parts = [];
  let [i, end, replaced] = [0, 0, false];
  /** @type {string[]} */
  let left = [];
  const gap = () => {
    if (left.length && !replaced) parts.push(h("del", { title: `Left out: ${left.join(" ")}`, "data-words": left.join(" "), "aria-hidden": "true" }));
    left = [];
  };
  for (const [j, match] of [...text.matchAll(WORD)].entries()) {
    while (i < a.length && a[i] !== b[j] && common[i + 1][j] >= common[i][j + 1]) left.push(a[i++]);
    const same = i < a.length && a[i] === b[j];
    parts.push(text.slice(end, match.index));
    if (same) {
      gap();
      i++;
    }
    replaced = !same;
    parts.push(same ? match[0] : h("mark", {}, match[0]));
    end = match.index + match[0].length;
  }
  left.push(...a.slice(i));
  gap();
  return { parts: parts.filter(Boolean), kept: common[0][0], of: a.length };
}

/** @param {string} text */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // no permission, or not a secure page
    const area = h("textarea", {}, text);
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
}

/**
 * A button that copies what `text` gives when it is pressed.
 *
 * @param {() => string} text
 * @param {string} name
 */
export function copyButton(text, name) {
  const button = h("button", { type: "button", class: "copy", click: press }, name);
  async function press() {
    await copy(text());
    button.textContent = "Copied";
    announce("Copied");
    setTimeout(() => (button.textContent = name), 1500);
  }
  return button;
}

/**
 * Sentences, large, each with its fingerprint; or why there are none.
 *
 * @param {Context<Line[] | string>} context
 */
export function lines(context) {
  live(context, (root, items) => {
    if (!items?.length || typeof items === "string") {
      root.replaceChildren(empty((typeof items === "string" && items) || context.props.empty));
      return;
    }
    const list = h("ol", { class: "sentences" }, ...items.map((item) => {
      const text = h("p", { class: "sentence", dir: "auto" }, item.text || "(nothing)");
      const aside = h("div", { class: "aside" },
        item.z?.length ? strip(item.z, item.text) : null,
        item.badge && h("span", { class: `badge ${item.badge}` }, item.badge),
        item.copy ? copyButton(() => item.text, "Copy") : null);
      return h("li", { class: item.marked ? "marked" : null },
        item.over && h("p", { class: "over", dir: "auto" }, item.over), text, aside.childNodes.length ? aside : null);
    }));
    const all = items.filter((item) => item.copy);
    const together = () => all.map((item) => item.text).join("\n");
    root.replaceChildren(list, all.length > 1 ? copyButton(together, "Copy all") : "");
  });
}
