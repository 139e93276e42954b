// @ts-check

const PRIME = 2147483647; // 2^31 - 1
const BASES = [1580030, 1834163];

/**
 * The hash of a text (docs/wire.md section 8): a polynomial over its UTF-16 units, each plus one, modulo 2^31 - 1, for two bases. The bases are below
 * 2^21, so every step stays below 2^53 and is exact.
 * @param {string} text @returns {[number, number]}
 */
export const textHash = text => /** @type {[number, number]} */ (BASES.map(base => {
  let hash = 0;
  for (let i = 0; i < text.length; i++) {
    const next = hash * base + text.charCodeAt(i) + 1;
    hash = next - Math.floor(next / (PRIME + 1)) * PRIME; // the same modulo the prime, and a little above it at most: % would be slow
  }
  return hash % PRIME;
}));
