// A prior fitted to the codes of real sentences: a few Gaussians of full covariance.

/** p(z) = sum over k of weights[k] N(means[k], factors[k] factors[k]ᵀ), over D dimensions. */
export class GaussianMixture {
  /** @param {import("./model_file.js").StoredPrior} parts */
  constructor({ weights, means, factors }) {
    this.weights = weights;
    this.means = means;
    this.factors = factors;
    this.dimensions = means.length / weights.length;
  }

  /**
   * n codes, each drawn as far from the middle of its Gaussian as `spread` says.
   * @param {number} n
   * @param {import("./random.js").Generator} generator
   * @param {number} spread
   * @returns {Float32Array[]}
   */
  sample(n, generator, spread) {
    const d = this.dimensions;
    const chosen = generator.multinomial(this.weights, n);
    const noise = generator.normals(n * d);
    return Array.from({ length: n }, (_, i) => {
      const [mean, factor] = [chosen[i] * d, chosen[i] * d * d];
      return Float32Array.from({ length: d }, (_, row) => {
        let sum = 0;
        for (let k = 0; k <= row; k++) sum += this.factors[factor + row * d + k] * noise[i * d + k];
        return this.means[mean + row] + spread * sum;
      });
    });
  }
}
