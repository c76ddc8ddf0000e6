/** `npm run test:damage`: 20 journals, each damaged 200 times. `--rounds N --damages N --seed N` change that. */
import { scriptOptions } from '../../../bench/script-options.ts';
import { damageLoop } from './damage-loop.ts';

const values = scriptOptions(import.meta.filename, {
  options: {
    rounds: { type: 'string', default: '20' },
    damages: { type: 'string', default: '200' },
    seed: { type: 'string' },
  },
});

const seed = values.seed === undefined ? Date.now() % 1_000_000 : Number(values.seed);
const { problems, results } = await damageLoop(seed, Number(values.rounds), Number(values.damages));
console.log(`seed ${seed}: ${JSON.stringify(results)}`);
if (problems.length > 0) {
  console.log(problems.join('\n'));
  process.exitCode = 1;
}
