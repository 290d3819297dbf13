/* The path between two sentences, as vae/ui/slide/handlers.py answers it. */

import { wordsOf } from "../../../assets/engine/cleaning.js";
import { checkSentence, inOrderOf, orderOf, roundedTo, unreadTold } from "./server_words.js";

/** @import { Engine } from "../../../assets/engine/engine.js" */
/** @import { Path } from "../slide/slide.js" */

/** By the page's name of a kind of path, the engine's. @type {Record<string, string>} */
export const PATH_KINDS = { fluent: "fluent", linear: "lerp", spherical: "slerp" };

/**
 * @param {Engine} engine
 * @param {string} first
 * @param {string} second
 * @param {string} path its kind
 * @param {AbortSignal} [signal]
 * @returns {Promise<Path>}
 * @throws {RangeError} there is none, and why
 */
export async function pathBetween(engine, first, second, path, signal) {
  const ends = [first, second].map((text) => wordsOf(text).join(" "));
  ["The first sentence", "The second sentence"].forEach((name, i) => checkSentence(name, ends[i]));
  if (!engine.hasLatentSpace || !PATH_KINDS[path]) throw new RangeError("There is no such path here.");
  const { way, stops } = await engine.path(ends[0], ends[1], { kind: PATH_KINDS[path], latest: "path", signal });
  const said = [stops[0].text, stops[stops.length - 1].text];
  const unread = await engine.unread(ends.map((end, i) => [end, said[i]]), { signal });
  const order = orderOf(engine.info.kl);
  const frames = stops.map(({ text, z, begin, end }) => (
    { text, z: inOrderOf(z, order), begin: roundedTo(begin, 4), end: roundedTo(end, 4) }));
  return { frames, ends: [ends[0], ends[1]], unread: [unreadTold(unread[0]), unreadTold(unread[1])], path, at: 0, way };
}
