/* Decoding under the pointer: any place of the way between two sentences, and beside it. */

import { Generator } from "../../../assets/engine/random.js";
import { pointsBetween } from "../../../assets/engine/interpolation.js";
import { PATH_KINDS } from "./paths_here.js";
import { orderOf } from "./server_words.js";

/** @import { Engine } from "../../../assets/engine/engine.js" */
/** @import { Way } from "../../../assets/engine/interpolation.js" */
/** @import { Path } from "../slide/slide.js" */

/**
 * What a walk tells of: a code, in the order of a fingerprint; the sentence there; and that the place beside the way is
 * another now, from -1 to 1.
 *
 * @typedef {{ paint: (z: number[]) => void, say: (text: string, beside: number) => void, moved: () => void }} Teller
 */

const STILL = 24; // px up or down that a hand on the slider moves without meaning it
const SWAY = 96; // px from there to as far beside the way as one gets
const STRIDE = 1 / 8; // of that, with a key
const FAR = 0.6; // of the length of a code: how far beside the way that is
const SIDE_SEED = 7; // of the direction, which is the same at each visit

/**
 * A direction at a right angle to the way, as long as one gets beside it.
 *
 * @param {Way} way
 */
function sideOf({ z: [a, b] }) {
  const along = a.map((value, d) => b[d] - value);
  const drawn = new Generator(SIDE_SEED).normals(a.length);
  /** @type {(x: ArrayLike<number>, y: ArrayLike<number>) => number} */
  const times = (x, y) => Array.from(x).reduce((sum, value, d) => sum + value * y[d], 0);
  const share = times(drawn, along) / (times(along, along) || 1);
  const side = along.map((value, d) => drawn[d] - share * value);
  const length = (FAR * (Math.sqrt(times(a, a)) + Math.sqrt(times(b, b)))) / 2;
  const scale = length / (Math.sqrt(times(side, side)) || 1);
  return side.map((value) => value * scale);
}

/**
 * Walk along a path, with a slider that also moves beside it: by a pointer that goes up or down while it drags, or by
 * Shift with the arrows up and down. Escape leads back.
 *
 * @param {Engine} engine
 * @param {Path} path
 * @param {HTMLInputElement} slider
 * @param {Teller} teller
 */
export function walkAlong(engine, path, slider, teller) {
  const over = new AbortController();
  const { signal } = over;
  const order = orderOf(engine.info.kl);
  const kind = PATH_KINDS[path.path];
  const { frames = [] } = path;
  /** @param {number} share */
  const listedAt = (share) => (frames.find(({ end }) => share <= end) ?? frames[frames.length - 1]).text;
  /** @type {Way | null} */
  let way = path.way ?? null;
  /** @type {Float32Array} */
  let side;
  let beside = 0;
  let from = 0; // where the pointer went down
  let newest = 0;

  async function find() {
    const late = !way;
    way ??= (await engine.path(path.ends[0], path.ends[1], { kind, signal })).way;
    side = sideOf(way);
    slider.classList.add("walked");
    if (late) teller.moved(); // to where the slider has been taken meanwhile
  }

  /** @param {number} to */
  function go(to) {
    const next = Math.max(-1, Math.min(1, to));
    if (!side || next === beside) return;
    home();
    beside = next;
    slider.style.setProperty("--beside", String(next));
    teller.moved();
  }

  function home() {
    beside = 0;
    slider.style.removeProperty("--beside");
  }

  /**
   * Be at a share of the way. Null: nobody knows the way yet; else whether the sentence is told later, which it is unless
   * it is `known`.
   *
   * @param {number} share
   * @param {boolean} known
   */
  function at(share, known) {
    if (!way || !side || signal.aborted) return null;
    const [z] = pointsBetween(way, [share], kind);
    if (beside) side.forEach((value, d) => (z[d] += beside * value));
    teller.paint(order.map((d) => z[d]));
    const [mine, where] = [++newest, beside];
    if (known && !beside) return false;
    const besides = beside || kind !== "fluent" ? undefined : `${frames[0].text} ${frames[frames.length - 1].text}`;
    engine.decode([z], { latest: "walk", signal, besides }).then(([text]) => {
      const said = text || where ? text : listedAt(share); // on the way, nothing is told that its list leaves out
      if (!signal.aborted && (mine === newest || slider.matches(":active"))) teller.say(said, where);
    }, () => {}); // something newer was asked for, or the device has failed, of which the page hears
    return true;
  }

  slider.addEventListener("pointerdown", (event) => {
    from = event.clientY;
    slider.setPointerCapture(event.pointerId);
    if (beside) go(0);
  }, { signal });
  slider.addEventListener("pointermove", ({ clientY, buttons }) => {
    const rise = from - clientY;
    if (buttons & 1) go((Math.sign(rise) * Math.max(0, Math.abs(rise) - STILL)) / SWAY);
  }, { signal });
  slider.addEventListener("keydown", (event) => {
    const by = { ArrowUp: STRIDE, ArrowDown: -STRIDE }[event.key] ?? 0;
    if (event.shiftKey && by) go(beside + by);
    else if (event.key === "Escape" && beside) go(0);
    else return;
    event.preventDefault();
  }, { signal });
  find().catch(() => {}); // the stops of the path remain
  return { at, home, end: () => over.abort() };
}
