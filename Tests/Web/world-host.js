// @ts-check
// Hosts JavaScript clients of a simulated world: Tests/Simulation/NodeHost.cs says a line of JSON, and gets one back.
import { canonical } from '../../Web/client/canonical.js';
import { apply } from '../../Web/client/delta.js';
import { EventOnlyClient } from '../../Web/client/eventonly.js';
import { FakeClock } from './support/clock.js';
import { FakeSockets } from './support/fake-socket.js';
import { CONNECTED } from './support/given.js';
import { readLines } from './support/lines.js';
import { seeded } from './support/model-server.js';

/** Longer than any server lets pass without a ping. */
const SILENCE_MS = 60_000;
const ADVENTURES = { done: 'Done', coming: 'Coming', unknown: 'Unknown', unavailable: 'Unavailable', conflict: 'Conflict', not_found: 'NotFound', rebase: 'Rebase' };

/** The entity whose texts everybody writes, and what is put into them: as in Tests/Simulation/Writing.cs. */
const SHEET = 'sheet';
const FIELDS = ['a', 'b'];
const WORDS = ['\u{1F600}', '\u{1F601}', '\u{10437}', '\u{10837}', 'x', 'yz', '\u6f22\u5b57', 'e\u0301\n', '"\\', '<b>&'];

/** The place, or the one before it where that is in the middle of a pair. @param {string} text @param {number} at */
const border = (text, at) => /^[\ud800-\udbff][\udc00-\udfff]/.test(text.slice(at - 1, at + 1)) && at > 0 ? at - 1 : at;

/** A client, its user, and what is around it: the socket's other end, the clock, chance. */
class Resident {
  #clock = new FakeClock();
  #sockets = new FakeSockets();
  #client;
  #name;
  #ballot;
  #forgetful;
  /** The socket whose other end is the world's line. @type {import('./support/fake-socket.js').FakeSocket | undefined} */
  #socket;
  #answersPings = true;
  /** @type {string[]} */
  #said = [];
  #votes = 0;
  #asked = 0;
  #answered = 0;
  /** @type {string[]} */
  #markers = [];
  /** @type {string[]} */
  #troubles = [];
  /** @type {Set<string>} */
  #adventures = new Set();
  #style;
  #unique = 0;
  /** Characters of its own that are in the journal. @type {string[]} */
  #typed = [];
  /** @type {string[]} */
  #refused = [];
  /** What an editor shows that believes what it is told, by field. @type {Map<string, { text: import('../../Web/client/shared-text.js').SharedText, shown: string }>} */
  #editors = new Map();

