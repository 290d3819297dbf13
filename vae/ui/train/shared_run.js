/* A training that somebody else shares. */

import { visit } from "../components/address.js";
import { focus } from "../components/focus.js";

/**
 * Another's training is shown, or one's own again.
 *
 * @param {string} code
 */
export function watching(code) {
  document.body.classList.toggle("watching", Boolean(code));
  visit({ share: code }, true);
  focus(code ? "#shared-back" : "#train-start");
}
