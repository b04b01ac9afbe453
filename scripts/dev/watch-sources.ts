import { type FSWatcher, readdirSync, watch } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '@gateway-engine/host';

export interface SourceWatch {
  close(): void;
}

/** An editor or a checkout writes several files, and some of them twice. */
const quietMs = 200;

/**
 * Calls `onChange` with the paths of the files below `folders` that were written, made or removed, once nothing has
 * happened for a moment. It watches folders and not files: an editor that saves by renaming leaves a watched file behind.
 */
export function watchSources(
  folders: readonly string[],
  clock: Clock,
  onChange: (paths: string[]) => void,
): SourceWatch {
  const watchers = new Map<string, FSWatcher>();
  const changed = new Set<string>();
  let timer: { cancel(): void } | undefined;

  const tell = () => {
    const paths = [...changed].sort();
    changed.clear();
    follow();
    if (paths.length > 0) onChange(paths);
  };
  const note = (folder: string, name: string | null) => {
    if (name !== null && isSource(name)) changed.add(join(folder, name));
    timer?.cancel();
    timer = clock.after(quietMs, tell);
  };
  const follow = () => {
    const present = new Set(folders.flatMap(foldersBelow));
    for (const [folder, watcher] of watchers) {
      if (present.has(folder)) continue;
      watcher.close();
      watchers.delete(folder);
    }
    for (const folder of present) {
      if (watchers.has(folder)) continue;
      const watcher = watch(folder, (_event, name) => note(folder, name));
      // It was removed meanwhile; the folder above tells that as well.
      watcher.on('error', () => note(folder, null));
      watchers.set(folder, watcher);
    }
  };

  follow();
  return {
    close: () => {
      timer?.cancel();
      for (const watcher of watchers.values()) watcher.close();
    },
  };
}

function isSource(name: string): boolean {
  return /\.(?:ts|mjs|json)$/.test(name);
}

function foldersBelow(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    const below = entries.filter((entry) => entry.isDirectory() && entry.name !== 'node_modules');
    return [folder, ...below.flatMap(({ name }) => foldersBelow(join(folder, name)))];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
