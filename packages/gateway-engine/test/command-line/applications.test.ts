import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { runToEnd } from '@gateway-engine/host';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HistoryEntry } from '../../src/command-line/history-entry.ts';
import { PackageFiles } from '../../src/ota/package-files.ts';
import { GatewayKit, packageOf } from '../ota/gateway-kit.ts';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

describe('the commands for applications', () => {
  let kit: GatewayKit;

  beforeAll(async () => {
    kit = await GatewayKit.make();
    await kit.startSupervisor();
    await writeFile(kit.layout.engineConfig, '[ota]\nprobation_secs = 1\nverify = off\n');
    for (const version of [1, 2]) {
      await kit.install(`app.v${version}.tar.gz`, packageOf([], sleeps(version)));
    }
  });

  afterAll(async () => {
    await kit?.[Symbol.asyncDispose]();
  });

  /** What is on standard output; what is on standard error begins with the command's name. */
  const withoutRemarks = (output: string) => JSON.parse(output.replace(/^gwe: .*\n/gm, ''));
  const sleeps = (version: number) => [`command = /bin/sleep ${7000 + version}`, 'startsecs = 0'];
  const gwe = (...args: string[]) =>
    runToEnd(process.execPath, [main, ...args], {
      env: { ...process.env, GWE_HOME: kit.layout.root },
      timeoutMs: 30_000,
    });

  it('gwe rollback runs the version before again, from the kept package, and leads back', async () => {
    const back = await gwe('rollback', 'app');
    expect(back.output).toContain('app.v1.tar.gz: installed\nits program is RUNNING');
    expect(back.exitCode).toBe(0);
    expect(await kit.commandOf('app')).toBe('/bin/sleep 7001');
    expect(kit.journal().app('app')).toMatchObject({ version: '1', previous: '2' });
    expect((await gwe('rollback', 'app')).exitCode).toBe(0);
    expect(await kit.commandOf('app')).toBe('/bin/sleep 7002');
  }, 60_000);

  it('gwe rollback takes back a version that is on probation', async () => {
    kit.probationSeconds = 1_000;
    kit.instruct(kit.journal(), 'app.v3.tar.gz', packageOf([], sleeps(3)));
    await kit.runner(kit.journal()).run(AbortSignal.timeout(60_000));
    const status = await gwe('status');
    expect(status.output).toMatch(
      /app\.v3\.tar\.gz: probation, waits \(probation\): it is on probation for 1000 s/,
    );
    const { output, exitCode } = await gwe('rollback', 'app');
    expect(output).toContain('app.v3.tar.gz: not installed: taken back by hand\nversion 2 is running again');
    expect(exitCode).toBe(0);
    expect(await kit.commandOf('app')).toBe('/bin/sleep 7002');
    kit.probationSeconds = 0;
  }, 60_000);

  it('gwe status says what is installed, and why something is not', async () => {
    await kit.install('broken.v1.tar.gz', [{ path: '../x' }]);
    const { output } = await gwe('status');
    expect(output).toContain('\napps\n  app 2, before it 1, not signed\n');
    expect(output).toContain('\nnot installed\n');
    expect(output).toContain('  broken.v1.tar.gz (package): refused: the path "../x" leads outside');
    const status = JSON.parse((await gwe('status', '--json')).output);
    expect(status.apps).toEqual([{ name: 'app', version: '2', previous: '1', signed: false }]);
    expect(status.refused.map(({ tarball }: { tarball: string }) => tarball)).toContain('broken.v1.tar.gz');
  }, 60_000);

  it('gwe history shows what was done and what came of it, the newest last', async () => {
    const { output } = await gwe('history', 'app', '--json');
    const entries = JSON.parse(output) as HistoryEntry[];
    expect(entries.map(({ version, from, source, state }) => [version, from, source, state])).toEqual([
      ['1', null, 'content', 'committed'],
      ['2', '1', 'content', 'committed'],
      ['1', '2', 'kept', 'committed'],
      ['2', '1', 'kept', 'committed'],
      ['3', '2', 'content', 'rolled-back'],
    ]);
    expect(entries.at(-1)).toMatchObject({ because: 'cancelled', reason: 'taken back by hand' });
    expect((await gwe('history')).output).toMatch(
      /Z {2}app 3 \(from 2\) {2}rolled-back: taken back by hand\n/,
    );
  }, 60_000);

  it('outcomes are printed as JSON for programs, entries of the history with the text for people', async () => {
    const kept = new PackageFiles(kit.layout).kept('app', '2');
    const [outcome] = withoutRemarks((await gwe('--install-apps', kept, '--json')).output);
    expect(outcome).toMatchObject({ what: 'install', app: 'app', version: '2', source: 'file' });
    expect(outcome.text).toMatch(/^app\.v2\.tar\.gz: /);
    const { output, exitCode } = await gwe('remove', 'nothing', '--json');
    expect(exitCode).toBe(1);
    expect(output).toContain('gwe: nothing was not removed\n');
    const refused = withoutRemarks(output);
    expect(refused).toMatchObject({ what: 'removal', app: 'nothing', because: 'package' });
    expect(refused.text).toBe('nothing: not removed: nothing is not installed');
  }, 60_000);

  it('gwe remove takes an application away; what is not there is one line and exit code 1', async () => {
    expect((await gwe('remove', 'app')).output).toBe('app: version 2 removed\n');
    expect(await kit.commandOf('app')).toBeUndefined();
    for (const [word, line] of [
      ['remove', 'app: not removed: app is not installed'],
      ['rollback', 'app is not installed; gwe status lists what is'],
    ] as const) {
      const { output, exitCode } = await gwe(word, 'app');
      expect(output).toContain(line);
      expect(exitCode).toBe(1);
    }
    for (const word of ['remove', 'rollback', 'history']) {
      const { output, exitCode } = await gwe(word, '--help');
      expect(output).toMatch(/Examples?:/);
      expect(exitCode).toBe(0);
    }
  }, 60_000);
});
