/** `walka doctor`: what in this environment, the settings, the listeners or the disk will hurt a broker, and how to mend it. */
import type { Command } from 'commander';
import { keepAlive } from '../../base/keep-alive.ts';
import { ConfigError } from '../../config/config-error.ts';
import { BROKER_FLAGS } from '../args.ts';
import { clusterAccess } from '../cluster-access.ts';
import { loadConfiguration } from '../configuration.ts';
import type { CommandContext } from '../context.ts';
import { ExitCode } from '../exit-codes.ts';
import { repeated } from '../flags.ts';
import { certificateFindings } from '../doctor/certificates.ts';
import { diskFindings } from '../doctor/disk.ts';
import { type Finding, hint, ok, problem } from '../doctor/finding.ts';
import { listenerFindings } from '../doctor/listeners.ts';
import { machineFindings } from '../doctor/machine.ts';
import { remoteFindings } from '../doctor/remote.ts';
import type { Output } from '../output.ts';
import { counted } from '../text.ts';

type Values = Readonly<Record<string, string | true | readonly string[] | undefined>>;

/** Not of the doctor: it has its own. */
const OWN_FLAGS: ReadonlySet<string> = new Set(['help', 'version']);

/** `data-dir` as commander names its value: `dataDir`. */
function memberName(flag: string): string {
  return flag.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}

/** The flags of a broker as its own command line would have them. */
function brokerFlags(values: Values): Map<string, readonly string[]> {
  const flags = new Map<string, readonly string[]>();
  for (const { name } of BROKER_FLAGS) {
    const value = values[memberName(name)];
    if (value === true) flags.set(name, ['']);
    else if (typeof value === 'string') flags.set(name, [value]);
    else if (value !== undefined) flags.set(name, value);
  }
  return flags;
}

/** What a broker with these settings would meet here. */
async function localFindings(file: string | undefined, values: Values, context: CommandContext): Promise<Finding[]> {
  const args = { positionals: file === undefined ? [] : [file], flags: brokerFlags(values) };
  let configuration: ReturnType<typeof loadConfiguration>;
  try {
    configuration = loadConfiguration(args, context.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return [problem('settings', error.message, 'a broker would not start: put it right')];
  }
  const { config, ignored, warnings } = configuration;
  const findings: Finding[] = warnings.map(({ text }) => hint('settings', text, 'put it right, or take it out'));
  if (ignored.length > 0) {
    findings.push(hint('settings', `without effect here: ${ignored.join(', ')}`, 'see that nothing depends on them'));
  }
  if (findings.length === 0) findings.push(ok('settings', file ?? 'defaults, environment and flags'));
  findings.push(...(await listenerFindings(config)), ...(await certificateFindings(config, context.clock)));
  findings.push(...(await diskFindings(config, context.clock)));
  findings.push(...machineFindings(config));
  return findings;
}

const MARKS = { ok: ['ok', 'green'], hint: ['!', 'yellow'], problem: ['!!', 'red'] } as const;

async function print(findings: readonly Finding[], output: Output): Promise<void> {
  if (output.isJson) {
    for (const finding of findings) await output.json(finding);
    return;
  }
  const width = Math.max(...findings.map(({ check }) => check.length));
  for (const { check, level, message, fix } of findings) {
    const [mark, color] = MARKS[level];
    await output.line(`${output.style(color, mark.padStart(2))}  ${check.padEnd(width)}  ${message}`);
    if (fix !== null) await output.line(`${' '.repeat(width + 6)}${output.style('dim', `→ ${fix}`)}`);
  }
  const count = (level: Finding['level']): number => findings.filter((finding) => finding.level === level).length;
  const problems = count('problem');
  const hints = count('hint');
  if (problems + hints > 0) output.note(`${counted(problems, 'problem')}, ${counted(hints, 'hint')}`);
}

const HELP = `
Without -b it looks at this machine, as a broker with these settings and flags would find it: settings, listeners, where
clients are sent, certificates, the data directory, its file system and disk (which it writes 32 MiB to), open files, memory,
processors, clock. With -b it looks at a cluster from here, and whether each of its brokers is found where it says it is.

ok: fine; !: will hurt, or is meant otherwise; !!: will not work. Exit codes: 0 no problem; 4 problems (!!).

Examples:
  walka doctor server.properties --data-dir /var/lib/walka
  walka doctor -b kafka:9092
`;

export function define(command: Command, context: CommandContext): void {
  command
    .argument('[settings file]')
    .option('-b, --bootstrap-server <host:port,…>', 'Look at this cluster instead of this machine.')
    .option('--command-config, --client-config <file>', "A Kafka client's properties file, for -b.")
    .addHelpText('after', HELP);
  for (const { name, value, repeatable, doc } of BROKER_FLAGS) {
    if (OWN_FLAGS.has(name)) continue;
    const flag = value === null ? `--${name}` : `--${name} <${value}>`;
    if (repeatable === true) command.option(flag, doc, repeated);
    else command.option(flag, doc);
  }
  command.action(async (file: string | undefined, values: Values) => {
    using _ = keepAlive();
    const isRemote = values['bootstrapServer'] !== undefined || values['clientConfig'] !== undefined;
    if (isRemote && file !== undefined) throw new ConfigError('doctor: a settings file or -b, not both');
    const findings = isRemote
      ? await remoteFindings(await clusterAccess(command, context.env), context)
      : await localFindings(file, values, context);
    await print(findings, context.output);
    if (findings.some(({ level }) => level === 'problem')) context.exitCode = ExitCode.DAMAGED;
  });
}
