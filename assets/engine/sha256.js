// SHA-256 without a promise: the browser's own is asynchronous, and missing where a page has no secure origin.

const SHA_CONSTANTS = new Int32Array(64); // the first bits of the cube roots of the first primes
const SHA_START = new Int32Array(8); // and of their square roots

for (let n = 2, found = 0; found < 64; n++) {
  let prime = true;
  for (let d = 2; d * d <= n && prime; d++) prime = n % d > 0;
  if (!prime) continue;
  SHA_CONSTANTS[found] = (Math.cbrt(n) % 1) * 2 ** 32;
  if (found < 8) SHA_START[found] = (Math.sqrt(n) % 1) * 2 ** 32;
  found++;
}

/**
 * The digest of parts, one behind the other, in hexadecimal.
 *
 * Source: FIPS 180-4.
 * @param {Uint8Array[]} parts
 */
export function sha256(parts) {
  const state = Int32Array.from(SHA_START);
  const schedule = new Int32Array(64);
  const block = new Uint8Array(64); // what is left over of one part, and begins the next block
  let filled = 0;
  let total = 0;
  for (const part of parts) {
    total += part.length;
    let at = 0;
    if (filled) {
      at = Math.min(64 - filled, part.length);
      block.set(part.subarray(0, at), filled);
      filled += at;
      if (filled < 64) continue;
      addBlock(state, schedule, block, 0);
    }
    for (; at + 64 <= part.length; at += 64) addBlock(state, schedule, part, at);
    block.set(part.subarray(at));
    filled = part.length - at;
  }
  const end = new Uint8Array(filled < 56 ? 64 : 128);
  end.set(block.subarray(0, filled));
  end[filled] = 0x80;
  const length = new DataView(end.buffer, end.length - 8);
  length.setUint32(0, Math.floor(total / 2 ** 29));
  length.setUint32(4, (total << 3) >>> 0);
  for (let at = 0; at < end.length; at += 64) addBlock(state, schedule, end, at);
  return Array.from(state, (word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
}

/**
 * @param {Int32Array} state
 * @param {Int32Array} w
 * @param {Uint8Array} bytes
 * @param {number} at where the block begins
 */
function addBlock(state, w, bytes, at) {
  for (let i = 0; i < 16; i++, at += 4) {
    w[i] = (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
  }
  for (let i = 16; i < 64; i++) {
    const x = w[i - 15];
    const y = w[i - 2];
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    w[i] = (w[i - 16] + s0 + w[i - 7] + s1) | 0;
  }
  let a = state[0];
  let b = state[1];
  let c = state[2];
  let d = state[3];
  let e = state[4];
  let f = state[5];
  let g = state[6];
  let h = state[7];
  for (let i = 0; i < 64; i++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (h + s1 + (g ^ (e & (f ^ g))) + SHA_CONSTANTS[i] + w[i]) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (s0 + ((a & b) | (c & (a | b)))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
  state[4] += e;
  state[5] += f;
  state[6] += g;
  state[7] += h;
}
