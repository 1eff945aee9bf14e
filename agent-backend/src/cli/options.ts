/** Options that several commands have. */
import { InvalidArgumentError, Option } from 'commander';

/** As many as one page of the store holds. */
const most = 1_000;

function count(text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= 1 && number <= most) return number;
  throw new InvalidArgumentError(`It must be a whole number from 1 to ${most}.`);
}

export function countOption(flags: string, description: string, fallback: number): Option {
  return new Option(flags, description).default(fallback).argParser(count);
}

export const limitOption = (fallback: number) => countOption('--limit <n>', 'how many at most', fallback);
