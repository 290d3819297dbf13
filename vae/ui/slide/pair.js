/* The two sentences that are slid between: in their boxes, in the address, before a reload, before they were replaced. */

import { announce, find, type } from "../components/dom.js";
import { address, here, visit } from "../components/address.js";
import { openTab } from "../components/tabs.js";
import { deviceAnswer, deviceAwaited, elseServer } from "../components/device.js";
import { words } from "../components/sentences.js";

/**
 * Two sentences, the kind of the path between them, and how far along it one is.
 *
 * @typedef {{ a: string, b: string, path?: string, t?: number }} Pair
 */

const BOXES = ["#slide-first textarea", "#slide-second textarea"];
const PATH_BOX = "slide-here"; // the box that tells of an answer of the device
const TYPED = "sentence-space-typed"; // what stood in the boxes, kept for a reload
/** @type {Pair | null} */
let origin = null; // the pair that the page began with: an address that names none means it
/** @type {Pair | null} */
let shown = null; // whose path is on the stage
/** @type {Pair | null} */
let wished = null; // asked for by the address, by Back or by Undo, and not on the stage yet
/** @type {Pair | null} */
let replaced = null; // what Undo brings back

/** When what has been changed stands on the page. @param {() => void} act */
const later = (act) => requestAnimationFrame(() => requestAnimationFrame(act));
/** @param {string} selector */
const text = (selector) => /** @type {HTMLTextAreaElement} */ (find(selector)).value;
/** @param {string} kind */
const radio = (kind) => document.querySelector(`#path-kind input[value="${CSS.escape(kind)}"]`);
const kindChosen = () => document.querySelector("#path-kind input:checked")?.getAttribute("value") ?? undefined;
/** @param {Pair} one @param {Pair | null} other */
const same = (one, other) => one.a === other?.a && one.b === other.b && (one.path ?? "fluent") === (other.path ?? "fluent");
/** @param {string} sentence */
const plain = (sentence) => words(sentence).join(" ");

/** @returns {Pair} */
function typed() {
  return { a: text(BOXES[0]), b: text(BOXES[1]), path: kindChosen(), t: shown?.t };
}

/** @returns {Pair | null} */
function addressed() {
  const { a, b, path, t } = here();
  const known = path && radio(path) ? path : undefined;
  return a && b ? { a, b, path: known, t: Math.min(1, Math.max(0, Number(t) || 0)) } : null;
}

/**
 * Put a pair into the boxes. Whether the kind of its path was another before, in which case Gradio asks for it.
 *
 * @param {Pair} pair
 */
function typeIn({ a, b, path }) {
  type(BOXES[0], a);
  type(BOXES[1], b);
  const kind = radio(path ?? "fluent");
  if (!(kind instanceof HTMLInputElement) || kind.checked) return false;
  kind.click();
  return true;
}

/** @param {Pair | null} pair */
async function recall(pair) {
  if (!pair) return;
  wished = pair;
  if (typeIn(pair)) return;
  await new Promise(requestAnimationFrame);
  find("#show-path").click();
}

/**
 * What is asked for: the boxes, or in their place, as long as they are empty, what the page was opened with.
 *
 * @param {string} token
 * @param {string} a
 * @param {string} b
 * @param {string} path
 */
export function wishedFor(token, a, b, path) {
  if (shown || wished || a.trim() || b.trim()) return [token, a, b, path];
  const reloaded = performance.getEntriesByType("navigation").some((entry) => "type" in entry && entry.type === "reload");
  const kept = reloaded ? JSON.parse(sessionStorage.getItem(TYPED) ?? "null") : null;
  const pair = kept && (kept.a || kept.b) ? { ...kept, t: addressed()?.t } : addressed();
  if (!pair) return [token, a, b, path];
  wished = pair;
  typeIn(pair);
  return [token, pair.a, pair.b, pair.path ?? path];
}

/**
 * The path that is asked for: the device finds it, or the server.
 *
 * @param {string} token
 * @param {string} a
 * @param {string} b
 * @param {string} path
 */
export async function asked(token, a, b, path) {
  const inputs = wishedFor(token, a, b, path);
  return elseServer(inputs, PATH_BOX, async (device) => [undefined, undefined, await device.path(inputs[1], inputs[2], inputs[3]), null]);
}

/**
 * The path the other way round.
 *
 * @param {string} token
 * @param {string} a
 * @param {string} b
 * @param {string} path
 */
export const swapped = (token, a, b, path) =>
  elseServer([token, a, b, path], PATH_BOX, async (device) => [b, a, await device.path(b, a, path), null]);

/** What the device has found, for the boxes, the stage and the message. */
export const pathHere = () => deviceAnswer(PATH_BOX);

/**
 * A path is on the stage now. Where on it to begin: where the one who asked for it wants to be, else at `at`.
 *
 * @param {Pair} pair
 * @param {number} at
 */
export function pathShown(pair, at) {
  const wanted = wished && plain(wished.a) === plain(pair.a) && plain(wished.b) === plain(pair.b) ? wished : null;
  const isNew = !same(pair, shown);
  const begin = wanted?.t ?? at;
  shown = { ...pair, t: begin };
  wished = null;
  deviceAwaited();
  if (!origin) origin = shown;
  else if (isNew && openTab() === "slide") visit({ tab: "slide", ...place() }, Boolean(wanted));
  later(mark); // the boxes are filled by the same answer
  return begin;
}

/** The place that is shown, as the address names it. */
function place() {
  return { a: shown?.a, b: shown?.b, path: shown?.path === "fluent" ? undefined : shown?.path, t: shown?.t?.toFixed(3) };
}

/** The link to what is shown. */
export const linkToPath = () => address({ tab: "slide", ...place() });

/**
 * One has come to rest at a place on the path.
 *
 * @param {number} t
 * @param {boolean} told whether the address shall name it
 */
export function rested(t, told) {
  if (!shown) return;
  shown.t = t;
  if (told) visit({ tab: "slide", ...place() }, true);
}

/** Tell what is typed from what is shown. */
function mark() {
  const now = BOXES.map(text);
  const old = shown ? [shown.a, shown.b].map((sentence, i) => plain(sentence) !== plain(now[i])) : [false, false];
  const was = document.body.classList.contains("pair-changed");
  document.body.classList.toggle("pair-changed", old.includes(true));
  document.body.classList.toggle("first-changed", old[0]);
  document.body.classList.toggle("second-changed", old[1]);
  if (!was && old.includes(true)) announce("The path on the page belongs to the earlier sentences.");
}

/** Other sentences are about to replace these: Undo brings them back. */
export function replacing() {
  replaced = typed();
  document.body.classList.toggle("can-undo", Boolean(replaced.a || replaced.b));
}

/** Bring back what was replaced. */
export function undo() {
  document.body.classList.remove("can-undo");
  find("#slide-first textarea").focus();
  recall(replaced);
}

document.addEventListener("input", ({ target }) => {
  if (!(target instanceof Element) || !BOXES.some((box) => target.matches(box))) return;
  sessionStorage.setItem(TYPED, JSON.stringify(typed()));
  mark();
});

window.addEventListener("popstate", () => {
  const pair = addressed() ?? origin;
  if (pair && (here().tab ?? "slide") === "slide" && !same(pair, shown)) recall(pair);
});

/**
 * Two sentences for boxes in which nothing stands; what was typed while the offer was on its way stays.
 *
 * @param {string} offer
 * @param {string} first
 * @param {string} second
 */
export function offered(offer, first, second) {
  later(mark);
  return first.trim() || second.trim() ? [first, second] : JSON.parse(offer).pair;
}
