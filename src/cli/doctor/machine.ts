/** Looks at what the system lets this process have: open files, memory, processors. */
import { readFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import type { BrokerConfig } from '../../config/broker-config.ts';
import { bytesText } from '../text.ts';
import { type Finding, hint, ok, problem } from './finding.ts';

const FEW_FILES = 4096;
/** What the program takes besides the memory that settings give out, in bytes. */
const OWN_BYTES = 130_000_000;

/** The text of a file of the system, or null where there is none. */
function systemText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return null;
  }
}

function filesFinding(): Finding {
  const limits = systemText('/proc/self/limits');
  const match = /^Max open files\s+(\S+)\s+(\S+)/m.exec(limits ?? '');
  if (match === null) return ok('open files', 'the limit is not known here');
  const [, soft = '', hard = ''] = match;
  // Node raises the soft limit to the hard one.
  const limit = hard === 'unlimited' ? Number.POSITIVE_INFINITY : Math.max(Number(soft), Number(hard));
  if (limit >= FEW_FILES)
    return ok('open files', `at most ${limit === Number.POSITIVE_INFINITY ? 'as many as there are' : limit}`);
  return hint(
    'open files',
    `at most ${limit}: each connection takes one`,
    'raise it: ulimit -n 65536, or LimitNOFILE= in the unit',
  );
}

/** Bytes that the control group allows, or null for no limit. */
function memoryLimit(): number | null {
  const group = /^0::(.*)$/m.exec(systemText('/proc/self/cgroup') ?? '')?.[1] ?? '/';
  const texts = [
    systemText(`/sys/fs/cgroup${group}/memory.max`),
    systemText('/sys/fs/cgroup/memory.max'),
    systemText('/sys/fs/cgroup/memory/memory.limit_in_bytes'),
  ];
  const limits = texts.filter((text) => text !== null && /^\d+$/.test(text)).map(Number);
  const least = Math.min(...limits, totalmem());
  return least < totalmem() ? least : null;
}

function memoryFinding(config: BrokerConfig): Finding {
  const records = config.dataDir === null ? config.int('walka.memory.max.bytes') : config.int('walka.cache.bytes');
  const neededBytes =
    OWN_BYTES + records + config.int('walka.receive.buffer.bytes') + config.int('walka.index.cache.bytes');
  const limit = memoryLimit();
  const given = limit ?? totalmem();
  const text = `${bytesText(given)}${limit === null ? '' : ' by the control group'}, of which the settings may use ${bytesText(neededBytes)}`;
  if (neededBytes <= given) return ok('memory', text);
  const setting = config.dataDir === null ? 'walka.memory.max.bytes' : 'walka.receive.buffer.bytes';
  return problem('memory', `${text}: the system may end the broker`, `give it more memory, or lower ${setting}`);
}

function processorsFinding(): Finding {
  const [quota = '', period = ''] = (systemText('/sys/fs/cgroup/cpu.max') ?? '').split(' ');
  const cores = /^\d+$/.test(quota) ? Number(quota) / Number(period) : availableParallelism();
  const text = `${Number.isInteger(cores) ? cores : cores.toFixed(2)}`;
  if (cores >= 1) return ok('processors', text);
  return hint('processors', `${text} of one: the broker is stopped again and again`, 'give it one core or more');
}

export function machineFindings(config: BrokerConfig): Finding[] {
  return [filesFinding(), memoryFinding(config), processorsFinding()];
}
