// @ts-check

/** Sockets whose other end is the test. Made for one client: `sockets.all` has every socket it ever opened. */
export class FakeSockets {
  /** @type {FakeSocket[]} */
  all = [];
  /** How many were open or opening at once, at most. */
  mostAtOnce = 0;

  /** The constructor to give to a client. */
  get WebSocket() {
    const sockets = this;
    return class extends FakeSocket {
      constructor(/** @type {string} */ url, /** @type {string} */ protocol) {
        super(url, protocol);
        sockets.all.push(this);
        sockets.mostAtOnce = Math.max(sockets.mostAtOnce, sockets.all.filter(socket => socket.readyState < 2).length);
      }
    };
  }

  /** The newest one. */
  get last() { return /** @type {FakeSocket} */ (this.all.at(-1)); }
}

export class FakeSocket {
  readyState = 0;
  bufferedAmount = 0;
  /** What the client said, as text. @type {string[]} */
  said = [];
  /** @type {number | undefined} */
  closedWith;
  onopen = () => {};
  onmessage = (/** @type {{ data: unknown }} */ _) => {};
  onclose = (/** @type {{ code: number, reason: string }} */ _) => {};
  onerror = () => {};
  /** Called for each frame the client sends. */
  onsend = (/** @type {string} */ _) => {};

  /** @param {string} url @param {string} protocol */
  constructor(url, protocol) {
    this.url = url;
    this.protocol = protocol;
  }

  /** @param {string} text */
  send(text) {
    if (this.readyState !== 1) throw new Error('A socket that is not open was written to.');
    this.said.push(text);
    this.onsend(text);
  }

  /** @param {number} [code] */
  close(code = 1000) {
    if (code !== 1000 && !(code >= 3000 && code < 5000)) throw new Error(`A browser does not allow close(${code}).`);
    if (this.readyState >= 2) return;
    this.closedWith = code;
    this.readyState = 2; // the close event comes late, or never: nobody may wait for it
  }

  // ---- the other end

  accept() { this.readyState = 1; this.onopen(); }

  /** @param {object | string} message */
  hear(message) { this.onmessage({ data: typeof message === 'string' ? message : JSON.stringify(message) }); }

  /** @param {number} code */
  fall(code = 1006, reason = '') { this.readyState = 3; this.onclose({ code, reason }); }

  /** What was said, decoded. @param {string} [type] */
  frames(type) { return this.said.map(text => JSON.parse(text)).filter(frame => type === undefined || frame.type === type); }
}
