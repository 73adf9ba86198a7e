// Peer "ws": Node's `ws`, with the server broadcast of its README: a loop of sends over the clients of the room.
//
// No compression (the README advises against it, and it is off unless asked for). No heartbeat: the README has one
// as a recipe, and without it the server has less to do. The README's optional addon `bufferutil` is left out: it
// speeds up unmasking, and what is measured here is sending, which a server does unmasked.
import { parseArgs } from 'node:util';
import WebSocket, { WebSocketServer } from 'ws';

const { values } = parseArgs({ options: { port: { type: 'string', default: '8000' } } });
const wss = new WebSocketServer({ host: '127.0.0.1', port: Number(values.port), backlog: 4096 });
const rooms = new Map();

wss.on('listening', () => console.log('ready'));

wss.on('connection', (ws, request) => {
  const name = request.url;
  if (!name.startsWith('/room/')) return ws.close(1008);
  if (!rooms.has(name)) rooms.set(name, new Set());
  const clients = rooms.get(name).add(ws);

  ws.on('error', console.error);

  ws.on('message', (data, isBinary) => {
    clients.forEach((client) => {
      if (client.readyState === WebSocket.OPEN) client.send(data, { binary: isBinary });
    });
  });

  ws.on('close', () => {
    clients.delete(ws);
    if (clients.size === 0) rooms.delete(name);
  });
});
