/** `walka version`. */
import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';

export function define(command: Command, { version, output }: CommandContext): void {
  command.action(() =>
    output.isJson ? output.json({ version, node: process.versions.node }) : output.line(`walka ${version}`),
  );
}
