// @ts-check

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'; // in code unit order: sorts as it counts
const TIME_LENGTH = 8;
const CHANCE_LENGTH = 12;
const KIND_LENGTH_MAX = 40;
/** A session secret: 128 random bits as 22 characters of base64url. Needs the global `crypto` (browsers; Node 19 and newer). */
export function newSecret() {
  const bytes = globalThis.crypto.getRandomValues(new Uint8Array(16));
  return btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** Makes entity ids: the kind for the eye, the time to sort by, chance to be alone. */
export class IdMaker {
  #last = 0;
  #now;
  #random;

  /** @param {() => number} now @param {() => number} random */
  constructor(now, random) {
    this.#now = now;
    this.#random = random;
  }

  /** `card-0Vt3…`; ids of one maker sort in the order they were made, however fast. @param {string} kind */
  next(kind) {
    let time = this.#last = Math.max(this.#now(), this.#last + 1);
    let text = '';
    for (let i = 0; i < TIME_LENGTH; i++, time = Math.floor(time / 62)) text = BASE62[time % 62] + text;
    for (let i = 0; i < CHANCE_LENGTH; i++) text += BASE62[Math.floor(this.#random() * 62)];
    return `${kind.slice(0, KIND_LENGTH_MAX)}-${text}`;
  }
}
