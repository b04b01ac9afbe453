import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sha256Of, signFile } from '@gateway-engine/app-package';
import { runToEnd } from '@gateway-engine/host';
import { beforeEach, expect, test } from 'vitest';
import { artefactNames, packageName } from '../../release-checklist/artefact-check.ts';
import { checklistText, runChecks } from '../../release-checklist/run-checks.ts';
import { type SmallRepository, smallRepository } from './small-repository.ts';

let repository: SmallRepository;

beforeEach(async () => {
  repository = await smallRepository();
  return () => repository[Symbol.asyncDispose]();
});

/** What failed, by the check's name. */
async function failures(
  options: { version?: string; artefacts?: string; again?: string } = {},
): Promise<Record<string, string[]>> {
  const items = await runChecks({
    root: repository.root,
    version: options.version ?? '1.2.0',
    artefacts: options.artefacts,
    again: options.again,
  });
  return Object.fromEntries(
    items.flatMap(({ name, outcome }) => (outcome.ok ? [] : [[name, [...outcome.problems]]])),
  );
}

test('a repository that is ready passes every check', async () => {
  expect(await failures()).toEqual({});
});

test('what is not committed is named', async () => {
  repository.write('docs/c.md', '# C\n');
  expect(await failures()).toEqual({ 'nothing uncommitted': ['?? docs/c.md'] });
});

test('another version than the one to be released is named with its file, in the client and the documentation too', async () => {
  const { 'the version is the same everywhere': found, ...others } = await failures({ version: '1.3.0' });
  expect(found?.toSorted()).toEqual([
    'clients/python/exo/__init__.py has 1.2.0',
    'clients/python/gwe-buildfile.json has 1.2.0',
    'docs/a.md has 1.2.0',
    'package-lock.json has 1.2.0',
    'package.json has 1.2.0',
    'packages/gmq/package.json has 1.2.0',
    'packages/host/package.json has 1.2.0',
  ]);
  expect(others).toEqual({ 'CHANGELOG.md has the version': ['CHANGELOG.md has no section "## 1.3.0"'] });
});

test('a version that was given out before is refused, unless it is this very commit', async () => {
  repository.git('tag', 'v1.2.0');
  expect(await failures()).toEqual({});
  repository.commit();
  expect(await failures()).toEqual({
    'the version was not released before': ['the tag v1.2.0 is on another commit'],
  });
});

test.each([
  ['## 1.2.0, unreleased\n\n- Better.\n', 'CHANGELOG.md:3: "## 1.2.0, unreleased" has no date'],
  ['## 1.2.0, 2026-03-01\n\n## 1.1.0\n', 'CHANGELOG.md:3: the section is empty'],
  ['## 1.2.0-rc.1, 2026-03-01\n\n- Better.\n', 'CHANGELOG.md has no section "## 1.2.0"'],
])('a change log with %j is not finished', async (section, problem) => {
  repository.write('CHANGELOG.md', `# Changes\n\n${section}`);
  repository.commit();
  expect(await failures()).toEqual({ 'CHANGELOG.md has the version': [problem] });
});

test.each([
  [
    'a link that leads nowhere',
    () => repository.write('docs/a.md', '[B](c.md)\n'),
    'links in the documentation lead somewhere',
    'docs/a.md:1: c.md is not in the repository',
  ],
  [
    'a mark of unfinished work',
    () => repository.write('packages/gmq/src/a.ts', `// ${'TO'}${'DO'}: later\n`),
    'nothing marked as unfinished',
    `packages/gmq/src/a.ts:1: // ${'TO'}${'DO'}: later`,
  ],
  [
    'a host of a private network',
    () => repository.write('docs/b.md', `# B\n\n## Two\n\nAsk https://build.example.${'internal'}/jobs.\n`),
    'no private host',
    `docs/b.md:5: Ask https://build.example.${'internal'}/jobs.`,
  ],
  [
    'a registry of a private network',
    () => repository.write('.npmrc', 'registry = https://npm.example.org\n'),
    'no private host',
    '.npmrc:1: registry = https://npm.example.org',
  ],
  [
    'a large file',
    () => repository.write('build/gateway-engine', 'x'.repeat(3 * 1024 * 1024)),
    'nothing built or large in git',
    'build/gateway-engine has 3145728 bytes',
  ],
])('%s is named with its place', async (_what, change, check, problem) => {
  change();
  repository.commit();
  expect(await failures()).toEqual({ [check]: [problem] });
});

test('a lock file that npm ci would not take is refused, and one without the packages of another platform', async () => {
  repository.write('packages/gmq/package.json', {
    name: '@gateway-engine/gmq',
    version: '1.2.0',
    dependencies: { '@gateway-engine/host': '1.2.0', zod: '4.6.7' },
  });
  const lock = JSON.parse(repository.git('show', 'HEAD:package-lock.json'));
  delete lock.packages['node_modules/pino-linux-arm64'];
  repository.write('package-lock.json', lock);
  repository.commit();
  expect(await failures()).toEqual({
    'lock files are complete': [
      'package-lock.json: "packages/gmq" wants zod 4.6.7, locked is nothing',
      'package-lock.json: pino-linux-arm64, which "node_modules/pino" wants, has no entry',
    ],
  });
});

