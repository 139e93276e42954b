// @ts-check

/** Numbers in [0, 1), the same ones for the same seed. @param {number} seed @returns {() => number} */
export function seeded(seed) {
  let state = seed * 2_654_435_761 >>> 0;
  return () => {
    state = Math.imul(state ^ state >>> 15, state | 1) + 0x9E3779B9 >>> 0;
    const mixed = Math.imul(state ^ state >>> 16, 0x85EBCA6B);
    return ((mixed ^ mixed >>> 13) >>> 0) / 2 ** 32;
  };
}
