/* Sample on this page: the engine draws sentences, and the app's own list shows them. */

import { note } from "../ui/components/messages.js";
import { samples, thrown } from "../ui/sample/sample.js";
import { cellsBy, chances, priorOf } from "./codes.js";
import { chosen, field, numberIn, onEnter, ticked } from "./fields.js";
import { partAt } from "./places.js";

/** @import { Engine } from "../../assets/engine/engine.js" */
/** @import { Held } from "./held.js" */

/**
 * How many, variety, top-p, start, whether near it, places, seed.
 *
 * @typedef {[number, number, number, string, boolean, string, number]} Wished
 */

const START = "#sample-start input";
const SEEDS = 10_000; // one of which is taken each time

/** Connect the tab; gives what is to be done when it is opened. @param {Held} held */
export function sampleRoom({ limitation }) {
  const show = partAt("#samples", samples, "Sentences appear here, each with its place in the space.");
  const say = partAt("#sample-message", note);
  /** @type {Engine | null} */
  let engine = null;
  let wish = new AbortController();
  let drawn = false;

  /** What the fields say, and a new seed if that is wished. @returns {Wished} */
  function wished() {
    const seed = field("#sample-seed input");
    if (ticked("#sample-new-seed")) seed.value = String(Math.floor(Math.random() * SEEDS));
    return [
      numberIn("#sample-count"), numberIn("#sample-variety"), numberIn("#sample-top-p"), field(START).value,
      ticked("#sample-near"), chosen("#sample-places"), numberIn("#sample-seed"),
    ];
  }

  /** @param {Wished} of */
  async function draw([n, variety, topP, start, near, places, seed]) {
    if (!engine) return;
    field("#sample-seed input").value = String(seed);
    wish.abort();
    wish = new AbortController();
    const { signal } = wish;
    try {
      const points = await engine.sample({
        n, ...chances(variety, !limitation), topP, start, fromStart: near, prior: priorOf(places), distinct: true, seed, signal,
      });
      const isNew = await engine.isNew(points.map(({ text }) => text));
      if (signal.aborted) return;
      drawn = true;
      const cells = cellsBy(engine.info.kl);
      const items = points.map(({ text, z }, i) =>
        ({ text, z: z.length ? cells(z) : null, badge: badgeOf(isNew[i]), copy: true }));
      const named = { tab: "sample", start, n: `${n}`, variety: `${variety}`, top_p: `${topP}`, places, seed: `${seed}` };
      show({ items, place: near ? { ...named, near: "yes" } : named });
      say({ kind: "note", text: summary(isNew, n) });
    } catch (error) {
      if (!signal.aborted) say({ kind: "error", text: error instanceof Error ? error.message : String(error) });
    }
  }

  const again = () => draw(wished());
  document.querySelector("#sample-go")?.addEventListener("click", again);
  onEnter(START, again);
  if (limitation)
    for (const part of ["#sample-places", "#sample-near"])
      for (const input of document.querySelectorAll(`${part} input`)) /** @type {HTMLInputElement} */ (input).disabled = true;

  return {
    /** @param {Engine} opened */
    use: (opened) => void (engine = opened),
    /** What the page's address names, if it does, or else what the fields say. */
    open: async () => {
      if (!drawn) draw(/** @type {Wished} */ ((await thrown("", "", ...wished(), false)).slice(2, 9)));
    },
  };
}

/** @param {boolean | null} isNew */
const badgeOf = (isNew) => (isNew === null ? "" : isNew ? "new" : "seen");

/**
 * How many are new, and what that means.
 *
 * @param {(boolean | null)[]} isNew of each sentence
 * @param {number} wanted
 */
function summary(isNew, wanted) {
  const few = isNew.length < wanted ? `It has only ${isNew.length} different sentences to say this way. Try more variety. ` : "";
  if (isNew.includes(null)) return `${few}The model learned from too many sentences to tell which of these are new.`;
  const count = isNew.filter(Boolean).length;
  const those = "among the sentences that the model learned from";
  if (count < isNew.length) return `${few}${count} of ${isNew.length} are new; those marked seen are ${those}.`;
  return `${few}${count > 1 ? `All ${count} are new: none of them is` : "It is new: it is not"} ${those}.`;
}
