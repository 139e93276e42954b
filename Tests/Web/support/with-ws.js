// @ts-check
// For Nodes without a WebSocket of their own: node --import …/with-ws.js program.mjs
import WebSocket from 'ws';
import './clock.js'; // Node 18 has no global crypto

globalThis.WebSocket ??= /** @type {any} */ (WebSocket);
