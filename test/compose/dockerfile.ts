/** The instructions of a Dockerfile, stage by stage. */
import assert from 'node:assert/strict';

export interface Instruction {
  readonly word: string;
  /** Flags such as --from, without the dashes. */
  readonly flags: Readonly<Record<string, string>>;
  readonly rest: string;
}

export interface Stage {
  readonly name: string;
  /** An image, or an earlier stage. */
  readonly from: string;
  readonly instructions: readonly Instruction[];
}

/** Lines as they count: without comments, and with those that go on joined. */
function joinedLines(text: string): string[] {
  const lines = text.split('\n').filter((line) => !/^\s*#/.test(line));
  return lines
    .join('\n')
    .replace(/\\\n\s*/g, ' ')
    .split('\n')
    .filter((line) => line.trim() !== '');
}

function instruction(line: string): Instruction {
  const [, word = '', after = ''] = /^(\w+)\s+(.*)$/.exec(line) ?? [];
  assert(word !== '', `"${line}" is an instruction`);
  const words = after.split(/\s+/);
  const count = words.findIndex((text) => !text.startsWith('--'));
  const flags = words.slice(0, Math.max(0, count)).map((flag) => {
    const [name = '', value = ''] = flag.slice(2).split('=', 2);
    return [name, value] as const;
  });
  const rest = after.replace(/^(?:--\S+\s+)*/, '');
  return { word, flags: Object.fromEntries(flags), rest };
}

export function readDockerfile(text: string): Stage[] {
  const stages: { name: string; from: string; instructions: Instruction[] }[] = [];
  for (const line of joinedLines(text)) {
    const one = instruction(line);
    if (one.word === 'FROM') {
      const [from = '', name = String(stages.length)] = one.rest.split(/\s+AS\s+/i);
      stages.push({ name, from, instructions: [] });
    } else stages.at(-1)?.instructions.push(one);
  }
  return stages;
}

/** `NAME=value NAME=value` of an ENV. */
export function assignments(rest: string): Record<string, string> {
  return Object.fromEntries([...rest.matchAll(/(\w+)=(\S+)/g)].map(([, name = '', value = '']) => [name, value]));
}
