// npm ws as a relay: each text goes to all of its group, the author included. `each`: by send, once for each member, as its readme shows.
// `framed`: its best form. What came in one turn of the event loop is framed once and written to each socket in one piece.
import { WebSocketServer, Sender } from 'ws';

const framed = process.argv[2] === 'framed';
const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false, backlog: 4096 });
/** @type {Map<string, {members: Set<import('ws').WebSocket>, pending: Buffer[]}>} */
const groups = new Map();
/** @type {Set<{members: Set<import('ws').WebSocket>, pending: Buffer[]}>} */
const waiting = new Set();

server.on('connection', (socket, request) => {
  const name = request.url ?? '/';
  let group = groups.get(name);
  if (!group) groups.set(name, group = { members: new Set(), pending: [] });
  const { members, pending } = group;
  members.add(socket);
  socket.on('close', () => { if (members.delete(socket) && members.size === 0) groups.delete(name); });
  socket.on('error', () => socket.terminate());
  socket.on('message', framed ? relayTogether : relayEach);

  function relayEach(data) {
    for (const member of members) member.send(data, { binary: false });
  }

  function relayTogether(data) {
    pending.push(...Sender.frame(data, { fin: true, rsv1: false, opcode: 1, mask: false, readOnly: true }));
    if (waiting.size === 0) setImmediate(flush);
    waiting.add(group);
  }
});

function flush() {
  for (const { members, pending } of waiting) {
    const batch = Buffer.concat(pending);
    pending.length = 0;
    for (const member of members) member._socket.write(batch);
  }
  waiting.clear();
}

server.on('listening', () => console.log(`ready :${server.address().port}`));
