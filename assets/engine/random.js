// Random numbers as torch's generator for processors makes them, so that a seed gives the same samples as in Python.

const STATE_SIZE = 624;
const STATE_SHIFT = 397;
const FILLED_TOGETHER = 16; // normal numbers, from so many uniform ones

/**
 * The Mersenne twister, and what torch draws with it.
 *
 * Source: Matsumoto & Nishimura 1998 (MT19937); Box & Muller 1958 (normal numbers).
 */
export class Generator {
  /** @param {number} seed Its lower 32 bits count, as in torch. */
  constructor(seed) {
    this.state = new Uint32Array(STATE_SIZE);
    this.state[0] = seed >>> 0;
    for (let i = 1; i < STATE_SIZE; i++) {
      const before = this.state[i - 1] ^ (this.state[i - 1] >>> 30);
      this.state[i] = Math.imul(before, 1812433253) + i;
    }
    this.next = STATE_SIZE;
    /** @type {number | null} */
    this.secondNormal = null;
  }

  /** 32 random bits, as an integer from 0. */
  bits() {
    if (this.next === STATE_SIZE) this.refill();
    let y = this.state[this.next++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  }

  refill() {
    const state = this.state;
    for (let i = 0; i < STATE_SIZE; i++) {
      const y = (state[i] & 0x80000000) | (state[(i + 1) % STATE_SIZE] & 0x7fffffff);
      state[i] = state[(i + STATE_SHIFT) % STATE_SIZE] ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
    }
    this.next = 0;
  }

  /** A uniform number in [0, 1) of single precision. */
  uniform() {
    return (this.bits() & 0xffffff) / 2 ** 24;
  }

  /** A uniform number in [0, 1) of double precision. */
  uniformDouble() {
    const high = this.bits() & 0x1fffff;
    return (high * 2 ** 32 + this.bits()) / 2 ** 53;
  }

  /**
   * As `torch.rand`.
   * @param {number} n
   */
  uniforms(n) {
    return Float32Array.from({ length: n }, () => this.uniform());
  }

  /**
   * As `torch.randn` fills n numbers: from 16 on in blocks, of which the last is drawn anew if it is not whole.
   * @param {number} n
   */
  normals(n) {
    if (n < FILLED_TOGETHER) return Float32Array.from({ length: n }, () => this.normal());
    const numbers = this.uniforms(n);
    for (let end = FILLED_TOGETHER; end <= n; end += FILLED_TOGETHER) {
      makeNormal(numbers.subarray(end - FILLED_TOGETHER, end));
    }
    if (n % FILLED_TOGETHER) {
      const last = numbers.subarray(n - FILLED_TOGETHER);
      last.set(this.uniforms(FILLED_TOGETHER));
      makeNormal(last);
    }
    return numbers;
  }

  /** One normal number; they come in pairs. */
  normal() {
    if (this.secondNormal !== null) {
      const second = this.secondNormal;
      this.secondNormal = null;
      return second;
    }
    const angle = 2 * Math.PI * this.uniformDouble();
    const radius = Math.sqrt(-2 * Math.log1p(-this.uniformDouble()));
    this.secondNormal = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  /**
   * n places drawn with replacement, each with a chance in proportion to its weight, as `torch.multinomial`: a single one
   * by a race of exponential numbers.
   * @param {Float32Array} weights
   * @param {number} n
   */
  multinomial(weights, n) {
    if (n === 1) {
      const speeds = weights.map((weight) => weight / Math.fround(-Math.log1p(-this.uniformDouble())));
      return Int32Array.of(speeds.indexOf(Math.max(...speeds)));
    }
    const cumulative = Float32Array.from(weights);
    for (let i = 1; i < weights.length; i++) cumulative[i] += cumulative[i - 1];
    const sum = cumulative[weights.length - 1];
    for (let i = 0; i < weights.length; i++) cumulative[i] /= sum;
    cumulative[weights.length - 1] = 1;
    return Int32Array.from({ length: n }, () => {
      const chosen = this.uniformDouble();
      return cumulative.findIndex((share) => share >= chosen);
    });
  }
}

/**
 * 16 uniform numbers become 16 normal ones.
 * @param {Float32Array} block
 */
function makeNormal(block) {
  const half = FILLED_TOGETHER / 2;
  for (let j = 0; j < half; j++) {
    const radius = Math.sqrt(-2 * Math.log(1 - block[j]));
    const angle = 2 * Math.PI * block[j + half];
    block[j] = radius * Math.cos(angle);
    block[j + half] = radius * Math.sin(angle);
  }
}
