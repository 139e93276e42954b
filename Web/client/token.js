// @ts-check

/** What proves who we are. The caller is asked for it where there is none, or where the server would not have the one we showed; not at every connection. */
export class Token {
  #get;
  /** The server has not taken it yet. */
  #isNew = false;
  /** @type {Promise<void> | undefined} */
  #asking;
  /** @type {string | undefined} */
  value;

  /** @param {{ token?: string, getToken?: () => string | null | undefined | Promise<string | null | undefined> }} options */
  constructor({ token, getToken }) {
    this.value = token;
    this.#get = getToken;
  }

  /** Asks for one if need be; undefined: there is nothing to wait for. */
  prepare() {
    if (this.value !== undefined || !this.#get) return undefined;
    return this.#asking ??= this.#ask(this.#get).finally(() => { this.#asking = undefined; });
  }

  /** @param {() => unknown} get */
  async #ask(get) {
    const token = await get() ?? undefined;
    if (token !== undefined && typeof token !== 'string') throw new TypeError('The option `getToken` gives a string, or nothing.');
    this.value = token;
    this.#isNew = true;
  }

  /** The server took it. */
  accepted() { this.#isNew = false; }

  /** The server would not have it. Is it worth while to ask for another? Not where it had just been given to us. */
  refused() {
    if (!this.#get || this.#isNew) return false;
    this.value = undefined;
    return true;
  }
}
