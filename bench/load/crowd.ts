/** Crowds: clients that ask for much and take it slowly, or that ask without pause. They go on until they are ended. */
import { connect, type Socket } from 'node:net';
import { writeFetchRequest } from '../../protocol/generated/fetch-request.ts';
import { requestFrame } from '../../test/support/wire-client.ts';

const MIB = 1024 * 1024;
/** How often a slow reader takes what has come. */
const SIP_EVERY_MS = 200;
/** Requests in one write of a flood. */
const FLOOD_REQUESTS = 1000;

function open(port: string, count: number, onConnect: (socket: Socket) => void): Socket[] {
  return Array.from({ length: count }, () => {
    const socket = connect(Number(port), '127.0.0.1');
    socket.on('connect', () => onConnect(socket));
    socket.on('error', () => {});
    return socket;
  });
}

/** @param args PORT TOPIC CONNECTIONS MEGABYTES: each connection fetches that much and takes a little at a time */
export function slowReaders([port = '', topic = '', count, megabytes]: readonly string[]): void {
  const maxBytes = Number(megabytes) * MIB;
  const partition = { partition: 0, fetchOffset: 0, partitionMaxBytes: maxBytes };
  const request = { maxWaitMs: 500, minBytes: 1, maxBytes, topics: [{ topic, partitions: [partition] }] };
  const frame = requestFrame(1, 11, 1, (writer) => writeFetchRequest(writer, request, 11));
  const sockets = open(port, Number(count), (socket) => socket.write(frame));
  setInterval(() => {
    for (const socket of sockets) socket.once('data', () => socket.pause()).resume();
  }, SIP_EVERY_MS);
}

/** @param args PORT CONNECTIONS: each sends ApiVersions as fast as it is read */
export function flood([port = '', count]: readonly string[]): void {
  const frames = Buffer.concat(Array.from({ length: FLOOD_REQUESTS }, (_, id) => requestFrame(18, 0, id)));
  const send = (socket: Socket): void => void socket.write(frames, () => setImmediate(send, socket));
  for (const socket of open(port, Number(count), send)) socket.resume();
}
