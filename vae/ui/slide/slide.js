/* The path between two sentences, and the slider along it. It is decoded beforehand: sliding asks nobody anything. */

import { h, empty, live, reducedMotion } from "../components/dom.js";
import { strip } from "../components/fingerprint.js";
import { changes, words } from "../components/sentences.js";

/** @import { Context } from "../components/dom.js" */

/**
 * A sentence, the code in the middle of the stretch of the path where it is said, and that stretch from 0 to 1.
 *
 * @typedef {{ text: string, z: number[], begin: number, end: number }} Frame
 */

/**
 * `ends`: the two sentences; `unread`: what is said of the words of each that the model could not read; `at`: the share
 * of the path to begin at; `why` there is none.
 *
 * @typedef {{ frames?: Frame[], ends: [string, string], unread: [string, string], at: number, why?: string }} Path
 */

/** @type {Record<string, number>} */
const KEYS = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 3, PageDown: -3 };
const GLIDE = 240; // ms from a frame to the one that was pressed

/** @param {Context<Path>} context */
export function stage(context) {
  let before = { at: 0, of: "" }; // the same two sentences, read anew, keep the place one had come to
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
      type: "range", min: 0, max: 1, step: "any", value: 0, class: "scrub", "aria-label": "Where on the path",
    });
    const stretches = frames.map(({ begin, end }) => h("i", { style: `flex-grow: ${end - begin}` }));
    const buttons = frames.map((frame, i) => {
      const { parts } = changes(i ? frames[i - 1].text : frame.text, frame.text);
      return h("button", { type: "button", class: "step", click: () => glide(middle(i)) },
        h("span", { class: "number" }, String(i + 1)),
        h("span", { class: "sentence", dir: "auto" }, ...(parts.length ? parts : ["(nothing)"])));
    });
    let shown = -1;
    let motion = 0;

    /** Where the code of a frame lies: those of the two ends at the very ends. @param {number} i */
    function middle(i) {
      return i === 0 ? 0 : i === last ? 1 : (frames[i].begin + frames[i].end) / 2;
    }

    /** @param {number} at */
    function show(at) {
      const near = Math.max(0, frames.findIndex(({ end }) => at <= end));
      const low = Math.max(0, Math.min(last - 1, at < middle(near) ? near - 1 : near));
      const [a, b] = [frames[low], frames[Math.min(last, low + 1)]];
      const share = (at - middle(low)) / Math.max(1e-9, middle(Math.min(last, low + 1)) - middle(low));
      print.paint(a.z.map((value, d) => value + (b.z[d] - value) * Math.min(1, share)), frames[near].text);
      before = { at, of };
      if (near === shown) return;
      buttons[shown]?.removeAttribute("aria-current");
      stretches[shown]?.removeAttribute("class");
      shown = near;
      buttons[near].setAttribute("aria-current", "step");
      stretches[near].setAttribute("class", "here");
      sentence.textContent = frames[near].text || "(nothing)";
      slider.setAttribute("aria-valuetext", `${near + 1} of ${frames.length}: ${frames[near].text}`);
    }

    /** @param {number} at */
    function jump(at) {
      cancelAnimationFrame(motion);
      slider.value = String(at);
      show(at);
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
      jump(middle(Math.max(0, Math.min(last, shown + by))));
    });

    const count = `${frames.length} different ${frames.length === 1 ? "sentence" : "sentences"} on this path`;
    root.replaceChildren(
      h("div", { class: "now" }, sentence, print),
      h("div", { class: "rail" }, h("div", { class: "stretches", "aria-hidden": "true" }, ...stretches), slider),
      h("p", { class: "hint count" }, `${count}. Each part of the track is where one of them is said.`),
      endsOf(path.ends, [frames[0].text, frames[last].text], path.unread),
      h("ol", { class: "path", "aria-label": "The whole path" }, ...buttons.map((button) => h("li", {}, button))),
    );
    jump(before.of === of ? before.at : path.at);
  });
}

/**
 * Whether the path begins and ends with the two sentences that were given, and what differs if it does not.
 *
 * @param {[string, string]} ends
 * @param {[string, string]} made
 * @param {[string, string]} unread which words of each the model could not read, or nothing
 */
function endsOf(ends, made, unread) {
  const rows = ends.map((text, i) => {
    const { parts, kept, of } = changes(text, made[i]);
    const exact = words(text).join(" ") === words(made[i]).join(" ");
    const badge = h("span", { class: exact ? "badge exact" : "badge" },
      exact ? "exactly yours" : `the nearest the model can say: ${kept} of ${of} words`);
    return h("div", { class: "end" }, h("dt", {}, i ? "It ends with" : "It begins with"),
      h("dd", { dir: "auto" }, h("span", { class: "sentence" }, ...(exact ? [made[i]] : parts)), badge,
        unread[i] && h("p", { class: "unread" }, unread[i])));
  });
  return h("section", { class: "ends" }, h("dl", {}, ...rows),
    h("details", { class: "hint" }, h("summary", {}, "How the two ends are found"),
      h("p", {}, "The encoder guesses where in the space your sentence lies. From there a search moves the point, " +
        "a little at a time, until the model says your words there, or comes as near to them as it can. " +
        "Nothing is looked up: what the model cannot say, no point says.")));
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
