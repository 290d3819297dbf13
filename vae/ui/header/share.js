/* Sharing: the code of a model or of a training, codes of others, and leaving. */

import { h, find, live } from "../components/dom.js";
import { copyButton } from "../components/copy.js";
import { address, visit } from "../components/address.js";
import { showPanel } from "../components/top.js";

/** @import { Context } from "../components/dom.js" */

/**
 * A code, its link, and what it lets others do; `stop` names the button that ends it.
 *
 * @param {Context<{ code: string, text: string }>} context
 */
export function share(context) {
  live(context, (root, value) => {
    if (!value?.code) {
      root.replaceChildren();
      return;
    }
    const stop = () => document.getElementById(context.props.stop ?? "")?.click();
    root.replaceChildren(h("div", { class: "shared-code" },
      h("p", { class: "code" },
        h("span", { class: "term" }, "Code "),
        h("output", { "aria-label": "Code" }, value.code)),
      h("p", { class: "copies" },
        copyButton(() => value.code, "Copy the code"),
        copyButton(() => address({ share: value.code }), "Copy the link"),
        h("button", { type: "button", class: "copy", click: stop }, "Stop sharing")),
      h("p", { class: "hint" }, value.text)));
  });
}

/**
 * A code was opened, or refused: say so where it can be seen. The address names what is watched, nothing else.
 *
 * @param {{ text: string } | null} message
 * @param {string} watched a code
 */
export function opened(message, watched) {
  visit({ share: watched }, true);
  showPanel(Boolean(message?.text));
}

/**
 * Ask whether all shall be forgotten, or do not ask any more.
 *
 * @param {boolean} yes
 */
export function leaving(yes) {
  find("#leave").classList.toggle("asked", yes);
  find(yes ? "#leave-not" : "#leave-ask").focus();
}

/** A new visit: nothing of the old one stays in the address. */
export function begin() {
  location.replace(address());
}
