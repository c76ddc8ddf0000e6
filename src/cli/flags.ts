/** Values of flags, checked as they are read. */
import type { Command } from 'commander';
import { ConfigError } from '../config/config-error.ts';
import { keyValue } from './args.ts';

/** A whole number that is not negative. @throws ConfigError, from what it gives */
export function wholeNumber(flag: string): (text: string) => number {
  return (text) => {
    if (!/^\d{1,15}$/.test(text)) throw new ConfigError(`--${flag}: "${text}" is not a whole number`);
    return Number(text);
  };
}

/** What reads a value that may be one of a few words. */
export type WordParser<T> = ((text: string) => T) & { readonly words: readonly string[] };

/** One of a few words. @throws ConfigError, from what it gives */
export function oneOf<T extends string>(flag: string, words: readonly T[]): WordParser<T> {
  const parse = (text: string): T => {
    const word = words.find((one) => one === text);
    if (word === undefined) throw new ConfigError(`--${flag}: "${text}" is none of ${words.join(', ')}`);
    return word;
  };
  return Object.assign(parse, { words });
}

/** Words that a shell offers; whoever uses the value says whether it may be another. */
export function offered(words: readonly string[]): WordParser<string> {
  return Object.assign((text: string) => text, { words });
}

/** The words that an argument or flag takes, where its parser knows of some. */
export function wordsOf(parse: object | undefined): readonly string[] | undefined {
  return (parse as Partial<WordParser<unknown>> | undefined)?.words;
}

/** What reads the values of a flag that may be given several times: with what was read before. */
export type RepeatedParser<T> = ((text: string, before?: T) => T) & { readonly isRepeatable: true };

export function severalTimes<T>(parse: (text: string, before?: T) => T): RepeatedParser<T> {
  return Object.assign(parse, { isRepeatable: true } as const);
}

/** Gathers them. */
export const repeated = severalTimes((text: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  text,
]);

/** Has every flag with one value be refused the second time, as the broker's are. */
export function refuseSecondValues(command: Command): void {
  for (const option of command.options) {
    const { parseArg } = option;
    if (!option.required || (parseArg !== undefined && 'isRepeatable' in parseArg)) continue;
    let isGiven = false;
    option.argParser((text, before) => {
      if (isGiven) throw new ConfigError(`${option.long} is given twice`);
      isGiven = true;
      return parseArg === undefined ? text : parseArg(text, before);
    });
  }
  for (const one of command.commands) refuseSecondValues(one);
}

/** `key=value` pairs of a flag. @throws ConfigError */
export function changesOf(texts: readonly string[] | undefined, flag: string): (readonly [string, string])[] {
  return (texts ?? []).map((text) => keyValue(text, flag));
}
