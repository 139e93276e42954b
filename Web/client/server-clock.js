// @ts-check

/** How much a new measurement counts against those before it. */
const WEIGHT = 0.2;

/** How far away the server is, in time: the round trip, and the difference of the clocks. All in ms. */
export class ServerClock {
  /** Smoothed; undefined before the first pong. @type {number | undefined} */
  rtt;
  /** Add it to our clock to get the server's. */
  offset = 0;

  /** A first guess, good to half a round trip. @param {string} time the server's @param {number} now ours */
  greeted(time, now) { if (this.rtt === undefined) this.offset = Date.parse(time) - now; }

  /** @param {{ t: number, time: string }} pong @param {number} now */
  pong({ t, time }, now) {
    const trip = now - t;
    if (!(trip >= 0)) return; // our clock was set back, or nobody asked
    this.rtt = this.rtt === undefined ? trip : this.rtt + (trip - this.rtt) * WEIGHT;
    this.offset = Date.parse(time) - (t + trip / 2);
  }
}
