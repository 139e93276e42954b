// A bot in JavaScript: votes for every new card. Node 22:  node examples/bot.mjs ws://localhost:8080/ws demo
// (Node 20: with --experimental-websocket, or the package ws as option `WebSocket`)
import { EventOnlyClient } from '../Web/client/eventonly.js';

const [url = 'ws://localhost:8080/ws', project = 'demo'] = process.argv.slice(2);
const bot = new EventOnlyClient(url, { project, user: { name: 'bot' } });
bot.on('create', ({ id, kind, by }) => {
  if (kind !== 'card') return;
  bot.increment(id, 'votes');
  console.log(`${by} made ${id}`);
});
bot.on('failed', ({ code, reason }) => console.error(`${code}: ${reason}`));
bot.connect();
await bot.ready();
console.log('ready');
