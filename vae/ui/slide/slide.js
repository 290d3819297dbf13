/* The path between two sentences, and the slider along it. It is decoded beforehand, and where the model is on this
   device again under the pointer: sliding asks no server anything. */

import { watchDevice } from "../components/device.js";
import { h, announce, empty, live, reducedMotion } from "../components/dom.js";
import { strip } from "../components/fingerprint.js";
import { keepButtons } from "../components/results.js";
import { changes, words } from "../components/sentences.js";
import { fill } from "../components/slot.js";
import { pathResult } from "./path.js";
import { linkToPath, pathShown, rested } from "./pair.js";

/** @import { Way } from "../../../assets/engine/interpolation.js" */
/** @import { Device } from "../device/device_model.js" */
/** @import { Context } from "../components/dom.js" */
/** @import { Frame } from "./path.js" */

/**
 * `ends`: the two sentences; `unread`: what is said of the words of each that the model could not read; `path`: its
 * kind; `at`: the share of it to begin at; `why` there is none; `way`: what lies between its stops, if it was found on
 * this device.
 *
 * @typedef {{ frames?: Frame[], ends: [string, string], unread: [string, string], path: string, at: number,
 *   why?: string, way?: Way }} Path
 */

/** @type {Record<string, number>} */
const KEYS = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 3, PageDown: -3 };
const PLACES = ["first-end", "second-end", "path"]; // of the page, beside the stage
const LONG = 90; // characters of a sentence that is set smaller
const GLIDE = 240; // ms from a frame to the one that was pressed

