// @ts-check
// Two clients on a bad network, in Node: run by FaultyLineTests.
import assert from 'node:assert/strict';
import WebSocket from 'ws';
import './support/clock.js'; // Node 18 has no global crypto
import { EventOnlyClient } from '../../Web/client/eventonly.js';

/** @param {string} url @param {number} votes @returns {Promise<string>} the votes of both, and that they converged */
export async function survive(url, votes) {
  let [now, most] = [0, 0];
  class Counted extends /** @type {any} */ (WebSocket) {
    /** @param {string} url @param {string} protocol */
    constructor(url, protocol) {
      super(url, protocol);
      most = Math.max(most, ++now);
    }
  }
  const clients = ['a', 'b'].map(name => new EventOnlyClient(url, {
    project: 'faults', user: { name }, WebSocket: Counted, connectTimeout: 1000, pingGrace: 200, reconnect: { base: 20, cap: 200 }, preventUnload: false,
  }));
  for (const client of clients) client.on('error', error => { throw error; });
  const { close } = WebSocket.prototype;
  WebSocket.prototype.close = function (/** @type {any[]} */ ...args) { now--; return close.apply(this, /** @type {any} */ (args)); }; // once for each, by the line
  await Promise.all(clients.map(async (client, i) => {
    const under = [client.create('counter', { votes: 0 }, { id: `counter-${i}` })];
    client.connect();
    for (let vote = 1; vote <= votes; vote++) {
      under.push(client.increment(`counter-${i}`, 'votes'), client.create('card', { text: 'x'.repeat(200) }));
      if (vote % 5 === 0) await under.at(-1);
    }
    await Promise.all(under);
  }));
  const [a, b] = clients;
  while (a.seq !== b.seq || a.sync !== 'synced' || b.sync !== 'synced') await new Promise(resolve => setTimeout(resolve, 20));
  assert.equal(a.stateHash, b.stateHash);
  assert.ok(most <= 2, 'one socket a client');
  const counted = clients.map((_, i) => a.store.get(`counter-${i}`)?.data.votes);
  await Promise.all(clients.map(client => client.disconnect()));
  return `${counted.join(' ')} converged`;
}
