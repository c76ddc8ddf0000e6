/** What of a Node process's memory is in use once garbage is collected, which is done by its inspector (SIGUSR1 opens it). */
import { on, once } from 'node:events';
import { readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** Where Node opens it unless told otherwise. */
const INSPECTOR = 'http://127.0.0.1:9229/json/list';
const OPENING_MS = 10_000;
const ANSWER_MS = 30_000;
const LOOK_MS = 50;

interface Answer {
  readonly id: number;
  readonly result?: Readonly<Record<string, unknown>>;
}

/** Objects of JavaScript and the buffers that they hold, in MiB; NaN for a process that is none of Node, or cannot be asked. */
export async function liveMiB(pid: number): Promise<number> {
  try {
    if (basename(readlinkSync(`/proc/${pid}/exe`)) !== 'node') return Number.NaN;
    using inspector = new Inspector(await opened(pid));
    const { result } = await inspector.ask('Runtime.evaluate', { expression: 'process.pid' });
    // Another process may have been there before.
    if ((result as { value?: unknown } | undefined)?.value !== pid) return Number.NaN;
    // What dies while marking is under way stays for the next.
    for (let times = 0; times < 3; times++) await inspector.ask('HeapProfiler.collectGarbage');
    const usage = await inspector.ask('Runtime.getHeapUsage');
    return (Number(usage['usedSize']) + Number(usage['backingStorageSize'])) / 1024 / 1024;
  } catch {
    return Number.NaN;
  }
}

async function opened(pid: number): Promise<WebSocket> {
  process.kill(pid, 'SIGUSR1');
  const deadline = performance.now() + OPENING_MS;
  for (;;) {
    const list = await fetch(INSPECTOR).catch(() => null);
    if (list !== null) {
      const [first] = (await list.json()) as Array<{ webSocketDebuggerUrl: string }>;
      const socket = new WebSocket(String(first?.webSocketDebuggerUrl));
      await once(socket, 'open', { signal: AbortSignal.timeout(OPENING_MS) });
      return socket;
    }
    if (performance.now() > deadline) throw new Error('no inspector');
    await delay(LOOK_MS);
  }
}

class Inspector implements Disposable {
  readonly #socket: WebSocket;
  #id = 0;

  constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  /** One question at a time. */
  async ask(method: string, params: object = {}): Promise<Readonly<Record<string, unknown>>> {
    const id = ++this.#id;
    const messages = on(this.#socket, 'message', { signal: AbortSignal.timeout(ANSWER_MS) });
    this.#socket.send(JSON.stringify({ id, method, params }));
    for await (const [{ data }] of messages as AsyncIterable<[MessageEvent]>) {
      const answer = JSON.parse(String(data)) as Answer;
      if (answer.id === id) return answer.result ?? {};
    }
    throw new Error(`${method}: no answer`);
  }

  [Symbol.dispose](): void {
    this.#socket.close();
  }
}
