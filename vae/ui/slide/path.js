/* A path as what can be kept of it: words, a table, a picture. */

import { h } from "../components/dom.js";
import { colourOf } from "../components/fingerprint.js";

/** @import { Result } from "../components/results.js" */

/**
 * A sentence, the code in the middle of the stretch of the path where it is said, and that stretch from 0 to 1.
 *
 * @typedef {{ text: string, z: number[], begin: number, end: number }} Frame
 */

const [WIDTH, EDGE, ROW, STRIP] = [1200, 48, 72, 240]; // px of the picture

/**
 * @param {Frame[]} frames
 * @returns {HTMLCanvasElement}
 */
function picture(frames) {
  const canvas = h("canvas", { width: WIDTH, height: 2 * EDGE + ROW * frames.length });
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const style = getComputedStyle(document.body);
  /** @type {(name: string) => string} */
  const named = (name) => style.getPropertyValue(name).trim();
  pen.fillStyle = named("--paper");
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.textBaseline = "middle";
  pen.font = `28px ${named("--serif")}`;
  for (const [i, { text, z }] of frames.entries()) {
    const y = EDGE + ROW * (i + 0.5);
    pen.fillStyle = named("--ink");
    pen.fillText(text, EDGE, y, WIDTH - 3 * EDGE - STRIP);
    for (const [d, value] of z.entries()) {
      pen.fillStyle = colourOf(value, named);
      pen.fillRect(WIDTH - EDGE - STRIP + (STRIP * d) / z.length, y - 10, STRIP / z.length + 0.5, 20);
    }
  }
  return canvas;
}

/**
 * @param {Frame[]} frames
 * @returns {Result}
 */
export function pathResult(frames) {
  return {
    name: "path",
    columns: ["number", "sentence", "begin", "end"],
    rows: frames.map(({ text, begin, end }, i) => [i + 1, text, begin, end]),
    text: () => frames.map(({ text }) => text).join("\n"),
    picture: () => picture(frames),
  };
}
