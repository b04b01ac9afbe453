import { relative } from 'node:path';
import { type Clock, describeError } from '@gateway-engine/host';
import { concernedParts, type Dependencies, type Part } from './concerned-parts.ts';
import { GatheredWork } from './gathered-work.ts';

export interface ReloadParts {
  readonly root: string;
  readonly dependencies: Dependencies;
  readonly clock: Clock;
  readonly say: (line: string) => void;
  readonly restart: (part: Part) => Promise<void>;
}

/** Starts again what changes of the sources concern, one part after the other. A part that fails waits for the next change. */
export function reloadOnChange(parts: ReloadParts): GatheredWork<string> {
  const { root, dependencies, clock, say, restart } = parts;
  return new GatheredWork(async (changes) => {
    const paths = [...new Set(changes.map((path) => relative(root, path)))];
    const concerned = concernedParts(paths, dependencies);
    if (concerned.length === 0) return;
    const [first = ''] = paths;
    say(
      `${first}${paths.length > 1 ? ` and ${paths.length - 1} more` : ''} changed: restarting ${concerned.join(', ')}`,
    );
    for (const part of concerned) {
      const began = clock.monotonic();
      try {
        await restart(part);
        say(`${part} is up again (${((clock.monotonic() - began) / 1000).toFixed(1)} s)`);
      } catch (error) {
        say(`${part} is down until the next change: ${describeError(error)}`);
      }
    }
  });
}
