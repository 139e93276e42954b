// @ts-check
import { Replica } from '../../../Web/client/replica.js';
import { TextUndo } from '../../../Web/client/text-undo.js';
import { apply } from '../../../Web/client/delta.js';
import { textOf } from '../../../Web/client/text-field.js';

const NOBODY = { resolve() {}, reject() {} };

/** Somebody who writes, over a line that comes and goes: the thinnest shell around a replica, so that a session is a matter of microseconds. */
export class Typist {
  /** @type {any} */ #socket;
  #joins = 0;
  #down = false;
  #clock;
  #network;
  #session;
  replica;
  /** By text. @type {Map<string, TextUndo>} */
  undo = new Map();
  /** Faults the replica has found: none is allowed. @type {string[]} */
  troubles = [];
  /** What was handed back. @type {any[]} */
  refused = [];
  /** What an editor shows that only ever applies the changes it is told. @type {Map<string, string>} */
  shown = new Map();
  /** Numbers of frames as they left, for the order of n. @type {number[]} */
  numbers = [];

  /** @param {import('./model-server.js').Network} network @param {import('./clock.js').FakeClock} clock @param {string} session */
  constructor(network, clock, session) {
    this.#network = network;
    this.#clock = clock;
    this.#session = session;
    this.replica = new Replica({ project: 'apollo', session });
  }

  connect() {
    const socket = this.#socket = /** @type {any} */ (new (/** @type {any} */ (this.#network.WebSocket))());
    this.#down = false;
    socket.onopen = () => {
      if (socket === this.#socket) this.#join();
    };
    socket.onmessage = (/** @type {{ data: string }} */ { data }) => {
      if (socket !== this.#socket) return;
      const message = JSON.parse(data);
      if (message.project) this.run(this.replica.receive(message, this.#clock.now()));
    };
    socket.onclose = () => { if (socket === this.#socket) this.cut(); };
  }

  /** The line breaks: what was said may still arrive. */
  cut() {
    this.#socket?.close();
    if (this.#down) return;
    this.#down = true;
    this.replica.off();
    this.#clock.schedule(() => { if (this.#down) this.connect(); }, 100);
  }

  /** The page is loaded again. @param {any} [kept] what it finds; what waits now, if nothing is given */
  reload(kept = this.replica.kept()) {
    this.cut();
    this.shown.clear();
    this.undo.clear();
    this.replica = new Replica({ project: 'apollo', session: this.#session });
    this.run(this.replica.restore(JSON.parse(JSON.stringify(kept))));
  }

  #join() { this.#say(this.replica.join(`j${++this.#joins}`)); }

  /** @param {object} frame */
  #say(frame) { if (this.#socket?.readyState === 1) this.#socket.send(JSON.stringify(frame)); }

  /** @param {string} id @param {string} field */
  text(id, field) { return textOf(this.replica.view(id), field); }

  /** @param {string} id @param {string} field @param {any} delta @param {'change' | 'undo' | 'redo'} [role] */
  edit(id, field, delta, role = 'change') {
    const before = String(this.text(id, field));
    this.#undoOf(id, field).taken(delta, before, role, this.#clock.now());
    this.run(this.replica.edit(id, field, delta, NOBODY, this.#clock.now()));
  }

  /** @param {any} command */
  submit(command) { this.run(this.replica.submit(command, NOBODY, this.#clock.now()).effects); }

  /** @param {string} id @param {string} field @param {'undo' | 'redo'} role */
  step(id, field, role) {
    const delta = this.#undoOf(id, field).next(role);
    if (delta) this.edit(id, field, delta, role);
  }

  #undoOf(/** @type {string} */ id, /** @type {string} */ field) {
    const undo = this.undo.get(`${id} ${field}`) ?? new TextUndo();
    this.undo.set(`${id} ${field}`, undo);
    return undo;
  }

  /** @param {import('../../../Web/client/effects.js').Effect[]} effects */
  run(effects) {
    for (const effect of effects) {
      switch (effect.do) {
        case 'text': this.#changed(effect.text); break;
        case 'textGone': this.shown.delete(`${effect.gone.id} ${effect.gone.field}`); this.undo.delete(`${effect.gone.id} ${effect.gone.field}`); break;
        case 'textRefused': this.refused.push(effect.refused); break;
        case 'snapshot': this.undo.clear(); break;
        case 'wait': this.#clock.schedule(() => this.run(this.replica.release(effect.n)), effect.ms); break;
        case 'trouble': this.troubles.push(effect.error.message); break;
        case 'diverged': this.troubles.push(effect.error.message); break;
        case 'heal': case 'rejoin': this.#say({ type: 'leave', id: 'l', project: 'apollo' }); this.#join(); break;
        case 'restart': this.cut(); break;
      }
    }
    for (const [key, shown] of this.shown) {
      const [id, field] = key.split(' ');
      if (shown !== this.text(id, field)) this.troubles.push(`An editor shows ${JSON.stringify(shown)}, the view is ${JSON.stringify(this.text(id, field))}.`);
    }
    this.#pump();
  }

  /** @param {import('../../../Web/client/types.js').TextChange} change */
  #changed({ id, field, delta, origin }) {
    const key = `${id} ${field}`;
    const shown = this.shown.get(key);
    if (shown !== undefined) this.shown.set(key, apply(shown, delta));
    if (origin === 'remote') this.#undoOf(id, field).passed(delta);
    else if (origin !== 'local') this.#undoOf(id, field).clear();
  }

  /** Opens an editor of a text, if there is one. @param {string} id @param {string} field */
  open(id, field) {
    const text = this.text(id, field);
    if (text !== undefined && !this.shown.has(`${id} ${field}`)) this.shown.set(`${id} ${field}`, text);
  }

  #pump() {
    if (this.#socket?.readyState !== 1) return;
    for (let command = this.replica.next(); command; command = this.replica.next()) {
      const isFirst = command.n === undefined;
      const frame = this.replica.frame(command);
      this.replica.sent(command);
      if (isFirst) this.numbers.push(frame.n);
      this.#say(frame);
    }
  }
}
