// BLAKE2b of few bytes: sentences are told apart by it. Words of 64 bits are pairs of numbers, the lower half first.

const BLAKE_START = Uint32Array.of(
  0xf3bcc908, 0x6a09e667, 0x84caa73b, 0xbb67ae85, 0xfe94f82b, 0x3c6ef372, 0x5f1d36f1, 0xa54ff53a,
  0xade682d1, 0x510e527f, 0x2b3e6c1f, 0x9b05688c, 0xfb41bd6b, 0x1f83d9ab, 0x137e2179, 0x5be0cd19,
);
const BLAKE_ORDERS = [
  "0123456789abcdef", "ea489fd61c02b753", "b8c052fdae367194", "7931dcbe265a40f8", "905724afe1bc683d",
  "2c6a0b834d75fe19", "c51fed4a0763928b", "db7ec13950f4862a", "6fe9b308c2d714a5", "a2847615fb9e3cd0",
];

/**
 * The digest of 32 bits, as a number.
 *
 * Source: Saarinen & Aumasson 2015, RFC 7693.
 * @param {Uint8Array} bytes
 */
export function hash32(bytes) {
  const h = BLAKE_START.slice();
  h[0] ^= 0x01010000 ^ 4; // no key, 4 bytes of digest
  const blocks = Math.max(1, Math.ceil(bytes.length / 128));
  for (let i = 0; i < blocks; i++) {
    const block = new Uint8Array(128);
    block.set(bytes.subarray(i * 128, (i + 1) * 128));
    mixBlock(h, new DataView(block.buffer), Math.min((i + 1) * 128, bytes.length), i + 1 === blocks);
  }
  return h[0];
}

/**
 * @param {Uint32Array} h the state, of eight words
 * @param {DataView} block of 128 bytes
 * @param {number} count bytes until its end
 * @param {boolean} isLast
 */
function mixBlock(h, block, count, isLast) {
  const v = new Uint32Array(32);
  v.set(h);
  v.set(BLAKE_START, 16);
  v[24] ^= count;
  v[25] ^= Math.floor(count / 2 ** 32);
  if (isLast) {
    v[28] = ~v[28];
    v[29] = ~v[29];
  }
  for (let round = 0; round < 12; round++) {
    const order = Array.from(BLAKE_ORDERS[round % 10], (digit) => parseInt(digit, 16));
    for (let i = 0; i < 8; i++) {
      const turn = i < 4 ? 0 : 1; // columns first, then diagonals
      const [a, b, c, d] = [0, 1, 2, 3].map((row) => row * 4 + ((i + row * turn) % 4));
      quarterRound(v, [a, b, c, d], block, order[2 * i], order[2 * i + 1]);
    }
  }
  for (let i = 0; i < 16; i++) h[i] ^= v[i] ^ v[i + 16];
}

/**
 * @param {Uint32Array} v
 * @param {number[]} words
 * @param {DataView} block
 * @param {number} x
 * @param {number} y words of the block
 */
function quarterRound(v, [a, b, c, d], block, x, y) {
  for (const [word, first, second] of [[x, 32, 24], [y, 16, 63]]) {
    addWord(v, a, v[2 * b], v[2 * b + 1]);
    addWord(v, a, block.getUint32(8 * word, true), block.getUint32(8 * word + 4, true));
    turnWord(v, d, a, first);
    addWord(v, c, v[2 * d], v[2 * d + 1]);
    turnWord(v, b, c, second);
  }
}

/**
 * @param {Uint32Array} v
 * @param {number} word that is added to
 * @param {number} low
 * @param {number} high
 */
function addWord(v, word, low, high) {
  const sum = v[2 * word] + low;
  v[2 * word] = sum;
  v[2 * word + 1] += high + (sum >= 2 ** 32 ? 1 : 0);
}

/**
 * A word becomes itself xor another, turned to the right.
 * @param {Uint32Array} v
 * @param {number} word
 * @param {number} other
 * @param {number} bits
 */
function turnWord(v, word, other, bits) {
  let low = v[2 * word] ^ v[2 * other];
  let high = v[2 * word + 1] ^ v[2 * other + 1];
  if (bits >= 32) [low, high] = [high, low];
  const rest = bits % 32;
  v[2 * word] = rest ? (low >>> rest) | (high << (32 - rest)) : low;
  v[2 * word + 1] = rest ? (high >>> rest) | (low << (32 - rest)) : high;
}
