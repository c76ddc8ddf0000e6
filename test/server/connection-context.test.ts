/** What ends a connection, as it stands in the log. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProtocolError } from '../../protocol/errors.ts';
import { silentLogger, type Logger } from '../../src/base/logger.ts';
import { logFailure } from '../../src/server/connection-context.ts';
import { StorageError } from '../../src/storage/types.ts';

test('a failure is an error in the log only when somebody should look into it', () => {
  const lines: string[] = [];
  const logger: Logger = {
    ...silentLogger,
    info: (event) => void lines.push(`info ${event}`),
    error: (event) => void lines.push(`error ${event}`),
  };
  logFailure(logger, new ProtocolError('truncated', 'too short'), {});
  logFailure(logger, new StorageError('DROPPED', 'dropped from memory'), {});
  logFailure(logger, new StorageError('IO', 'unreadable'), {});
  logFailure(logger, new Error('a bug'), {});
  assert.deepEqual(lines, [
    'info request-refused',
    'info response-cut',
    'error request-failed',
    'error request-failed',
  ]);
});
