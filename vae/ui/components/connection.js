/* When the server is gone for a while: say so, wait for it, and go on where one was. */

import { h, find } from "./dom.js";

const TAB = "sentence-space-tab";
const EVERY = 2000; // ms between two looks for the server
const DOUBT = 30; // looks after a stream has failed, for a server that ends slowly
let waiting = false;

/**
 * The server's name for its present life; null when it does not answer.
 *
 * @returns {Promise<string | null>}
 */
async function life() {
  try {
    const { root, api_prefix: prefix } = window.gradio_config;
    const answer = await fetch(`${root}${prefix}/app_id`, { cache: "no-store" });
    if (answer.status === 401) return "asks"; // for the pass phrase, which a new page can be told
    return answer.ok ? (await answer.json()).app_id : null;
  } catch {
    return null;
  }
}

function say() {
  if (document.querySelector(".lost")) return;
  const text = "The connection to the server was lost. " +
    "The page waits for it and then goes on where it was: nothing that you made is lost.";
  find(".gradio-container").append(h("p", { class: "lost", role: "status" }, text));
}

/** A stream has failed, for whatever reason: if the server is gone, or is another, begin anew as soon as it answers. */
export async function failed() {
  if (waiting) return;
  waiting = true;
  const before = window.gradio_config.app_id;
  let gone = false;
  for (let looks = 0; gone || looks < DOUBT; looks++) {
    const now = await life();
    if (now === null) {
      gone = true;
      say();
    } else if (gone || now !== before) {
      const tab = document.querySelector("#tabs [role=tab][aria-selected=true]");
      sessionStorage.setItem(TAB, tab?.textContent?.trim() ?? "");
      location.reload();
      return;
    }
    await new Promise((done) => setTimeout(done, EVERY));
  }
  waiting = false;
}

/** Back after that: open the tab in which one was. */
export function returned() {
  const name = sessionStorage.getItem(TAB);
  sessionStorage.removeItem(TAB);
  if (!name) return;
  for (const tab of document.querySelectorAll("#tabs [role=tab]"))
    if (tab instanceof HTMLElement && tab.textContent?.trim() === name) return tab.click();
}

window.addEventListener("offline", () => failed());