/** @param {Context<Path>} context */
export function stage(context) {
  let before = { at: 0, of: "" }; // the same two sentences, read anew, keep the place one had come to
  let drawn = "";
  /** @type {Device | null} */
  let device = null;
  let follow = () => {}; // what the device decodes along the path
  watchDevice((now) => {
    device = now;
    follow();
  });
  live(context, (root, path) => {
    const frames = path?.frames ?? [];
    const same = JSON.stringify([path?.ends, frames, path?.why]);
    if (same === drawn) return; // whoever is sliding on it meanwhile goes on
    drawn = same;
    follow = () => {};
    if (!path || !frames.length) {
      root.replaceChildren(empty(path?.why ?? context.props.empty));
      for (const place of PLACES) fill(place);
      return;
    }
    const last = frames.length - 1;
    const of = JSON.stringify([path.ends, path.path]);
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
    const found = h("p", { class: "hint count" });
    /** @type {ReturnType<Device["walk"]> | null} */
    let walk = null;
    let [here, shown, said] = [0, -1, ""];
    let motion = 0;

    /** Where the code of a frame lies: those of the two ends at the very ends. @param {number} i */
    function middle(i) {
      return i === 0 ? 0 : i === last ? 1 : (frames[i].begin + frames[i].end) / 2;
    }

    /** @param {number} at */
    function show(at) {
      const near = here = Math.max(0, frames.findIndex(({ end }) => at <= end));
      const low = Math.max(0, Math.min(last - 1, at < middle(near) ? near - 1 : near));
      const [a, b] = [frames[low], frames[Math.min(last, low + 1)]];
      const share = (at - middle(low)) / Math.max(1e-9, middle(Math.min(last, low + 1)) - middle(low));
      before = { at, of };
      const isLater = walk?.at(at, frames.some((_, i) => middle(i) === at));
      if (isLater == null) print.paint(a.z.map((value, d) => value + (b.z[d] - value) * Math.min(1, share)));
      if (!isLater) say(frames[near].text);
    }

    /**
     * What is said where the slider is; on the list of the path, or found between two of its sentences, or beside it.
     *
     * @param {string} text
     * @param {number} [beside]
     */
    function say(text, beside = 0) {
      const listed = beside ? -1 : frames[here].text === text ? here : frames.findIndex((frame) => frame.text === text);
      const place = beside ? "Beside the path. Escape leads back to it." : listed < 0 ? "Found on the way: it is not on the list." : "";
      const told = JSON.stringify([listed, text, place]);
      if (told === said) return;
      said = told;
      buttons[shown]?.removeAttribute("aria-current");
      stretches[shown]?.removeAttribute("class");
      shown = listed;
      buttons[shown]?.setAttribute("aria-current", "step");
      stretches[shown]?.setAttribute("class", "here");
      sentence.textContent = text || "(nothing)";
      print.tell(text);
      sentence.classList.toggle("long", text.length > LONG);
      found.textContent = place || `${count}. ${device ? "Move up or down as you drag: there is more beside it." : "Each part of the track says one of them."}`;
      slider.setAttribute("aria-valuetext", listed < 0 ? text : `${listed + 1} of ${frames.length}: ${text}`);
    }

    /** @param {number} at */
    function jump(at) {
      cancelAnimationFrame(motion);
      walk?.home();
      slider.value = String(at);
      show(at);
    }

    /** @param {number} to */
    function glide(to) {
      const from = Number(slider.value);
      if (reducedMotion()) return jump(to);
      cancelAnimationFrame(motion);
      walk?.home();
      const begin = performance.now();
      /** @param {number} now */
      const step = (now) => {
        const t = Math.min(1, (now - begin) / GLIDE);
        slider.value = String(from + (to - from) * (1 - (1 - t) ** 3));
        show(t < 1 ? Number(slider.value) : to);
        if (t < 1) motion = requestAnimationFrame(step);
        else rested(to, true);
      };
      motion = requestAnimationFrame(step);
    }

    slider.addEventListener("input", () => {
      cancelAnimationFrame(motion);
      show(Number(slider.value));
    });
    slider.addEventListener("change", () => rested(Number(slider.value), true));
    slider.addEventListener("keydown", (event) => {
      const by = KEYS[event.key];
      if (!by || event.shiftKey) return;
      event.preventDefault();
      jump(middle(Math.max(0, Math.min(last, here + by))));
      rested(Number(slider.value), true);
    });

    const count = `${frames.length} different ${frames.length === 1 ? "sentence" : "sentences"} on this path`;
    root.replaceChildren(
      h("div", { class: "now" }, sentence, print),
      h("div", { class: "rail" }, h("div", { class: "stretches", "aria-hidden": "true" }, ...stretches), slider),
      found,
      h("p", { class: "hint old" }, "You have changed the sentences. This is still the path between the earlier ones."),
    );
    fill("first-end", endOf(path.ends[0], frames[0], "begins", path.unread[0]));
    fill("second-end", endOf(path.ends[1], frames[last], "ends", path.unread[1]));
    fill("path",
      h("p", { class: "hint" }, "Words that are new on the way are ", h("mark", {}, "marked"), "; a bar ", h("del"),
        " stands where words were left out."),
      h("ol", { class: "path", "aria-label": "The whole path" }, ...buttons.map((button) => h("li", {}, button))),
      keepButtons(() => pathResult(frames), { link: linkToPath, formats: ["txt", "csv", "json", "png"] }),
      how());
    follow = () => {
      walk?.end();
      walk = device && device.walk(path, slider, {
        paint: print.paint, say, moved: () => show(Number(slider.value)),
      });
      if (shown >= 0) said = "";
      show(Number(slider.value));
    };
    const pair = { a: path.ends[0], b: path.ends[1], path: path.path };
    const begin = pathShown(pair, before.of === of ? before.at : path.at);
    jump(begin);
    follow();
    announce(`${count}, from “${pair.a}” to “${pair.b}”.`);
  });
}

/**
 * Whether the path begins or ends with the sentence that was given, and what differs if it does not.
 *
 * @param {string} given
 * @param {Frame} frame
 * @param {string} what it does
 * @param {string} unread what is said of words that the model could not read, or nothing
 */
function endOf(given, { text, z }, what, unread) {
  const { parts, kept, of } = changes(given, text);
  const exact = words(given).join(" ") === words(text).join(" ");
  const badge = h("span", { class: exact ? "badge exact" : "badge" },
    exact ? "exactly yours" : `the nearest the model can say: ${kept} of ${of} words`);
  const said = exact ? null : h("p", { class: "said" },
    h("span", { class: "term" }, `The path ${what} with `), h("span", { class: "sentence", dir: "auto" }, ...parts));
  return h("div", { class: "end" }, strip(z, text), badge, said, unread && h("p", { class: "unread" }, unread));
}

/** What the search for the two ends is. */
const how = () => h("details", { class: "hint" }, h("summary", {}, "How the two ends are found"),
  h("p", {}, "The encoder guesses where in the space your sentence lies. From there a search moves the point, " +
    "a little at a time, until the model says your words there, or comes as near to them as it can. " +
    "Nothing is looked up: what the model can’t say is said at no point."));
