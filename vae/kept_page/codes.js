/* Codes as the page draws them, and kinds of paths and of chance as the engine knows them. */

const KINDS_NAMED = /** @type {const} */ ({ fluent: "fluent", linear: "lerp", spherical: "slerp" });
const PRIORS_NAMED = /** @type {const} */ ({ text: "fitted", bell: "normal" });
const [NARROW, HOT] = [0.5, 1.4]; // spread of z at no Variety; temperature at all of it, where there is no z

/** @param {string} kind as the page names it */
export const kindOf = (kind) => KINDS_NAMED[/** @type {keyof typeof KINDS_NAMED} */ (kind)] ?? "fluent";

/** @param {string} places as the page names them */
export const priorOf = (places) => PRIORS_NAMED[/** @type {keyof typeof PRIORS_NAMED} */ (places)] ?? "fitted";

/**
 * A function that gives a code's numbers as a fingerprint has them: the busiest dimension first, two decimals.
 *
 * @param {ArrayLike<number>} kl of each dimension
 */
export function cellsBy(kl) {
  const order = Array.from(kl, (_, d) => d).sort((a, b) => kl[b] - kl[a]);
  return (/** @type {ArrayLike<number>} */ z) => order.map((d) => Math.round(z[d] * 100) / 100);
}

/**
 * How far apart points are drawn, and how freely words: chance has z first, and words past the middle only. Without a
 * latent space all is left to the words.
 *
 * @param {number} variety from 0 to 1
 * @param {boolean} hasSpace
 */
export function chances(variety, hasSpace) {
  if (!hasSpace) return { spread: 1, temperature: HOT * variety };
  return { spread: Math.min(1, NARROW + 2 * (1 - NARROW) * variety), temperature: Math.max(0, 2 * variety - 1) };
}
