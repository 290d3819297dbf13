/* The path between two sentences, and the slider along it. It is decoded beforehand: sliding asks nobody anything. */

import { h, empty, live, reducedMotion } from "../components/dom.js";
import { strip } from "../components/fingerprint.js";
import { changes, words } from "../components/sentences.js";

/** @import { Context } from "../components/dom.js" */

/**
 * `ends`: the two sentences; `made`: what the model makes of them; `at`: the frame to begin at; `why` there is none.
 *
 * @typedef {object} Path
 * @property {{ text: string, z: number[] }[]} [frames]
 * @property {[string, string]} ends
 * @property {[string, string]} made
 * @property {number} at
 * @property {string} [why]
 */

/** @type {Record<string, number>} */
const KEYS = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 3, PageDown: -3 };
const GLIDE = 240; // ms from a frame to the one that was pressed

/** @param {Context<Path>} context */
export function stage(context) {
  let before = { share: 0, of: "" }; // the same two sentences, read anew, keep the place one had come to
  let drawn = "";
  live(context, (root, path) => {
    const frames = path?.frames ?? [];
    const same = JSON.stringify([path?.ends, frames, path?.why]);
    if (same === drawn) return; // whoever is sliding on it meanwhile goes on
    drawn = same;
    if (!path || !frames.length) {
      root.replaceChildren(empty(path?.why ?? context.props.empty));
      return;
    }
    const last = frames.length - 1;
    const of = JSON.stringify(path.ends);
    const sentence = h("p", { class: "frame sentence", dir: "auto" });
    const print = strip(frames[0].z);
    const slider = h("input", {
      type: "range", min: 0, max: last, step: "any", value: 0, class: "scrub", "aria-label": "Where on the path",
    });
    const buttons = frames.map((frame, i) => {
      const { parts } = changes(i ? frames[i - 1].text : frame.text, frame.text);
      return h("button", { type: "button", class: "step", click: () => glide(i) },
        h("span", { class: "number" }, String(i + 1)),
        h("span", { class: "sentence", dir: "auto" }, ...(parts.length ? parts : ["(nothing)"])));
    });
    let shown = -1;
    let motion = 0;

    /** @param {number} at */
    function show(at) {
      const [low, high] = [Math.floor(at), Math.ceil(at)];
      const [a, b] = [frames[low].z, frames[high].z];
      const near = Math.round(at);
      print.paint(a.map((value, d) => value + (b[d] - value) * (at - low)), frames[near].text);
      before = { share: at / last, of };
      slider.style.setProperty("--at", String(before.share));
      if (near === shown) return;
      buttons[shown]?.removeAttribute("aria-current");
      shown = near;
      buttons[near].setAttribute("aria-current", "step");
      sentence.textContent = frames[near].text || "(nothing)";
      slider.setAttribute("aria-valuetext", `${near + 1} of ${frames.length}: ${frames[near].text}`);
    }

    /** @param {number} at */
    function jump(at) {
      cancelAnimationFrame(motion);
      slider.value = String(at);
      show(Number(slider.value));
    }

    /** @param {number} to */
    function glide(to) {
      const from = Number(slider.value);
      if (reducedMotion()) return jump(to);
      cancelAnimationFrame(motion);
      const begin = performance.now();
      /** @param {number} now */
      const step = (now) => {
        const t = Math.min(1, (now - begin) / GLIDE);
        slider.value = String(from + (to - from) * (1 - (1 - t) ** 3));
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
      const by = KEYS[event.key];
      if (!by) return;
      event.preventDefault();
      jump(Math.max(0, Math.min(last, Math.round(Number(slider.value)) + by)));
    });

    const ticks = h("div", { class: "ticks", "aria-hidden": "true" }, ...frames.map(() => h("i")));
    root.replaceChildren(
      h("div", { class: "now" }, sentence, print),
      h("div", { class: "rail" }, ticks, slider),
      h("ol", { class: "path", "aria-label": "The whole path" }, ...buttons.map((button) => h("li", {}, button))),
      endsOf(path),
    );
    jump(before.of === of ? Math.round(before.share * last) : path.at);
  });
}

/**
 * What the model makes of the two sentences, and whether that is what was given.
 *
 * @param {Path} path
 */
function endsOf({ ends, made }) {
  const rows = ends.map((text, i) => {
    const { parts, kept, of } = changes(text, made[i]);
    const exact = words(text).join(" ") === words(made[i]).join(" ");
    const verdict = exact ? "word for word" : `${kept} of ${of} words kept`;
    const badge = h("span", { class: exact ? "badge exact" : "badge" }, verdict);
    return h("div", { class: "end" }, h("dt", {}, i ? "Second sentence" : "First sentence"),
      h("dd", { dir: "auto" }, h("span", { class: "sentence" }, ...parts), badge));
  });
  return h("section", { class: "ends" }, h("h3", {}, "What the model makes of your two sentences"),
    h("dl", {}, ...rows),
    h("p", { class: "hint" }, "The path begins and ends at the model’s own reading. " +
      "What it could not keep in its code is lost already there."));
}

/**
 * Two sentences for boxes in which nothing stands; what was typed while the offer was on its way stays.
 *
 * @param {string} offer
 * @param {string} first
 * @param {string} second
 */
export function offered(offer, first, second) {
  return first.trim() || second.trim() ? [first, second] : JSON.parse(offer).pair;
}
