/** Reads the settings file that a command line names, which may have been meant for a command. */
import { readFileSync } from 'node:fs';
import { ConfigError } from '../config/config-error.ts';
import { didYouMean } from '../config/nearest.ts';
import { parseProperties } from '../config/properties.ts';
import { readFailure } from '../config/read-failure.ts';
import { shown } from '../config/value.ts';
import { COMMAND_NAMES } from './commands.ts';

/** A word that may be meant for a command: nothing of it says that it is a file. */
const WORD = /^[\w-]+$/;

/** @throws ConfigError */
export function readSettingsFile(path: string): Map<string, string> {
  try {
    return parseProperties(readFileSync(path, 'utf8'));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' && COMMAND_NAMES.includes(path))
      throw new ConfigError(`${path} comes first: walka ${path} …`);
    if (code === 'ENOENT' && WORD.test(path)) {
      const hint =
        didYouMean(path, COMMAND_NAMES) || '; it is no settings file either, and walka --help shows what there is';
      throw new ConfigError(`unknown command ${path}${hint}`);
    }
    throw new ConfigError(`cannot read the settings file ${shown(path)}: ${readFailure(error)}`);
  }
}
