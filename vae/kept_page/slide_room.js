/* Slide on this page: a path is asked of the engine and shown by the app's own stage. */

import { type } from "../ui/components/dom.js";
import { note } from "../ui/components/messages.js";
import { asked, replacing, undo } from "../ui/slide/pair.js";
import { stage } from "../ui/slide/slide.js";
import { cellsBy, kindOf } from "./codes.js";
import { chosen, field, onEnter } from "./fields.js";
import { partAt, placeSlots } from "./places.js";

/** @import { Engine } from "../../assets/engine/engine.js" */
/** @import { Held } from "./held.js" */

const [FIRST, SECOND] = ["#slide-first textarea", "#slide-second textarea"];
const [DRAWN, LONGER] = [8, 6]; // sentences that the model says itself; two up to this one, by length, are a pair

/** Connect the tab; gives what opens it with its first path. @param {Held} held */
export function slideRoom({ limitation, examples }) {
  placeSlots();
  const show = partAt("#stage", stage, "The model is being opened. Its first path appears here.");
  const say = partAt("#slide-message", note);
  /** @type {Engine | null} */
  let engine = null;
  let wish = new AbortController();
  let pair = 0; // of the examples

  /** Do what takes the engine, in place of what was asked for before. @param {(signal: AbortSignal) => Promise<void>} act */
  async function ask(act) {
    wish.abort();
    wish = new AbortController();
    const { signal } = wish;
    try {
      await act(signal);
      if (!signal.aborted) say(null);
    } catch (error) {
      if (!signal.aborted) say({ kind: "error", text: error instanceof Error ? error.message : String(error) });
    }
  }

  /**
   * @param {AbortSignal} signal
   * @param {string} a
   * @param {string} b
   * @param {string} path
   * @param {number} at the share of it to begin at
   */
  async function showPath(signal, a, b, path, at) {
    if (!engine) return;
    const { stops } = await engine.path(a, b, { kind: kindOf(path), signal });
    if (signal.aborted) return;
    const cells = cellsBy(engine.info.kl);
    const frames = stops.map(({ text, z, begin, end }) => ({ text, z: cells(z), begin, end }));
    const [first, second] = [a, b].map((sentence) => sentence.split(/\s+/).filter(Boolean).join(" "));
    show({ frames, ends: [first, second], unread: ["", ""], path, at });
  }

  /** Two other sentences, and the path between them. @param {AbortSignal} signal @param {number} [seed] */
  async function otherPair(signal, seed = Math.floor(Math.random() * 2 ** 31)) {
    if (!engine) return;
    let two = examples[pair++ % Math.max(1, examples.length)];
    if (!two) {
      const drawn = await engine.sample({ n: DRAWN, seed, signal });
      const texts = [...new Set(drawn.map(({ text }) => text))].filter(Boolean).sort((a, b) => a.length - b.length);
      const [first, second] = texts.slice(0, LONGER).slice(-2);
      if (signal.aborted) return;
      if (!second) throw new Error("This model says the same at every point, so there is nothing to slide through.");
      two = [first, second];
    }
    type(FIRST, two[0]);
    type(SECOND, two[1]);
    await showPath(signal, two[0], two[1], chosen("#path-kind"), 0.5);
  }

  /** The path between the two sentences that stand in the boxes. */
  const showTyped = () => ask(async (signal) => {
    const [, a, b, path] = /** @type {string[]} */ (
      await asked("", field(FIRST).value, field(SECOND).value, chosen("#path-kind"))
    );
    if (!a.trim() && !b.trim()) await otherPair(signal, 0);
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
      ask((signal) => otherPair(signal));
    }],
  ];
  for (const [selector, act] of buttons) document.querySelector(selector)?.addEventListener("click", act);
  for (const box of [FIRST, SECOND]) onEnter(box, showTyped);
  document.querySelector("#path-kind")?.addEventListener("change", showTyped);

  return (/** @type {Engine} */ opened) => {
    engine = opened;
    if (!limitation) return showTyped();
    stageWithout(limitation);
    return Promise.resolve();
  };

  /** @param {string} why */
  function stageWithout(why) {
    show({ why, ends: ["", ""], unread: ["", ""], path: "", at: 0 });
    for (const [selector] of buttons) /** @type {HTMLButtonElement} */ (document.querySelector(selector)).disabled = true;
  }
}
