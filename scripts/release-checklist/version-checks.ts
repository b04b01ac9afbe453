import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkRepository } from '../docs-links.ts';
import { type Check, outcome } from './check.ts';
import { git } from './tracked-files.ts';
import { versionPlaces } from './version-places.ts';

export const sameVersion: Check = {
  name: 'the version is the same everywhere',
  run: ({ root, version }) => {
    const places = versionPlaces(root);
    const others = places.flatMap((place) => {
      const found = new Set(place.versions(readFileSync(join(root, place.path), 'utf8')));
      found.delete(version);
      return found.size === 0 ? [] : [`${place.path} has ${[...found].join(', ')}`];
    });
    return outcome(others, `${version} in ${places.length} files`, `npm run set-version -- ${version}`);
  },
};

export const changelogSection: Check = {
  name: 'CHANGELOG.md has the version',
  run: ({ root, version }) => {
    const lines = readFileSync(join(root, 'CHANGELOG.md'), 'utf8').split('\n');
    const at = lines.findIndex(
      (line) => line.startsWith('## ') && line.slice(3).split(/[\s,]/)[0] === version,
    );
    const heading = lines[at] ?? '';
    const next = lines.findIndex((line, index) => index > at && line.startsWith('## '));
    const body = lines.slice(at + 1, next === -1 ? undefined : next).some((line) => line.trim() !== '');
    const problems =
      at === -1
        ? [`CHANGELOG.md has no section "## ${version}"`]
        : [
            ...(/\d{4}-\d{2}-\d{2}$/.test(heading.trim())
              ? []
              : [`CHANGELOG.md:${at + 1}: "${heading}" has no date`]),
            ...(body ? [] : [`CHANGELOG.md:${at + 1}: the section is empty`]),
          ];
    return outcome(problems, heading.slice(3), `write "## ${version}, YYYY-MM-DD" with what users notice`);
  },
};

export const tagIsFree: Check = {
  name: 'the version was not released before',
  run: ({ root, version }) => {
    const tag = `v${version}`;
    const isTaken = git(root, 'tag', '--list', tag) !== '';
    const isHere = isTaken && git(root, 'rev-parse', `${tag}^{commit}`) === git(root, 'rev-parse', 'HEAD');
    return outcome(
      isTaken && !isHere ? [`the tag ${tag} is on another commit`] : [],
      isHere ? `${tag} is this commit` : `${tag} is free`,
      'a version that was given out never changes: take the next one',
    );
  },
};

export const docsLinks: Check = {
  name: 'links in the documentation lead somewhere',
  run: ({ root }) => {
    const { problems, links } = checkRepository(root);
    return outcome(problems, `${links} links`, 'correct them');
  },
};
