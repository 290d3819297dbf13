/* Say it again: a sentence goes through its code and comes back, first by the encoder's guess, then by the search. */

import { h, announce, empty, live } from "../ui/components/dom.js";
import { strip } from "../ui/components/fingerprint.js";
import { note } from "../ui/components/messages.js";
import { changes, words } from "../ui/components/sentences.js";
import { cellsBy } from "./codes.js";
import { field, onEnter } from "./fields.js";
import { partAt } from "./places.js";

/** @import { Context } from "../ui/components/dom.js" */
/** @import { Engine } from "../../assets/engine/engine.js" */
/** @import { Held } from "./held.js" */

/** A sentence said from a code. @typedef {{ text: string, z: number[] }} Said */
/** @typedef {{ given: string, guess: Said, found: Said }} Again */

const TEXT = "#again-text textarea";

/** Connect the tab; gives what takes the engine. @param {Held} held */
export function againRoom({ limitation }) {
  const show = partAt("#again", drawAgain, limitation || "What the model makes of your sentence appears here.");
  const say = partAt("#again-message", note);
  /** @type {Engine | null} */
  let engine = null;
  let wish = new AbortController();

  async function again() {
    const given = field(TEXT).value.split(/\s+/).filter(Boolean).join(" ");
    if (!engine || limitation) return;
    if (!given) return say({ kind: "error", text: "Type a sentence first." });
    wish.abort();
    wish = new AbortController();
    const { signal } = wish;
    try {
      const { mu, z } = await engine.refine([given], { signal });
      const [guess, found] = await engine.decode([mu[0], z[0]], { signal });
      if (signal.aborted) return;
      const cells = cellsBy(engine.info.kl);
      show({ given, guess: { text: guess, z: cells(mu[0]) }, found: { text: found, z: cells(z[0]) } });
      say(null);
      announce(found);
    } catch (error) {
      if (!signal.aborted) say({ kind: "error", text: error instanceof Error ? error.message : String(error) });
    }
  }

  document.querySelector("#again-go")?.addEventListener("click", again);
  onEnter(TEXT, again);
  if (limitation) /** @type {HTMLButtonElement} */ (document.querySelector("#again-go")).disabled = true;
  return (/** @type {Engine} */ opened) => void (engine = opened);
}

/** @param {Context<Again>} context */
function drawAgain(context) {
  live(context, (root, value) => {
    if (!value) return root.replaceChildren(empty(context.props.empty));
    const { given, guess, found } = value;
    const exact = words(given).join(" ") === words(found.text).join(" ");
    const { kept, of } = changes(given, found.text);
    root.replaceChildren(
      h("ol", { class: "sentences again" },
        line("At the encoder’s guess it says", given, guess),
        line("At the place that a search found from there", given, found, h("span", { class: exact ? "badge exact" : "badge" },
          exact ? "exactly yours" : `the nearest the model can say: ${kept} of ${of} words`))),
      h("p", { class: "hint" }, "Words that are not yours are ", h("mark", {}, "marked"),
        "; crossed out is what it left out. All it knew of your sentence are the numbers of its strip."));
  });
}

/**
 * @param {string} over
 * @param {string} given
 * @param {Said} said
 * @param {HTMLElement} [badge]
 */
function line(over, given, { text, z }, badge) {
  const { parts } = changes(given, text);
  return h("li", {}, h("p", { class: "over" }, over),
    h("p", { class: "sentence", dir: "auto" }, ...(parts.length ? parts : ["(nothing)"])),
    h("div", { class: "aside" }, strip(z, text), badge));
}
