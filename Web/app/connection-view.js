// @ts-check
/** @import { Client } from './types.js' */
/** @import { Announcer } from './announcer.js' */
import { count } from './commands.js';
import { need, setText } from './dom.js';

const CALM_MS = 300; // a change that is saved sooner is not worth a word
const LOST_MS = 5000; // a shorter break is not worth a banner
const RESTORED_MS = 3000;
const SLOW_MS = 400;

/** Closes after which a reload would not help, in words. @type {Record<string, string>} */
const ENDS = {
  replaced: 'This session was opened elsewhere.',
  unsupported_version: 'The server has been updated. Reload to go on.',
  unauthenticated: 'The server does not know you any more. Reload to go on.',
  forbidden: 'You are not allowed in this project.',
};

/** Tells at all times how we stand with the server: a dot with words in the header, and a banner where words are not enough. */
export class ConnectionView {
  #pill = need('connection');
  #words = need('connection-words');
  #banner = need('banner');
  #client; #announcer;
  #lost = false;
  #waited = 0; // changes that waited while we were away
  #slow = false; // a change has been on its way for longer than CALM_MS
  #since = Date.now(); // when the line was missed first; 0 while it holds
  #calm = 0;
  #end = ''; // why there will be no further attempt

  /** @param {Client} client @param {Announcer} announcer */
  constructor(client, announcer) {
    this.#client = client;
    this.#announcer = announcer;
    client.on('state', () => this.#moved());
    client.on('sync', () => this.draw());
    client.on('pending', () => this.#pending());
    client.on('failed', ({ code, reason }) => {
      this.#end = ENDS[code] ?? (reason || 'The server has ended the connection.');
      this.#moved();
    });
    need('try-now').addEventListener('click', () => client.reconnect());
    need('reload').addEventListener('click', () => location.reload());
    setInterval(() => this.#tick(), 1000);
  }

  draw() {
    const [state, words] = this.#say();
    this.#pill.dataset.state = document.body.dataset.connection = state;
    setText(this.#words, words);
    if (this.#lost || this.#end) this.#warn();
  }

  /** @returns {[string, string]} the state for the dot, and the words beside it */
  #say() {
    const { state, pending, rtt } = this.#client;
    if (state === 'disconnected') return ['closed', 'Closed'];
    if (state === 'connected') {
      if (pending > 0 && this.#slow) return ['saving', `Saving ${pending}…`];
      if (rtt === undefined) return ['live', 'Live'];
      return ['live', `${rtt > SLOW_MS ? 'Slow' : 'Live'} · ${Math.max(1, Math.round(rtt))} ms`];
    }
    if (this.#lost) return ['offline', pending ? `Offline — ${count(pending, 'change')} waiting` : 'Offline'];
    const words = state === 'reconnecting' ? 'Reconnecting…' : 'Connecting…';
    return ['reconnecting', pending ? `${words} ${pending} waiting` : words];
  }

  #moved() {
    const held = this.#client.state === 'connected';
    if (held && this.#lost) this.#restored();
    if (held) { this.#since = 0; this.#lost = false; } else this.#since ||= Date.now();
    this.draw();
  }

  #pending() {
    if (this.#client.pending === 0) { clearTimeout(this.#calm); this.#calm = 0; this.#slow = false; }
    else this.#calm ||= setTimeout(() => { this.#slow = true; this.draw(); }, CALM_MS);
    this.draw();
  }

  /** Notices the fifth second without a line, and shows a newer round trip time. */
  #tick() {
    if (this.#since && !this.#lost && Date.now() - this.#since >= LOST_MS) {
      this.#lost = true;
      this.#announcer.warn('Connection lost. You can keep working.');
    }
    this.draw();
  }

  #warn() {
    this.#waited = Math.max(this.#waited, this.#client.pending);
    setText(need('banner-words'), this.#end || `Connection lost. You can keep working: ${this.#waited
      ? `${count(this.#client.pending, 'change')} will be sent when you are back.` : 'changes will be sent when you are back.'}`);
    need('try-now').hidden = Boolean(this.#end);
    need('reload').hidden = !this.#end;
    this.#banner.className = 'banner';
    this.#banner.hidden = false;
  }

  #restored() {
    const words = `Back online${this.#waited ? ` — ${count(this.#waited, 'change')} sent` : ''}.`;
    this.#waited = 0;
    setText(need('banner-words'), words);
    need('try-now').hidden = true;
    this.#banner.className = 'banner good';
    this.#announcer.say(words);
    setTimeout(() => { if (!this.#lost) this.#banner.hidden = true; }, RESTORED_MS);
  }
}
