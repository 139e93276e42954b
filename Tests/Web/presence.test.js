// @ts-check
// Who is here: what is told when, to whom it belongs, and what is left of it when the line breaks.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { watchActivity } from '../../Web/client/activity.js';
import { Presence } from '../../Web/client/presence.js';
import { FakeClock } from './support/clock.js';

/** @param {string} session @param {string} name @param {object} [data] @returns {any} */
const member = (session, name, data = {}) => ({ session, user: { name }, data });

/** @param {{ presence?: any, throttle?: number }} [settings] */
function aPresence(settings) {
  const clock = new FakeClock();
  /** @type {any[]} */ const told = [];
  /** @type {any[]} */ const news = [];
  const presence = new Presence({ schedule: clock.schedule, ...settings }, data => told.push(data), each => news.push(each));
  return { presence, clock, told, news };
}

test('What is set is merged, and null takes a field away', () => {
  const { presence } = aPresence({ presence: { view: 'board', card: 'a' } });
  presence.set({ card: 'b' });
  assert.deepEqual(presence.own, { view: 'board', card: 'b' });
  presence.set({ card: null });
  assert.deepEqual(presence.own, { view: 'board' });
  assert.throws(() => presence.set({ text: 'x'.repeat(3000) }), { code: 'too_large' });
  assert.deepEqual(presence.own, { view: 'board' }, 'what is refused changes nothing');
});

test('The newest is told once in a while, as often as the option says', () => {
  const { presence, clock, told } = aPresence({ throttle: 200 });
  presence.joined([member('b', 'bob')], 2);
  for (let x = 1; x <= 9; x++) presence.set({ x });
  assert.deepEqual(told, [{ x: 1 }]);
  clock.advance(199);
  assert.equal(told.length, 1);
  clock.advance(1);
  assert.deepEqual(told, [{ x: 1 }, { x: 9 }]);
});

for (const throttle of [15, 1001, NaN])
  test(`A pause of ${throttle} ms between two tellings is refused`, () => assert.throws(() => aPresence({ throttle }), RangeError));

test('While nobody else is here only the first is told; the newest when somebody comes', () => {
  const { presence, clock, told } = aPresence();
  presence.joined([], 1);
  presence.set({ x: 1 });
  presence.set({ x: 2 });
  clock.advance(10_000);
  assert.deepEqual(told, [{ x: 1 }]);
  presence.receive({ type: 'presence', project: 'p', joined: [member('b', 'bob')] }, 'me');
  assert.deepEqual(told, [{ x: 1 }, { x: 2 }]);
});

test('A person with several tabs is one user, as active as the most active of them', () => {
  const { presence } = aPresence();
  presence.joined([member('1', 'cid', { activity: 'away' }), member('2', 'bob', { activity: 'idle' }), member('3', 'cid', { activity: 'idle' }), member('4', 'bob')], 5);
  assert.deepEqual(
    presence.users.map(({ user, activity, sessions }) => [user.name, activity, sessions.map(({ session }) => session)]),
    [['bob', 'active', ['2', '4']], ['cid', 'idle', ['1', '3']]]);
});

test('When the line breaks the others are stale at once, and gone when told so; coming back makes them true again', () => {
  const { presence, news } = aPresence();
  presence.joined([member('b', 'bob')], 2);
  presence.fade();
  presence.fade();
  assert.deepEqual([presence.stale, presence.others.length, news.length], [true, 1, 2], 'told once, as changed');
  assert.equal(news[1].changed.length, 1);
  presence.clear();
  assert.equal(presence.others.length, 0);
  presence.joined([member('b', 'bob')], 2);
  assert.equal(presence.stale, false);
});

test('A whole list takes the place of what was known', () => {
  const { presence, news } = aPresence();
  presence.joined([member('b', 'bob'), member('c', 'cid')], 3);
  presence.receive({ type: 'presence', project: 'p', members: [member('c', 'cid'), member('me', 'ann'), member('d', 'dan')] }, 'me');
  assert.deepEqual(presence.others.map(({ session }) => session), ['c', 'd']);
  assert.deepEqual(news[1].left, ['b']);
});

test('Activity is told where it is not active, and only by who is to be seen', () => {
  const { presence, clock, told } = aPresence();
  presence.joined([member('b', 'bob')], 2);
  presence.be('idle');
  assert.deepEqual(told, []);
  presence.set({ x: 1 });
  assert.deepEqual(told, [{ x: 1, activity: 'idle' }]);
  clock.advance(50);
  presence.be('active');
  assert.deepEqual(told[1], { x: 1 });
});

test('Who does nothing is idle after the time that was given, who looks elsewhere is away, and both come back at once', () => {
  const [page, sheet] = [new EventTarget(), Object.assign(new EventTarget(), { hidden: false })];
  Object.assign(globalThis, { window: page, document: sheet });
  try {
    const clock = new FakeClock();
    /** @type {string[]} */ const told = [];
    const stop = watchActivity(activity => told.push(activity), { idleAfter: 60_000, now: clock.now, schedule: clock.schedule });
    clock.advance(50_000);
    page.dispatchEvent(new Event('keydown'));
    clock.advance(59_999);
    assert.deepEqual(told, ['active']);
    clock.advance(1);
    assert.deepEqual(told, ['active', 'idle']);
    page.dispatchEvent(new Event('pointermove'));
    assert.deepEqual(told, ['active', 'idle', 'active']);
    sheet.hidden = true;
    sheet.dispatchEvent(new Event('visibilitychange'));
    clock.advance(600_000);
    sheet.hidden = false;
    sheet.dispatchEvent(new Event('visibilitychange'));
    assert.deepEqual(told, ['active', 'idle', 'active', 'away', 'active']);
    stop();
    assert.equal(clock.untilNext, Infinity);
  } finally {
    Reflect.deleteProperty(globalThis, 'window');
    Reflect.deleteProperty(globalThis, 'document');
  }
});
