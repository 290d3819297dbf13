/* What the page begins with: the script of all else, which is packed in it. */

import { h, find } from "../ui/components/dom.js";
import { addressOf, textIn } from "./held.js";

async function boot() {
  try {
    const src = addressOf(await textIn("#kept-script"));
    await new Promise((load, error) => document.head.append(h("script", { src, load, error })));
    URL.revokeObjectURL(src);
  } catch (error) {
    const why = error instanceof Error ? error.message : "Its script could not be run.";
    find("main").prepend(h("p", { class: "note error", role: "alert" }, `This page cannot begin in this browser. ${why}`));
  }
}

document.addEventListener("DOMContentLoaded", boot);
