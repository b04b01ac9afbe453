import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type Check, outcome } from './check.ts';

export const releaseTargets = ['linux-x64', 'linux-arm64', 'linux-x64-musl', 'linux-arm64-musl'] as const;
export const checksumFile = 'SHA256SUMS';

/** What belongs to a release, by name. `signature` stands for the file that signs the checksums. */
export const artefacts: Check = {
  name: 'the artefacts are whole',
  run: async ({ artefacts: folder, version }) => {
    if (folder === undefined) {
      return { ok: true, detail: 'not looked at; give their folder with --artefacts DIR' };
    }
    if (!existsSync(folder)) return outcome([`${folder} is not there`], '', build);
    const names = readdirSync(folder);
    const problems = [...missingOf(names, version), ...(await wrongSums(folder, names))];
    return outcome(problems, `${names.length} files in ${folder}`, build);
  },
};

const build = 'build them anew on a clean tree, see docs/contributing/releasing.md';

function missingOf(names: readonly string[], version: string): string[] {
  const wanted = [...releaseTargets.map((target) => packageName(version, target)), checksumFile];
  return wanted.filter((name) => !names.includes(name)).map((name) => `${name} is missing`);
}

/** The documented name of a release package. */
export function packageName(version: string, target: string): string {
  return `GatewayEngine.v${version}-${target}.tar.gz`;
}

/** Every file has a line in the checksums, and its bytes. */
async function wrongSums(folder: string, names: readonly string[]): Promise<string[]> {
  if (!names.includes(checksumFile)) return [];
  const lines = readFileSync(join(folder, checksumFile), 'utf8').split('\n').filter(Boolean);
  const sums = new Map(
    lines.map((line) => {
      const [, sum = '', name = line] = /^([0-9a-f]{64}) [ *](.+)$/.exec(line) ?? [];
      return [name, sum] as const;
    }),
  );
  const problems: string[] = [];
  for (const name of names) {
    if (name.startsWith(checksumFile)) continue;
    const sum = sums.get(name);
    if (sum === undefined) problems.push(`${name} is not in ${checksumFile}`);
    else if (sum !== (await sha256(join(folder, name))))
      problems.push(`${name} is not the file of ${checksumFile}`);
  }
  for (const name of sums.keys())
    if (!names.includes(name)) problems.push(`${name} of ${checksumFile} is missing`);
  return problems;
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
