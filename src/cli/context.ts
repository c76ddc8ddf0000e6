/** What a command of the command line is given, and what a command file exports. */
import type { Command } from 'commander';
import type { Clock } from '../base/clock.ts';
import type { Output } from './output.ts';

export interface CommandContext {
  /** Of this program. */
  readonly version: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** Standard input; `isTTY` where somebody types. */
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly output: Output;
  /** How the program ends when the command does not throw; a command that failed sets it. */
  exitCode: number;
  /** What a command still does when it is ended by Ctrl-C; the program waits a second for it. */
  atInterrupt?: () => Promise<void>;
}

/** What a file in `commands` exports. */
export interface CommandModule {
  /** Gives the command, which has its name and one line, its arguments, flags, subcommands and actions. */
  readonly define: (command: Command, context: CommandContext) => void;
}
