// Codes found by search: where in the space a decoder says a sentence, rather than where the encoder guesses it.
import { codeGradient, passOver, wrongTokens } from "./code_gradient.js";
import { editDistance } from "./edit_distance.js";
import { generate } from "./generation.js";
import { groupsByLength } from "./encoder.js";
import { joinRows, splitRows } from "./layers.js";

export const SEARCH_STEPS = 60;
const SEARCH_RATE = 0.2;
const DISTANCE_WEIGHT = 0.005;
const LONGEST_SEARCH = 1800; // tokens of a sentence times steps: hardly any code says a long one
const LOOK_STEP = 15; // at which a sentence is given up that has more than a share of its tokens wrong
const HOPELESS_SHARE = 0.3;
const MOMENT_DECAYS = [0.9, 0.999]; // Adam's
const MOST_TOKENS = 1024; // searched for together
const MOST_LOGITS = 2 ** 22;

/**
 * Codes near mu from which the decoder says the sentences.
 *
 * Adam descends nll(x | z) + weight * |z - mu|² in z alone. A sentence that the likeliest words already are moves no
 * further; no code is returned from which they come less close to it than from mu.
 *
 * Source: Kim et al. 2018, arXiv:1802.02550 (semi-amortised inference); Kingma & Ba 2015, arXiv:1412.6980.
 * @param {import("./decoder.js").Decoder} decoder
 * @param {number[][]} sentences ids of each, the end mark among them
 * @param {Float32Array[]} mu where to begin
 * @param {number} steps at most; fewer for long sentences and hopeless ones; 0 only looks at mu
 * @returns {{z: Float32Array[], exact: boolean[]}} `exact`: the decoder's likeliest words are the sentence
 */
export function searchCodes(decoder, sentences, mu, steps = SEARCH_STEPS) {
  /** @type {Float32Array[]} */
  const z = Array(mu.length);
  /** @type {boolean[]} */
  const exact = Array(mu.length);
  const together = Math.min(MOST_TOKENS, MOST_LOGITS / decoder.vocabulary);
  for (const rows of groupsByLength(sentences, together)) {
    const searches = rows.map((row) => new CodeSearch(sentences[row], mu[row], steps));
    searchTogether(decoder, searches);
    keepCloser(decoder, searches.filter((search) => !search.exact), sentences[rows[0]].length);
    rows.forEach((row, i) => {
      z[row] = searches[i].z;
      exact[row] = searches[i].exact;
    });
  }
  return { z, exact };
}

/** The search for one sentence's code. */
class CodeSearch {
  /**
   * @param {number[]} ids
   * @param {Float32Array} mu
   * @param {number} steps
   */
  constructor(ids, mu, steps) {
    this.ids = ids;
    this.mu = mu;
    this.z = mu.slice();
    this.limit = Math.min(Math.floor(LONGEST_SEARCH / ids.length), steps);
    this.first = new Float32Array(mu.length);
    this.second = new Float32Array(mu.length);
    this.exact = false;
  }

  /**
   * One step of Adam.
   * @param {Float32Array} gradient of the sentence's nll
   * @param {number} step
   */
  descend(gradient, step) {
    const { mu, z, first, second } = this;
    const [slow, slower] = MOMENT_DECAYS;
    for (let k = 0; k < z.length; k++) {
      const slope = gradient[k] + 2 * DISTANCE_WEIGHT * (z[k] - mu[k]);
      first[k] = slow * first[k] + (1 - slow) * slope;
      second[k] = slower * second[k] + (1 - slower) * slope * slope;
      const mean = first[k] / (1 - slow ** (step + 1));
      const square = second[k] / (1 - slower ** (step + 1));
      z[k] -= (SEARCH_RATE * mean) / (Math.sqrt(square) + 1e-8);
    }
  }
}

/**
 * @param {import("./decoder.js").Decoder} decoder
 * @param {CodeSearch[]} searches of the longest sentence first
 */
function searchTogether(decoder, searches) {
  let active = searches;
  for (let step = 0; active.length; step++) {
    const codes = joinRows(active.map((search) => search.z), decoder.latent);
    const pass = passOver(decoder, active.map((search) => search.ids), codes);
    const wrong = wrongTokens(pass);
    active.forEach((search, i) => {
      search.exact = wrong[i] === 0;
      if (step === LOOK_STEP && wrong[i] > HOPELESS_SHARE * search.ids.length) search.limit = 0;
    });
    const goesOn = active.map((search) => !search.exact && step < search.limit);
    if (!goesOn.includes(true)) return;
    const gradients = splitRows(codeGradient(decoder, pass), decoder.latent);
    active.forEach((search, i) => goesOn[i] && search.descend(gradients[i], step));
    active = active.filter((_, i) => goesOn[i]);
  }
}

/**
 * Those go back to where they began of which the sentence comes closer from there.
 * @param {import("./decoder.js").Decoder} decoder
 * @param {CodeSearch[]} searches
 * @param {number} maxTokens
 */
function keepCloser(decoder, searches, maxTokens) {
  if (!searches.length) return;
  const both = [...searches.map((search) => search.mu), ...searches.map((search) => search.z)];
  const codes = joinRows(both, decoder.latent);
  const said = generate(decoder, decoder.begin(codes, 2 * searches.length), { maxTokens });
  searches.forEach((search, i) => {
    const wanted = search.ids.slice(0, -1);
    if (editDistance(said[i], wanted) < editDistance(said[i + searches.length], wanted)) search.z = search.mu.slice();
  });
}