test('a run of the tests that failed, was on another commit, or is missing is no run', async () => {
  const name = 'all tests passed on this commit';
  const about = {
    clean: true,
    passed: 9,
    failed: 2,
    at: 'today',
    commit: repository.git('rev-parse', 'HEAD'),
  };
  const file = 'node_modules/.cache/last-tests.json';
  repository.write(file, about);
  expect(await failures()).toEqual({ [name]: ['2 failed in the last run (today)'] });
  repository.write(file, { ...about, failed: 0, commit: '0123456789', clean: false });
  expect(await failures()).toEqual({
    [name]: [
      expect.stringMatching(/^the last run \(today\) was on 0123456, this is /),
      'in the last run (today) something was not committed',
    ],
  });
});

test('artefacts have to be all there and signed, with the bytes of their checksums and the version within', async () => {
  await using folder = await smallRepository();
  const out = join(folder.root, 'out');
  folder.write('gateway-engine/version', '1.2.0\n');
  folder.write('gateway-engine/sbom.cdx.json', { bomFormat: 'CycloneDX', components: [{ name: 'zod' }] });
  mkdirSync(out);
  const names = artefactNames('1.2.0');
  const pack = (name: string) =>
    execFileSync('tar', ['-czf', join(out, name), '-C', folder.root, 'gateway-engine'], { stdio: 'pipe' });
  const sum = () => {
    const sums = execFileSync('sha256sum', names, { cwd: out, encoding: 'utf8' });
    folder.write('out/SHA256SUMS', sums);
    const statement = {
      product: 'demo',
      file: 'SHA256SUMS',
      sha256: sha256Of(Buffer.from(sums)),
      signedAt: 0,
    };
    folder.write('out/SHA256SUMS.sig', signFile(statement, [Buffer.from('a root')], []).toString());
  };
  for (const name of names) {
    if (name.endsWith('.tar.gz')) pack(name);
    else folder.write(`out/${name}`, `bytes of ${name}`);
  }
  sum();
  cpSync(out, join(folder.root, 'again'), { recursive: true });
  const again = join(folder.root, 'again');
  expect(names).toHaveLength(10);
  expect(await failures({ artefacts: out, again })).toEqual({});

  const deb = 'gateway-engine_1.2.0_amd64.deb';
  folder.write(`out/${deb}`, 'other bytes');
  folder.write('out/more.txt', '');
  expect(await failures({ artefacts: out })).toEqual({
    'the artefacts are whole': [
      `${deb} is not the file of SHA256SUMS`,
      'more.txt is not in SHA256SUMS',
    ].sort(),
  });

  rmSync(join(out, 'more.txt'));
  const before = readFileSync(join(out, 'SHA256SUMS'), 'utf8');
  folder.write('out/SHA256SUMS', `${before}\n`);
  const signed = async () => (await failures({ artefacts: out }))['the checksums are signed'];
  expect(await signed()).toEqual(['SHA256SUMS.sig is the signature of another file']);
  folder.write('out/SHA256SUMS.sig', 'torn');
  expect(await signed()).toEqual([
    expect.stringMatching(/^SHA256SUMS\.sig: it is no signature that gwe sign/),
  ]);
  rmSync(join(out, 'SHA256SUMS.sig'));
  expect(await signed()).toEqual(['SHA256SUMS.sig is missing']);

  folder.write('gateway-engine/version', '1.1.0\n');
  pack(packageName('1.2.0', 'linux-arm64'));
  sum();
  expect(await failures({ artefacts: out, again })).toEqual({
    'the artefacts are whole': ['GatewayEngine.v1.2.0-linux-arm64.tar.gz has version 1.1.0 in it'],
    'a second build has the same bytes': expect.arrayContaining([`${deb} differs`]),
  });
});

test('as a command it prints a line for each check and what to do, and fails with exit code 1', async () => {
  const script = fileURLToPath(new URL('../../release-checklist.ts', import.meta.url));
  const run = (...args: string[]) =>
    runToEnd(process.execPath, [script, '--root', repository.root, ...args], { timeoutMs: 15_000 });
  const good = await run('1.2.0');
  expect(good.output).toMatch(/^ok +the version is the same everywhere \(1\.2\.0 in 7 files\)$/m);
  expect(good.output).toMatch(/^ready to be released$/m);
  expect(good.exitCode).toBe(0);
  const bad = await run('1.3.0');
  expect(bad.output).toMatch(/^failed +the version is the same everywhere$/m);
  expect(bad.output).toMatch(/^ +-> npm run set-version -- 1\.3\.0$/m);
  expect(bad.exitCode).toBe(1);
  expect((await run('one')).output).toContain('"one" is no version');
});

test('a check that cannot be run has failed, and the others are run', async () => {
  const items = await runChecks({ root: '/nowhere/at/all', version: '1.2.0', artefacts: undefined });
  expect(items.find(({ name }) => name === 'nothing uncommitted')?.outcome.ok).toBe(false);
  expect(checklistText(items)).toMatch(/^failed {2}CHANGELOG\.md has the version$/m);
});
