/** What a server on Node costs that does nothing: answers every frame with the same few bytes. Prints its port. */
import { createServer } from 'node:net';

const ANSWER = Buffer.from('0000000a00000000000000000000', 'hex');

export function bareServer(): void {
  const server = createServer({ noDelay: true }, (socket) => {
    // Frames are small and come one at a time, so each chunk is one.
    socket.on('data', () => socket.write(ANSWER));
    socket.on('error', () => {});
  });
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1024 }, () => {
    const address = server.address();
    process.stdout.write(`${typeof address === 'object' && address !== null ? address.port : ''}\n`);
  });
}
