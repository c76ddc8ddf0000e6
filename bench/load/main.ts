/**
 * The load that needs nothing but Node, in a process of its own: `node main.ts MODE …`. Modes of the generator take
 * BOOTSTRAP and the load as a JSON object (`generators/generator.ts` and `generators/own.ts` have its types), and print what
 * they measured as one JSON object; they speak to one broker, the leader of all partitions. Others go on until they are
 * ended: see the heads of their files.
 */
const GENERATE: Readonly<Record<string, (bootstrap: string, load: never) => Promise<unknown>>> = {
  produce: async (bootstrap, load) => (await import('./own/produce.ts')).produce(bootstrap, load),
  'produce-by-many': async (bootstrap, load) => (await import('./own/produce.ts')).produceByMany(bootstrap, load),
  consume: async (bootstrap, load) => (await import('./own/consume.ts')).consume(bootstrap, load),
  'open-loop': async (bootstrap, load) => (await import('./own/open-loop.ts')).openLoop(bootstrap, load),
  logins: async (bootstrap, load) => (await import('./own/logins.ts')).logins(bootstrap, load),
};

const GO_ON: Readonly<Record<string, (args: readonly string[]) => Promise<void>>> = {
  'slow-readers': async (args) => (await import('./crowd.ts')).slowReaders(args),
  flood: async (args) => (await import('./crowd.ts')).flood(args),
  members: async (args) => (await import('./members.ts')).members(args),
  'bare-server': async () => (await import('./bare-server.ts')).bareServer(),
};

async function main([mode = '', ...args]: readonly string[]): Promise<void> {
  const generate = GENERATE[mode];
  if (generate !== undefined) {
    const [bootstrap = '', load = '{}'] = args;
    const result = await generate(bootstrap, JSON.parse(load) as never);
    process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit());
    return;
  }
  const goOn = GO_ON[mode];
  if (goOn === undefined) throw new Error(`there is no mode ${mode}`);
  await goOn(args);
}

void main(process.argv.slice(2));
