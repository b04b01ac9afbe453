import { statSync } from 'node:fs';
import { join } from 'node:path';
import { type Check, outcome } from './check.ts';
import { git, textOf, trackedFiles } from './tracked-files.ts';

export const cleanTree: Check = {
  name: 'nothing uncommitted',
  run: ({ root }) => {
    const changes = git(root, 'status', '--porcelain').split('\n').filter(Boolean);
    return outcome(
      changes,
      git(root, 'rev-parse', '--short', 'HEAD'),
      'commit what belongs to the release, remove the rest',
    );
  },
};

/** More than any source here; what is built is made again by everybody. */
const largestFile = 2 * 1024 * 1024;

export const noLargeFiles: Check = {
  name: 'nothing built or large in git',
  run: ({ root }) => {
    const large = trackedFiles(root).flatMap((path) => {
      const size = statSync(join(root, path), { throwIfNoEntry: false })?.size ?? 0;
      return size > largestFile ? [`${path} has ${size} bytes`] : [];
    });
    return outcome(
      large,
      `no file above ${largestFile} bytes`,
      'git rm --cached them, and put their folder into .gitignore',
    );
  },
};

/** Written so that this file is not found by itself. */
const unfinished = new RegExp(
  `\\b(?:${['TO', 'FIX'].map((word) => `${word}${word === 'TO' ? 'DO' : 'ME'}`).join('|')})\\b`,
);

export const nothingUnfinished: Check = {
  name: 'nothing marked as unfinished',
  run: ({ root }) => {
    const found = linesWith(root, unfinished, sources);
    return outcome(found, 'no such mark', 'do it, or write an issue and take the mark out');
  },
};

/** Addresses that only somebody's own network knows. Test data uses names of RFC 2606 and addresses of RFC 5737. */
const privateHost =
  /\b(?:https?|ssh|git|nats|postgres(?:ql)?):\/\/(?:[^\s/@"'`]*@)?[a-z0-9.-]+\.(?:internal|intranet|corp|lan|home\.arpa)\b/i;
const ownRegistry =
  /^\s*(?:@[\w-]+:)?registry\s*=|"resolved": "(?!https:\/\/registry\.npmjs\.org\/)[^"]+:\/\//;

export const noPrivateHosts: Check = {
  name: 'no private host',
  run: ({ root }) => {
    const found = [
      ...linesWith(root, privateHost, () => true),
      ...linesWith(root, ownRegistry, (path) => /(?:^|\/)(?:\.npmrc|package-lock\.json)$/.test(path)),
    ];
    return outcome(found, 'no such address', 'take it out; a registry belongs into ~/.npmrc');
  },
};

function sources(path: string): boolean {
  return !/(?:^|\/)test\/|\.lock$|package-lock\.json$/.test(path);
}

function linesWith(root: string, pattern: RegExp, isWanted: (path: string) => boolean): string[] {
  return trackedFiles(root)
    .filter(isWanted)
    .flatMap((path) => {
      const stat = statSync(join(root, path), { throwIfNoEntry: false });
      // Larger ones are found by another check.
      if (!stat?.isFile() || stat.size > largestFile) return [];
      const lines = textOf(root, path)?.split('\n') ?? [];
      return lines.flatMap((line, index) =>
        pattern.test(line) ? [`${path}:${index + 1}: ${line.trim().slice(0, 100)}`] : [],
      );
    });
}
