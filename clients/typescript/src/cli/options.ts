/** Options that several commands have, and how their values are read. */
import { InvalidArgumentError, Option } from 'commander';

export function countOption(flags: string, description: string, most: number): Option {
  return new Option(flags, description).argParser((text) => {
    const number = Number(text);
    if (/^\d+$/.test(text) && number >= 1 && number <= most) return number;
    throw new InvalidArgumentError(`It must be a whole number from 1 to ${most}.`);
  });
}

export type Fields = Readonly<Record<string, unknown>>;

/** `name=value`, gathered over the times that the option is given. */
export function gatherPair(text: string, before: Fields | undefined): Fields {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('It must be as name=value.');
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}

export function jsonObject(text: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new InvalidArgumentError('It must be JSON.');
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw new InvalidArgumentError('It must be a JSON object.');
}
