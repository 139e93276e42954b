// @ts-check
/** @import { AnyKinds, JsonObject, Options, User } from './types.js' */
import { checkProject } from './bounds.js';
import { Past } from './past.js';
import { Project } from './project.js';
import { Session } from './session.js';
import { settle } from './settings.js';

export * from './errors.js';
export { Past, Project };

/**
 * Keeps a replica of a project in step with the server over a line that comes and goes, and sends what the user does.
 * One line for however many projects: the client is the first of them, `join` gives the others.
 *
 * ```js
 * const client = new EventOnlyClient('/ws', { project: 'demo', user: { name: 'Ann' } });
 * client.on('change', ({ ids }) => render(ids));
 * client.connect();
 * await client.ready();
 * await client.create('card', { title: 'Buy milk' });   // visible at once, resolves when it is durable
 * ```
 * @template [App=AnyKinds] the kinds there are, each with what is in the data of its entities
 * @extends {Project<App>}
 */
export class EventOnlyClient extends Project {
  #session;

  /**
   * Does nothing but remember; `connect` starts.
   * @param {string | URL} url ws:, wss:, http: or https:; a relative one belongs to the page's own server
   * @param {Options} options
   */
  constructor(url, options) {
    const settings = settle(url, options);
    const session = new Session(settings);
    super(session.open(settings));
    this.#session = session;
  }

  /** Starts, and goes on trying for ever. Idempotent; after `disconnect` it resumes the same session. Never throws for network reasons. */
  connect() { this.#session.connect(); }

  /**
   * Ends for good; no wake-up revives it. Commands still pending reject with `ClosedError` and leave the view.
   * @param {{ flush?: number, code?: number }} [options] flush: ms to wait for pending commands first; code: 1000 or 3000 to 4999
   */
  async disconnect({ flush = 0, code = 1000 } = {}) {
    await this.#session.disconnect(flush, code);
  }

  /** For a button "Try now": closes the socket, if any, and tries at once, from any state. */
  reconnect() { this.#session.reconnect(); }

  /**
   * Another project on the same line, with a replica of its own; the same one again if it was joined already. From then on `connected` means that
   * it is here as well.
   * @template [Other=AnyKinds] the kinds there
   * @param {string} project
   * @param {{ presence?: JsonObject, listen?: boolean }} [options] as in `Options`
   * @returns {Project<Other>} await its `ready()`; where the server does not let us in, that rejects, and the others stay
   */
  join(project, { presence, listen } = {}) {
    checkProject(project);
    return new Project(this.#session.open({ project, presence, listen }));
  }

  /** `connected` means joined, and the first snapshot applied. */
  get state() { return this.#session.state; }
  /** Who we are to the server; undefined before it said so. @returns {User | undefined} */
  get user() { return this.#session.connected?.user; }
  /** Round trip in ms, smoothed; undefined before the first answer. */
  get rtt() { return this.#session.clock.rtt; }
  /** What to add to our clock to get the server's, in ms. */
  get clockOffset() { return this.#session.clock.offset; }
  /** What the server said of itself: `connection`, `limits`, `pingInterval`, …; undefined before the first connection. */
  get serverInfo() { return this.#session.connected; }
}

// `await using client = …`: disconnects at the end of the block, after at most 1 s for what is pending. Only where the engine has the symbol (not Node 18).
const { asyncDispose } = /** @type {{ asyncDispose?: symbol }} */ (/** @type {unknown} */ (Symbol));
if (asyncDispose) {
  Object.defineProperty(EventOnlyClient.prototype, asyncDispose, {
    /** @this {EventOnlyClient} */
    value() { return this.disconnect({ flush: 1000 }); },
  });
}
