// @ts-check
/**
 * The page, put together. After its files are loaded it says everything over one WebSocket: what the client tells goes to the
 * views from here, and what the visitor does goes to the client through `Commands`.
 */
import { EventOnlyClient } from '../client/eventonly.js';
import { Activity } from './activity.js';
import { readAddress } from './address.js';
import { Announcer } from './announcer.js';
import { BoardView } from './board-view.js';
import { Board, titleOf } from './board.js';
import { CardSheet } from './card-sheet.js';
import { Chat } from './chat.js';
import { Commands } from './commands.js';
import { ConnectionView } from './connection-view.js';
import { Drafts, named } from './drafts.js';
import { need, perFrame, setText } from './dom.js';
import { Drag } from './drag.js';
import { me } from './me.js';
import { Menu } from './menu.js';
import { PresenceView } from './presence-view.js';
import { Router } from './router.js';
import { Search } from './search.js';
import { Sentences } from './sentences.js';
import { tabs } from './tabs.js';
import { theme } from './theme.js';
import { Toasts } from './toasts.js';
import { wave } from './wave.js';

const address = readAddress();
theme();
tabs();

const self = me(address.name, renamed);
const user = { name: self.name };
const client = new EventOnlyClient(address.server, { project: address.project, user, presence: { name: self.name } });
const announcer = new Announcer();
const toasts = new Toasts(announcer);
const board = new Board(client);
const commands = new Commands(client, board, toasts, announcer);
const router = new Router(show);
const menu = new Menu();
const boardView = new BoardView({ client, board, commands, menu, router });
const drafts = new Drafts({ client, toasts, announcer, open: card => router.open(card), nameOf: card => named(board.card(card)) });
const sheet = new CardSheet({ client, board, commands, menu, drafts, close: () => router.close() });
const chat = new Chat(client, commands, () => self.name);
const sentences = new Sentences(id => client.store.get(id));
const activity = new Activity(client, sentences, router);
const people = new PresenceView(client, board, () => self.name);
new ConnectionView(client, announcer).draw();
new Drag(board, commands, toasts);
new Search(client, board, announcer, card => router.open(card));
wave(client, toasts);

setText(need('project'), address.project);
need('setup').addEventListener('click', () => commands.setUp());

// --- What changed. The client tells it once a frame for each origin; all of them are drawn together. A hidden page draws nothing.

/** @type {Set<string>} */ let changed = new Set();
let author = ''; // of these changes, where they have one
let everything = false;
let waiting = false;

client.on('change', ({ ids, by }) => {
  for (const id of ids) changed.add(id);
  if (by) author = by === user.name ? author : by;
  ask();
});
client.on('pending', ask); // a change that is saved looks the same, but for the words "not saved yet"
client.on('snapshot', () => { everything = true; ask(); }); // an empty one changes nothing, and is an answer all the same

function ask() {
  if (!waiting) queueMicrotask(draw);
  waiting = true;
}
document.addEventListener('visibilitychange', () => { if (waiting) draw(); });

function draw() {
  if (document.hidden || !waiting) return;
  const ids = everything ? null : [...changed];
  boardView.draw(ids);
  sheet.draw(author);
  chat.draw(ids);
  drawPeople();
  drawTitle();
  for (const [id, by] of flashes) boardView.flash(id, by);
  flashes.clear();
  changed = new Set();
  author = '';
  everything = waiting = false;
}

// --- What others do: told in the feed, spoken together, and shown where it happened.

/** @type {Map<string, string>} card to author, until the change is drawn */ const flashes = new Map();

client.on('event', event => {
  activity.add(event);
  if (event.own || event.type === 'update' && event.edit) return; // who writes is shown where they write, letter by letter
  for (const op of event.type === 'batch' ? event.ops : [event]) flashes.set(op.entity, event.by);
  const told = sentences.of(event);
  if (told) announcer.overhear(event.by, told.words);
});

// --- Who is here.

const drawPeople = perFrame(() => {
  const { viewers } = people;
  people.draw();
  boardView.drawViewers(viewers);
  sheet.drawViewers(viewers.get(router.card ?? '') ?? []);
});
client.on('presence', drawPeople);
client.on('state', drawPeople);

let editing = ''; // the field of the open card that is typed in, until it is left

function tellPresence() {
  const card = router.card;
  client.presence.set({ name: self.name, card: card ?? null, editing: card && editing || null, away: document.hidden || null });
}
document.addEventListener('visibilitychange', tellPresence);
for (const type of ['input', 'focusout'])
  need('sheet').addEventListener(type, event => {
    const field = type === 'input' ? /** @type {Element} */ (event.target).id.replace('sheet-', '') : '';
    if (editing === field) return;
    editing = field;
    tellPresence();
  });

/** @param {string} name */
function renamed(name) {
  user.name = name;
  client.reconnect(); // events carry the name that a connection came with
  tellPresence();
  drawPeople();
}

// --- Where we are.

/** @type {string | null} */ let opened = null;

/** @param {string | null} card */
function show(card) {
  const left = opened;
  opened = card;
  sheet.show(card);
  if (!card && left) boardView.focus(left);
  drawTitle();
  tellPresence();
  drawPeople();
}

function drawTitle() {
  const card = board.card(router.card ?? '');
  document.title = card ? `${titleOf(card)} · ${address.project}` : `${address.project} · EventOnly`;
}

router.start();
client.connect();
if (address.test) Object.assign(window, { eventOnly: { client } });
