import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import {
  bytesOf,
  crowdedTarball,
  type HugeTarball,
  type RawEntry,
  rawTar,
  rawTarball,
  zerosTarball,
} from '@gateway-engine/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GatewayKit, packageOf } from './gateway-kit.ts';

/** Says so if it is ever run. */
const [installer] = packageOf(['touch "$GWE_HOME/it-ran"']) as [RawEntry];
const conf: RawEntry = { path: 'supervisor.conf', content: '[supervisord]\ncommand = /bin/sleep 2300\n' };

const withEntries = (...entries: RawEntry[]) => rawTarball([installer, conf, ...entries]);
const whole = (huge: HugeTarball) => Buffer.concat([...bytesOf(huge)]);

function wrongChecksum(): Buffer {
  const tar = rawTar([installer, conf]);
  tar[148] = (tar[148] ?? 0) ^ 1;
  return gzipSync(tar);
}

const attacks: [attack: string, tarball: () => Buffer][] = [
  ['an absolute path', () => withEntries({ path: '/tmp/gwe-attacked', content: 'x' })],
  ['a path that leads out', () => withEntries({ path: '../../../out', content: 'x' })],
  [
    'a link that leads out, and a file below it',
    () => withEntries({ path: 'l', type: '2', linkpath: '../..' }, { path: 'l/out', content: 'x' }),
  ],
  [
    'a link over a link',
    () =>
      withEntries({ path: 'a', type: '2', linkpath: '.' }, { path: 'a/l', type: '2', linkpath: '../out' }),
  ],
  [
    'a hard link to a file of the system',
    () => withEntries({ path: 'l', type: '1', linkpath: '/etc/passwd' }),
  ],
  ['a device', () => withEntries({ path: 'd', type: '3' })],
  ['a pipe', () => withEntries({ path: 'd', type: '6' })],
  ['an entry twice', () => withEntries({ path: 'x', content: 'good' }, { path: 'x', content: 'bad' })],
  ['the installer twice', () => withEntries(installer)],
  ['a wrong checksum', wrongChecksum],
  ['a damaged gzip stream', () => withEntries().fill(0, 60, 80)],
  ['garbage behind it', () => Buffer.concat([withEntries(), Buffer.from('rm -rf /')])],
  ['another archive behind it', () => gzipSync(Buffer.concat([rawTar([installer]), rawTar([conf])]))],
  ['its end missing', () => withEntries().subarray(0, -20)],
  ['10 GB of zeros', () => whole(zerosTarball(installer, 10 * 1024 ** 3))],
  ['a million entries', () => whole(crowdedTarball(installer, 1_000_000))],
  ['a gwe.json that is none', () => withEntries({ path: 'gwe.json', content: '{"layout": "versoined"}' })],
];

describe('an archive that attacks', () => {
  let kit: GatewayKit;

  beforeAll(async () => {
    kit = await GatewayKit.make();
  });

  afterAll(async () => {
    await kit?.[Symbol.asyncDispose]();
  });

  it.each(attacks)('with %s is refused, and nothing of it comes to any place', async (_, tarball) => {
    kit.content.set('app.v1.tar.gz', tarball());
    const journal = kit.journal();
    journal.addInstruction(`app ${Math.random()}`, { install: ['app.v1.tar.gz'] });
    await kit.runner(journal).run(AbortSignal.timeout(60_000));
    expect(kit.takeStatus()).toMatch(/^app\.v1\.tar\.gz: failed: refused: /);

    expect(journal.app('app')).toBeUndefined();
    const { root, apps, staging, cache, programs, current } = kit.layout;
    expect(readdirSync(apps).filter((name) => ![staging, current].includes(join(apps, name)))).toEqual([]);
    for (const folder of [staging, current, cache, programs]) {
      if (existsSync(folder)) expect(readdirSync(folder)).toEqual([]);
    }
    for (const place of [
      '/tmp/gwe-attacked',
      join(dirname(root), 'out'),
      join(root, 'out'),
      join(root, 'it-ran'),
    ]) {
      expect(existsSync(place)).toBe(false);
    }
    kit.content.clear();
  });
});
