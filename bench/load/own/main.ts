/**
 * The load generator that needs nothing but Node: `node main.ts MODE BOOTSTRAP LOAD`, where LOAD is a JSON object
 * (`generators/generator.ts` and `generators/own.ts` have its types). Prints what it measured as one JSON object. Speaks
 * to one broker, the leader of all partitions.
 */
import type { ConsumeLoad } from '../../generators/generator.ts';
import type { FannedOut, OwnProduceLoad, WaitingProducers } from '../../generators/own.ts';
import { consume } from './consume.ts';
import { openLoop } from './open-loop.ts';
import { produce, produceByMany } from './produce.ts';

const MODES: Readonly<Record<string, (bootstrap: string, load: unknown) => Promise<unknown>>> = {
  produce: (bootstrap, load) => produce(bootstrap, load as OwnProduceLoad),
  'produce-by-many': (bootstrap, load) => produceByMany(bootstrap, load as WaitingProducers),
  consume: (bootstrap, load) => consume(bootstrap, load as ConsumeLoad),
  'open-loop': (bootstrap, load) => openLoop(bootstrap, load as FannedOut),
};

const [mode = '', bootstrap = '', load = '{}'] = process.argv.slice(2);
const run = MODES[mode];
if (run === undefined) throw new Error(`a mode is one of ${Object.keys(MODES).join(', ')}, not ${mode}`);
const result = await run(bootstrap, JSON.parse(load));
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit());
