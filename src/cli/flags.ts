/** Values of flags, checked as they are read. */
import { ConfigError } from '../config/config-error.ts';
import { keyValue } from './args.ts';

/** A whole number that is not negative. @throws ConfigError, from what it gives */
export function wholeNumber(flag: string): (text: string) => number {
  return (text) => {
    if (!/^\d{1,15}$/.test(text)) throw new ConfigError(`--${flag}: "${text}" is not a whole number`);
    return Number(text);
  };
}

/** One of a few words. @throws ConfigError, from what it gives */
export function oneOf<T extends string>(flag: string, words: readonly T[]): (text: string) => T {
  return (text) => {
    const word = words.find((one) => one === text);
    if (word === undefined) throw new ConfigError(`--${flag}: "${text}" is none of ${words.join(', ')}`);
    return word;
  };
}

/** Gathers the values of a flag that may be given several times. */
export function repeated(text: string, before: readonly string[] = []): string[] {
  return [...before, text];
}

/** `key=value` pairs of a flag. @throws ConfigError */
export function changesOf(texts: readonly string[] | undefined, flag: string): (readonly [string, string])[] {
  return (texts ?? []).map((text) => keyValue(text, flag));
}
