/** All that is tried of connections, once more over TLS. */
import { useTls } from './rig.ts';

await useTls();
for (const file of ['server', 'leaving', 'memory', 'sasl-states', 'session']) await import(`./${file}.test.ts`);
