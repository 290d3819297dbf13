/* Say it again: a sentence goes through its code and comes back, first by the encoder's guess, then by the search. */

import { wordsOf } from "../../assets/engine/cleaning.js";
import { h, announce, empty, live } from "../ui/components/dom.js";
import { strip } from "../ui/components/fingerprint.js";
import { note } from "../ui/components/messages.js";
import { changes, words } from "../ui/components/sentences.js";
import { checkSentence, inOrderOf, orderOf, unreadTold } from "../ui/device/server_words.js";
import { field, onEnter } from "./fields.js";
import { errorNote, newestOf } from "./newest.js";
import { partAt } from "./places.js";

/** @import { Context } from "../ui/components/dom.js" */
/** @import { Device } from "../ui/device/device_model.js" */
/** @import { Held } from "./held.js" */

/** A sentence said from a code. @typedef {{ text: string, z: number[] }} Said */
/** `unread`: what is said of words that the model could not read. @typedef {{ given: string, guess: Said, found: Said, unread: string }} Again */

const TEXT = "#again-text textarea";

/** Connect the tab; gives what takes the model, or why there is none. @param {Held} held */
export function againRoom({ limitation }) {
  const show = partAt("#again", drawAgain, limitation || "What the model makes of your sentence appears here.");
  const say = partAt("#again-message", note);
  const ask = newestOf(say);
  /** @type {Device | null} */
  let device = null;

  const again = () => ask(async (signal) => {
    if (!device || limitation) return;
    const { engine } = device;
    const given = wordsOf(field(TEXT).value).join(" ");
    checkSentence("The sentence", given);
    const { mu, z } = await engine.refine([given], { signal });
    const [guess, found] = await engine.decode([mu[0], z[0]], { signal });
    const [unread] = await engine.unread([[given, found]], { signal });
    if (signal.aborted) return;
    const order = orderOf(engine.info.kl);
    show({
      given, guess: { text: guess, z: inOrderOf(mu[0], order) }, found: { text: found, z: inOrderOf(z[0], order) },
      unread: unreadTold(unread),
    });
    announce(found);
  });

  document.querySelector("#again-go")?.addEventListener("click", again);
  onEnter(TEXT, again);
  if (limitation) /** @type {HTMLButtonElement} */ (document.querySelector("#again-go")).disabled = true;

  return {
    without: (/** @type {string} */ why) => say(errorNote(why)),
    use: (/** @type {Device} */ opened) => void (device = opened),
  };
}

/** @param {Context<Again>} context */
function drawAgain(context) {
  live(context, (root, value) => {
    if (!value) return root.replaceChildren(empty(context.props.empty));
    const { given, guess, found, unread } = value;
    const exact = words(given).join(" ") === words(found.text).join(" ");
    const { kept, of } = changes(given, found.text);
    root.replaceChildren(
      h("ol", { class: "sentences again" },
        line("At the encoder’s guess it says", given, guess),
        line("At the place that a search found from there", given, found, h("span", { class: exact ? "badge exact" : "badge" },
          exact ? "exactly yours" : `the nearest the model can say: ${kept} of ${of} words`))),
      unread ? h("p", { class: "hint" }, unread) : "",
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
