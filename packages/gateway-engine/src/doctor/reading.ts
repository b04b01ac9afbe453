import { readFile } from 'node:fs/promises';
import { type Clock, describeError } from '@gateway-engine/host';

/** What a file holds, if it can be read and understood. */
export type Reading<T> =
  | { readonly kind: 'read'; readonly value: T }
  | { readonly kind: 'missing' }
  | { readonly kind: 'bad'; readonly problem: string };

/** Within that a file is read, if nothing is wrong with the disk that it is on. */
const patienceMs = 3_000;

/** Reads files of which any may be missing, garbage, or hang. */
export class FileReadings {
  readonly #clock: Pick<Clock, 'after'>;
  #hanging = false;

  constructor(clock: Pick<Clock, 'after'>) {
    this.#clock = clock;
  }

  /** Whether a file could not be read within its time: then something still waits for it. */
  get hanging(): boolean {
    return this.#hanging;
  }

  async readAs<T>(file: string, parse: (text: string) => T): Promise<Reading<T>> {
    const late = Promise.withResolvers<never>();
    const timer = this.#clock.after(patienceMs, () => {
      this.#hanging = true;
      late.reject(new Error(`${file} cannot be read within ${patienceMs / 1000} s: its disk hangs`));
    });
    try {
      return { kind: 'read', value: parse(await Promise.race([readFile(file, 'utf8'), late.promise])) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { kind: 'missing' };
      return { kind: 'bad', problem: describeError(error) };
    } finally {
      timer.cancel();
    }
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
