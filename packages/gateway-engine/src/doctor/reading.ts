import { readFile } from 'node:fs/promises';
import { describeError } from '@gateway-engine/host';

/** What a file holds, if it can be read and understood. */
export type Reading<T> =
  | { readonly kind: 'read'; readonly value: T }
  | { readonly kind: 'missing' }
  | { readonly kind: 'bad'; readonly problem: string };

export async function readAs<T>(file: string, parse: (text: string) => T): Promise<Reading<T>> {
  try {
    return { kind: 'read', value: parse(await readFile(file, 'utf8')) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { kind: 'missing' };
    return { kind: 'bad', problem: describeError(error) };
  }
}

/** What was tried, and came about or not. */
export type Attempt<T> = { readonly value: T } | { readonly error: unknown };

export async function attempt<T>(work: () => Promise<T> | T): Promise<Attempt<T>> {
  try {
    return { value: await work() };
  } catch (error) {
    return { error };
  }
}
