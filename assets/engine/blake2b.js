// BLAKE2b of few bytes: sentences are told apart by it. Words of 64 bits are pairs of numbers, the lower half first.

const BLAKE_START = Uint32Array.of(
  0xf3bcc908, 0x6a09e667, 0x84caa73b, 0xbb67ae85, 0xfe94f82b, 0x3c6ef372, 0x5f1d36f1, 0xa54ff53a,
  0xade682d1, 0x510e527f, 0x2b3e6c1f, 0x9b05688c, 0xfb41bd6b, 0x1f83d9ab, 0x137e2179, 0x5be0cd19,
);
const BLAKE_ORDERS = [
  "0123456789abcdef", "ea489fd61c02b753", "b8c052fdae367194", "7931dcbe265a40f8", "9057fac2e16837db",
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
