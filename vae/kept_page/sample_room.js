/* Sample on this page: the app's own device draws sentences, and the app's own list shows them. */

import { note } from "../ui/components/messages.js";
import { drawnBy, samples, wantedAtFirst } from "../ui/sample/sample.js";
import { chosen, field, numberIn, onEnter, ticked } from "./fields.js";
import { errorNote, newestOf } from "./newest.js";
import { partAt } from "./places.js";
import { whenOpened } from "./rooms.js";

/** @import { Device } from "../ui/device/device_model.js" */
/** @import { Fields } from "../ui/sample/sample.js" */
/** @import { Held } from "./held.js" */

const [START, SEED] = ["#sample-start input", "#sample-seed"];

/** Connect the tab; gives what takes the model, or why there is none. @param {Held} held */
export function sampleRoom({ limitation }) {
  const show = partAt("#samples", samples, "Sentences appear here, each with its place in the space.");
  const say = partAt("#sample-message", note);
  const ask = newestOf(say);
  /** @type {Device | null} */
  let device = null;
  let drawn = false;

  /** @returns {Fields} */
  const fields = () => [
    numberIn("#sample-count"), numberIn("#sample-variety"), numberIn("#sample-top-p"), field(START).value,
    ticked("#sample-near"), chosen("#sample-places"), numberIn(SEED), ticked("#sample-new-seed"),
  ];

  /** @param {Fields} wanted */
  const draw = (wanted) => ask(async (signal) => {
    const found = device && (await drawnBy(device, wanted));
    if (!found || signal.aborted) return;
    const [value, seed, message] = found;
    drawn = true;
    field(`${SEED} input`).value = String(seed);
    show(value);
    return message;
  });

  const again = () => draw(fields());

  /** What the page's address names, if it does, or else what the fields say. */
  function open() {
    if (device && !drawn) draw(wantedAtFirst(fields()));
  }

  document.querySelector("#sample-go")?.addEventListener("click", again);
  onEnter(START, again);
  whenOpened("#room-sample", open);
  if (limitation)
    for (const part of ["#sample-places", "#sample-near"])
      for (const input of document.querySelectorAll(`${part} input`)) /** @type {HTMLInputElement} */ (input).disabled = true;

  return {
    without: (/** @type {string} */ why) => say(errorNote(why)),
    use: (/** @type {Device} */ opened) => {
      device = opened;
      if (!document.querySelector("#room-sample[hidden]")) open();
    },
  };
}
