/** The logger that writes, as a process has it: for people, and on a disk that is full. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ended, root, spawned } from '../cli/program.ts';

const directory = mkdtempSync(join(tmpdir(), 'walka-log-'));
after(() => rmSync(directory, { recursive: true, force: true }));

/** What takes no byte, as a disk without room; Linux has it. */
const FULL = '/dev/full';
const options = { skip: existsSync(FULL) ? false : `there is no ${FULL} here` };

/** Runs a program that logs to `fd`, which is the full disk; `main` is the rest of it. */
async function logging(main: string): Promise<{ code: number | null; out: string; err: string }> {
  const program = `
    import { closeSync, openSync } from 'node:fs';
    import { createPinoLogger } from ${JSON.stringify(join(root, 'src/base/pino-logger.ts'))};
    const fd = openSync('${FULL}', 'a');
    const logger = createPinoLogger({ level: 'info', format: "json", fd });
    logger.info('first', 'one');
    await logger.flush();
    ${main}
    process.exit();`;
  const child = spawned(process.execPath, ['--input-type=module', '-e', program], directory);
  const limit = setTimeout(() => child.kill('SIGKILL'), 120_000);
  const end = await ended(child);
  clearTimeout(limit);
  return end;
}

test('a process whose log is on a full disk ends', options, async () => {
  assert.deepEqual(await logging(''), { code: 0, out: '', err: '' });
});

test('lines that a full disk refused are written once there is room', options, async () => {
  const file = join(directory, 'later.log');
  const main = `
    closeSync(fd);
    if (openSync(${JSON.stringify(file)}, 'a') !== fd) throw new Error('another descriptor');
    logger.info('second', 'two');
    await logger.flush();`;
  assert.deepEqual(await logging(main), { code: 0, out: '', err: '' });
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  assert.deepEqual(
    lines.map((line) => (JSON.parse(line) as { msg: string }).msg),
    ['one', 'two'],
  );
});

test('lines for people are in colours where they are forced, unless NO_COLOR is set', async () => {
  const program = `
    import { createPinoLogger } from ${JSON.stringify(join(root, 'src/base/pino-logger.ts'))};
    const logger = createPinoLogger({ level: 'info', format: "text" });
    logger.info('first', 'one', { size: 1 });
    await logger.flush();`;
  const printed = async (env: Record<string, string>) =>
    (await ended(spawned(process.execPath, ['--input-type=module', '-e', program], directory, env))).out;
  // As no-color.org has it, an empty value does not count.
  assert.ok((await printed({ NO_COLOR: '', FORCE_COLOR: '1' })).includes('\u001b[36mone\u001b[39m'));
  assert.match(await printed({ NO_COLOR: '1', FORCE_COLOR: '1' }), /^\[[\d:.]+\] INFO: one \{"size":1\}\n$/);
});