  /** @param {{ as: string, seed: number, forgetful: boolean, ballot: string, style?: string }} given */
  constructor({ as, seed, forgetful, ballot, style = 'Mixed' }) {
    this.#style = style;
    this.#name = as;
    this.#ballot = ballot;
    this.#forgetful = forgetful;
    this.#client = new EventOnlyClient('ws://world/ws', {
      project: 'sim', session: `secret-of-${as.padStart(8, '0')}`, WebSocket: this.#sockets.WebSocket, now: this.#clock.now,
      schedule: this.#clock.schedule, random: seeded(seed), onFrame: fn => fn(),
    });
    for (const type of /** @type {const} */ (['change', 'event', 'pending', 'snapshot', 'sync'])) this.#client.on(type, () => this.#checkVotes());
    this.#client.on('textRefused', ({ code }) => this.#refused.push(code));
    this.#client.on('error', error => this.#troubles.push(String(error)));
  }

  /** Waits for the next attempt of the client, and lets it succeed. */
  connect() {
    if (this.#client.state === 'idle') this.#client.connect();
    for (let i = 0; this.#sockets.last?.readyState !== 0; i++) {
      if (i > 1000 || this.#clock.untilNext === Infinity) throw new Error(`${this.#name} does not come back.`);
      this.#clock.advance(Math.max(1, this.#clock.untilNext));
    }
    this.#answersPings = true;
    const socket = this.#socket = this.#sockets.last;
    socket.onsend = text => this.#sent(socket, text);
    socket.accept();
    socket.hear(CONNECTED);
  }

  /** @param {import('./support/fake-socket.js').FakeSocket} socket @param {string} text */
  #sent(socket, text) {
    const { type, t } = JSON.parse(text);
    if (type === 'ping') {
      if (this.#answersPings) socket.hear({ type: 'pong', t, time: CONNECTED.time });
    } else if (type !== 'connect' && type !== 'pong') {
      this.#said.push(text);
    }
  }

  /** @param {{ torn: boolean }} how */
  cut({ torn }) {
    if (torn) this.#adventures.add('Torn');
    if (this.#isOpen) this.#socket?.fall(1006);
  }

  silence() {
    this.#adventures.add('Silence');
    this.#answersPings = false;
    for (let passed = 0; this.#isOpen && passed < SILENCE_MS; passed += 1000) this.#clock.advance(1000);
  }

  /** @param {{ ms: number }} time */
  pass({ ms }) { this.#clock.advance(ms); }

  /** @param {{ frames: string[] }} what */
  hear({ frames }) {
    for (const text of frames) {
      if (!this.#isOpen) return;
      this.#remember(text);
      this.#socket?.hear(text);
      this.#checkVotes();
      this.#checkTexts();
    }
  }

  /** @param {string} text */
  #remember(text) {
    if (!/^\{"type":"(joined|reject|ack|state)"/.test(text)) return;
    const { type, recovered, outcomes, code, duplicate, seq } = JSON.parse(text);
    const had = type === 'joined' ? [...outcomes.map((/** @type {any} */ each) => each.outcome), ''] : [code];
    for (const word of had) if (word in ADVENTURES) this.#adventures.add(ADVENTURES[/** @type {keyof typeof ADVENTURES} */ (word)]);
    if (type === 'joined') this.#adventures.add(recovered ? 'Events' : 'Snapshot');
    if (duplicate) this.#adventures.add('Duplicate');
    if (type === 'state' && seq === this.#client.seq) this.#adventures.add('Checked');
  }

  /** The same edit as Tests/Simulation/SimulatedWriter.cs makes of the same chance and the same view. @param {{ chance: number }} given */
  write({ chance }) {
    const part = (/** @type {number} */ by) => Math.floor(chance / by);
    if (this.#style === 'Mixed' && part(7) % 10 < 2) {
      this.submit({ chance });
      return;
    }
    if (this.#client.pending > 90) return;
    const field = FIELDS[part(10) % 2];
    const editor = this.#editor(field);
    const role = this.#style !== 'Mixed' || chance % 10 < 7 ? 'change' : chance % 10 < 9 ? 'undo' : 'redo';
    if (editor && this.#edit(editor, role, chance)) return;
    if (this.#style !== 'Mixed' || !this.#client.store.confirmed(this.#ballot) || part(1000) % 8 !== 0 || !this.#client.store.get(SHEET)) return;
    this.#asked++;
    this.#follow(this.#client.update(SHEET, { [field]: { $text: 'new' } }));
    this.#checkTexts();
  }

  /** @param {{ text: any }} editor @param {'change' | 'undo' | 'redo'} role @param {number} chance @returns {boolean} something was done */
  #edit({ text }, role, chance) {
    const part = (/** @type {number} */ by) => Math.floor(chance / by);
    if (role === 'undo' ? !text.canUndo : role === 'redo' && !text.canRedo) return false;
    const at = border(text.value, part(100) % (text.length + 1));
    const kind = chance % 10;
    const word = this.#style === 'Unique' ? String.fromCodePoint(0x20000 + Number(this.#name) * 10_000 + this.#unique++)
      : kind < 4 || kind === 6 ? WORDS[part(1000) % WORDS.length] : '';
    const removed = this.#style === 'Unique' || kind < 4 ? 0 : border(text.value, Math.min(text.length, at + 1 + part(10_000) % 5)) - at;
    if (role === 'change' && removed === 0 && word === '') return false;
    this.#asked++;
    const done = role === 'undo' ? text.undo() : role === 'redo' ? text.redo() : text.replace(at, removed, word);
    this.#follow(done, () => { if (this.#style === 'Unique') this.#typed.push(word); });
    this.#checkTexts();
    return true;
  }

  /** @param {string} field */
  #editor(field) {
    const open = this.#editors.get(field);
    if (open || /** @type {any} */ (this.#client.store.get(SHEET))?.texts?.[field] === undefined) return open;
    const text = /** @type {any} */ (this.#client.text(SHEET, field)); // the built class and its source are two types
    const editor = { text, shown: text.value };
    text.on('change', (/** @type {any} */ { delta }) => { editor.shown = apply(editor.shown, delta); });
    text.on('gone', () => { this.#editors.delete(field); });
    this.#editors.set(field, editor);
    return editor;
  }

  /** Who shows what it is told sees what there is. */
  #checkTexts() {
    for (const [field, { text, shown }] of this.#editors) {
      if (shown !== text.value) throw new Error(`${this.#name} was told of ${field} as ${JSON.stringify(shown)} and sees ${JSON.stringify(text.value)}.`);
    }
  }

  /** The same command as Tests/Simulation/SimulatedClient.cs makes of the same chance and the same view. @param {{ chance: number }} given */
  submit({ chance }) {
    if (!this.#client.store.confirmed(this.#ballot) || this.#client.pending > 90) return;
    const kind = chance % 10;
    const part = (/** @type {number} */ by) => Math.floor(chance / by);
    const some = () => {
      const cards = this.#client.store.list('card');
      return cards.length > 0 ? cards[part(10) % cards.length].id : 'nothing';
    };
    const id = `${this.#name}-${this.#asked}`;
    const value = part(1000) % 100;
    this.#asked++;
    if (kind < 4) {
      this.#votes++;
      this.#follow(this.#client.increment(this.#ballot, `by-${this.#name}`), () => {}, () => 'A vote was refused.');
    } else if (kind === 4) {
      this.#follow(this.#client.create('marker', { of: value }, { id }), () => this.#markers.push(id));
    } else if (kind === 5) {
      this.#follow(this.#client.create('card', { title: value }, { id }));
    } else if (kind < 8) {
      const card = some();
      this.#follow(this.#client.update(card, { title: value }, value % 3 === 0 ? { ifVersion: this.#client.store.get(card)?.version } : {}));
    } else if (kind === 8) {
      this.#follow(this.#client.delete(some()));
    } else {
      const card = some();
      this.#follow(this.#client.batch(ops => { ops.create('card', {}, { id }); ops.update(card, { note: 1 }); }));
    }
    this.#checkVotes();
  }

  /** @param {Promise<unknown>} outcome @param {() => void} [taken] @param {() => string} [refused] what is wrong if it is refused */
  #follow(outcome, taken = () => {}, refused) {
    outcome.then(() => taken(), () => { if (refused && !this.#forgetful) this.#troubles.push(refused()); }).finally(() => this.#answered++);
  }

  /** A sender sees its own votes, each once, from the moment it gave them. */
  #checkVotes() {
    if (this.#forgetful || !this.#client.store.confirmed(this.#ballot)) return;
    const seen = this.#client.store.get(this.#ballot)?.data[`by-${this.#name}`] ?? 0;
    if (seen !== this.#votes) throw new Error(`${this.#name} gave ${this.#votes} votes and sees ${seen}.`);
  }

  get #isOpen() { return this.#socket?.readyState === 1; }

  /** What the world needs to know after each act. */
  now() {
    const said = this.#said;
    this.#said = [];
    return { said, open: this.#isOpen, seq: this.#client.seq, synced: this.#client.sync === 'synced' };
  }

  report() {
    const view = this.#client.store.list().map(({ id, kind, version, data }) => `${id} ${kind} ${version} ${canonical(data)}`).join('\n');
    return {
      hash: this.#client.stateHash, view, asked: this.#asked, answered: this.#answered, votes: this.#votes, markers: this.#markers,
      socketsAtOnce: this.#sockets.mostAtOnce, troubles: this.#troubles, adventures: [...this.#adventures],
      typed: this.#typed, refused: this.#refused,
    };
  }
}

/** @type {Map<string, Resident>} */
const residents = new Map();

/** @param {any} question */
function act(question) {
  if (question.do === 'clear') return void residents.clear();
  if (question.do === 'add') residents.set(question.as, new Resident(question));
  const resident = /** @type {any} */ (residents.get(question.as));
  const more = question.do === 'add' ? undefined : resident[question.do](question);
  return { ...resident.now(), ...more };
}

readLines(line => {
  let answer;
  try {
    answer = act(JSON.parse(line)) ?? {};
  } catch (error) {
    answer = { error: error instanceof Error ? error.stack : String(error) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
});
