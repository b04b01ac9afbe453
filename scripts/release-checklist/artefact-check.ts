import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { claimedStatement, FileSignatureError } from '@gateway-engine/app-package';
import { describeError } from '@gateway-engine/host';
import { type Check, outcome } from './check.ts';

/** Targets of a release, with the name that Debian has for the processor. */
const targets = {
  'linux-x64': 'amd64',
  'linux-arm64': 'arm64',
  'linux-x64-musl': undefined,
  'linux-arm64-musl': undefined,
} as const;
type Target = keyof typeof targets;

export const checksumFile = 'SHA256SUMS';
export const signatureFile = `${checksumFile}.sig`;

/** The documented name of a release package. */
export function packageName(version: string, target: string): string {
  return `GatewayEngine.v${version}-${target}.tar.gz`;
}

/** What `npm run release -- --target all` makes, beside the checksums. */
export function artefactNames(version: string): string[] {
  return (Object.keys(targets) as Target[]).flatMap((target) => [
    packageName(version, target),
    `gateway-engine-${version}-${target}.xz`,
    ...(targets[target] ? [`gateway-engine_${version}_${targets[target]}.deb`] : []),
  ]);
}

const build = 'build them anew from a clean tree: npm run release -- --target all';

export const artefacts: Check = {
  name: 'the artefacts are whole',
  run: async ({ artefacts: folder, version }) => {
    if (folder === undefined) return notLookedAt;
    if (!existsSync(folder)) return outcome([`${folder} is not there`], '', build);
    const names = readdirSync(folder);
    const wanted = [...artefactNames(version), checksumFile];
    const problems = [
      ...wanted.filter((name) => !names.includes(name)).map((name) => `${name} is missing`),
      ...(await wrongSums(folder, names)),
      ...names
        .filter((name) => name.endsWith('.tar.gz'))
        .flatMap((name) => problemsWithin(folder, name, version)),
    ];
    return outcome(problems, `${names.length} files in ${folder}`, build);
  },
};

export const signedChecksums: Check = {
  name: 'the checksums are signed',
  run: async ({ artefacts: folder }) => {
    if (folder === undefined) return notLookedAt;
    const problem = await problemOfSignature(folder);
    const advice = `sign what was built: gwe sign ${join(folder, checksumFile)}`;
    return outcome(problem === undefined ? [] : [problem], 'whose key it was is shown by gwe verify', advice);
  },
};

async function problemOfSignature(folder: string): Promise<string | undefined> {
  const [list, signature] = [join(folder, checksumFile), join(folder, signatureFile)];
  if (!existsSync(list) || !existsSync(signature)) return `${signatureFile} is missing`;
  try {
    const statement = claimedStatement(readFileSync(signature));
    if (statement.file === checksumFile && statement.sha256 === (await sha256(list))) return undefined;
    return `${signatureFile} is the signature of another file`;
  } catch (error) {
    if (!(error instanceof FileSignatureError)) throw error;
    return `${signatureFile}: ${error.message}`;
  }
}

export const reproducible: Check = {
  name: 'a second build has the same bytes',
  run: ({ artefacts: folder, again }) => {
    if (folder === undefined || again === undefined) return { ...notLookedAt, detail: secondBuild };
    const [first, second] = [readSums(folder), readSums(again)];
    const names = [...new Set([...first.keys(), ...second.keys()])];
    const others = names.filter((name) => first.get(name) !== second.get(name));
    return outcome(
      others.map((name) => `${name} differs`),
      `${names.length} files`,
      'find what differs (diffoscope shows it): a time, a path, an order',
    );
  },
};

const notLookedAt = { ok: true, detail: 'not looked at; give their folder with --artefacts DIR' } as const;
const secondBuild = 'not looked at; give the folder of a second build with --again DIR';

/** A package says its own version, and of what it is made. */
function problemsWithin(folder: string, name: string, version: string): string[] {
  try {
    const inside = (file: string) =>
      execFileSync('tar', ['-xOzf', join(folder, name), `gateway-engine/${file}`], {
        encoding: 'utf8',
        maxBuffer: 64 * 1024 * 1024,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
    const own = inside('version').trim();
    const bom = JSON.parse(inside('sbom.cdx.json')) as { bomFormat?: string; components?: unknown[] };
    return [
      ...(own === version ? [] : [`${name} has version ${own} in it`]),
      ...(bom.bomFormat === 'CycloneDX' && bom.components?.length
        ? []
        : [`${name} has no components in its SBOM`]),
    ];
  } catch (cause) {
    return [`${name} cannot be read: ${describeError(cause).slice(0, 200)}`];
  }
}

function readSums(folder: string): Map<string, string> {
  const lines = readFileSync(join(folder, checksumFile), 'utf8').split('\n').filter(Boolean);
  return new Map(
    lines.map((line) => {
      const [, sum = '', name = line] = /^([0-9a-f]{64}) [ *](.+)$/.exec(line) ?? [];
      return [name, sum] as const;
    }),
  );
}

/** Every file has a line in the checksums, and its bytes. */
async function wrongSums(folder: string, names: readonly string[]): Promise<string[]> {
  if (!names.includes(checksumFile)) return [];
  const sums = readSums(folder);
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
