// Socket.IO as a relay, websocket only: `shout` goes to all of the group, `tell` to the others and is acknowledged.
import { createServer } from 'node:http';
import { Server } from 'socket.io';

const http = createServer();
const io = new Server(http, { transports: ['websocket'], serveClient: false, pingInterval: 600_000, pingTimeout: 600_000 });

io.on('connection', socket => {
  socket.on('join', (group, done) => { socket.join(group); done(); });
  socket.on('shout', (group, data) => io.to(group).emit('heard', data));
  socket.on('tell', (group, data, done) => { socket.to(group).emit('heard', data); done(); });
});

http.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, () => console.log(`ready :${http.address().port}`));
