/* The page's address: the tab, two sentences and a place between them, samples, or the code of something shared. */

/**
 * What an address may name. `share`: a code; `t`: how far along the path, from 0 to 1; `start` to `seed`: how samples
 * were drawn.
 *
 * @typedef {{ share?: string, tab?: string, a?: string, b?: string, path?: string, t?: string, start?: string, n?: string,
 *   variety?: string, top_p?: string, near?: string, places?: string, seed?: string }} Place
 */

/** @type {(keyof Place)[]} */
const NAMES = [
  "share", "tab", "a", "b", "path", "t", "start", "n", "variety", "top_p", "near", "places", "seed",
];

/**
 * The page's address with what it is to name, or with nothing.
 *
 * @param {Place} [place]
 */
export function address(place = {}) {
  const query = new URLSearchParams(NAMES.flatMap((name) => (place[name] ? [[name, place[name] ?? ""]] : [])));
  return `${location.href.split(/[?#]/, 1)[0]}${query.size ? `?${query}` : ""}`; // a file has no origin
}

/** What the page's address names. */
export function here() {
  const query = new URLSearchParams(location.search);
  /** @type {Place} */
  const place = {};
  for (const name of NAMES) place[name] = query.get(name) || undefined;
  return place;
}

/** The code in the page's address, or nothing. */
export function link() {
  return here().share ?? "";
}

/**
 * Let the address name something else as well; Back leads to what it named before, unless that is replaced.
 *
 * @param {Place} changes
 * @param {boolean} [replace]
 */
export function visit(changes, replace = false) {
  const next = address({ ...here(), ...changes });
  if (next !== location.href) history[replace ? "replaceState" : "pushState"](null, "", next);
}
