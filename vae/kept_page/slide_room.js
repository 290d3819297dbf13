/* Slide on this page: the app's own device finds a path and decodes along it, and the app's own stage shows it. */

import { type } from "../ui/components/dom.js";
import { note } from "../ui/components/messages.js";
import { replacing, undo, wishedFor } from "../ui/slide/pair.js";
import { stage } from "../ui/slide/slide.js";
import { chosen, field, onEnter } from "./fields.js";
import { errorNote, newestOf } from "./newest.js";
import { partAt, placeSlots } from "./places.js";

/** @import { Device } from "../ui/device/device_model.js" */
/** @import { Held } from "./held.js" */

const [FIRST, SECOND] = ["#slide-first textarea", "#slide-second textarea"];
const [DRAWN, LONGER] = [8, 6]; // sentences that the model says itself; two up to this one, by length, are a pair
const SPREAD = 0.7; // of their places: nearer to the middle, they read better

/** Connect the tab; gives what takes the model, or why there is none. @param {Held} held */
export function slideRoom({ limitation, examples }) {
  placeSlots();
  const show = partAt("#stage", stage, "The model is being opened. Its first path appears here.");
  const say = partAt("#slide-message", note);
  const ask = newestOf(say);
  /** @type {Device | null} */
  let device = null;
  let pair = 0; // of the examples

  /**
   * @param {AbortSignal} signal
   * @param {string} a
   * @param {string} b
   * @param {string} path
   * @param {number} at the share of it to begin at
   */
  async function showPath(signal, a, b, path, at) {
    const found = await device?.path(a, b, path);
    if (found && !signal.aborted) show({ ...found, at });
  }

  const isTyped = () => [FIRST, SECOND].some((box) => field(box).value.trim());

  /** Two sentences, and the path between them. @param {AbortSignal} signal @param {number} seed @param {boolean} replace */
  async function otherPair(signal, seed, replace) {
    if (!device) return;
    let two = examples[pair++ % Math.max(1, examples.length)];
    if (!two) {
      const drawn = await device.engine.sample({ n: DRAWN, spread: SPREAD, madeUp: false, seed, signal });
      const texts = [...new Set(drawn.map(({ text }) => text))].filter(Boolean).sort((a, b) => a.length - b.length);
      const [first, second] = texts.slice(0, LONGER).slice(-2);
      if (signal.aborted) return;
      if (!second) throw new Error("This model says the same at every point, so there is nothing to slide through.");
      two = [first, second];
    }
    if (replace || !isTyped()) { // or somebody has begun to write while the first two were being made up
      type(FIRST, two[0]);
      type(SECOND, two[1]);
    }
    await showPath(signal, two[0], two[1], chosen("#path-kind"), 0.5);
  }

  /** The path between the two sentences that stand in the boxes. */
  const showTyped = () => ask(async (signal) => {
    const [, a, b, path] = wishedFor("", field(FIRST).value, field(SECOND).value, chosen("#path-kind"));
    if (!a.trim() && !b.trim()) await otherPair(signal, 0, false);
    else await showPath(signal, a, b, path, 0);
  });

  /** The path the other way round. */
  function swap() {
    const [a, b] = [field(FIRST).value, field(SECOND).value];
    replacing();
    type(FIRST, b);
    type(SECOND, a);
    showTyped();
  }

  /** @type {[string, () => void][]} */
  const buttons = [
    ["#show-path", showTyped], ["#swap", swap], ["#slide-undo", undo],
    ["#two-others", () => {
      replacing();
      ask((signal) => otherPair(signal, Math.floor(Math.random() * 2 ** 31), true));
    }],
  ];
  for (const [selector, act] of buttons) document.querySelector(selector)?.addEventListener("click", act);
  for (const box of [FIRST, SECOND]) onEnter(box, showTyped);
  document.querySelector("#path-kind")?.addEventListener("change", showTyped);

  /** @param {string} why */
  function noPaths(why) {
    show({ why, ends: ["", ""], unread: ["", ""], path: "", at: 0 });
    for (const [selector] of buttons) /** @type {HTMLButtonElement} */ (document.querySelector(selector)).disabled = true;
  }

  return {
    use: (/** @type {Device} */ opened) => {
      device = opened;
      if (limitation) noPaths(limitation);
      else showTyped();
    },
    without: (/** @type {string} */ why) => {
      if (!device) noPaths("Without the model there is no path.");
      say(errorNote(why));
    },
  };
}
