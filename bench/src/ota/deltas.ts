import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { runtime } from '@gateway-engine/testkit';
import { makeDelta } from '../../../packages/platform/src/deltas/make-delta.ts';
import { installed } from '../debian.ts';
import { compare, print } from '../result.ts';
import { type Measured, measured } from './measured.ts';
import { type TwoVersions, twoVersions } from './packages.ts';

const bench = 'ota';

/** Bytes of the delta of one line in 20 MB beside those of other tools, and what it takes to make and to apply it. */
export async function deltas(folder: string, rounds: number): Promise<void> {
  const versions = await twoVersions(folder);
  const { oldTar, newTar, oldTarball, newTarball } = versions;
  const delta = join(folder, 'ours.zst');
  await makeDelta(oldTarball, newTarball, delta);
  const ours = bytesOf(delta);
  const line = 'bytes for a line more in an app of 20 MB';
  const about = { bench, metric: line, unit: 'bytes' };
  const goal = '<= 1.1 times zstd --patch-from -19';
  print(
    compare(
      { ...about, peer: 'zstd --patch-from -19', goal },
      [ours],
      [byZstd(versions)],
      (a, b) => a <= 1.1 * b,
    ),
  );
  const others: Record<string, () => number> = {
    bsdiff: () => byCommand(installed('bsdiff', 'bsdiff'), [oldTar, newTar], folder),
    'xdelta3 -9': () =>
      byCommand(installed('xdelta3', 'xdelta3'), ['-f', '-9', '-e', '-s', oldTar, newTar], folder),
    'casync, chunks and index': () => byCasync(versions, folder),
    'the whole tarball': () => bytesOf(newTarball),
  };
  for (const [peer, bytes] of Object.entries(others)) {
    print(compare({ ...about, peer, goal: 'stated' }, [ours], [bytes()], () => true));
  }
  const making = rounded(rounds, () =>
    measured({ work: 'make', from: oldTarball, to: newTarball, out: delta }),
  );
  state(
    'seconds to make it, on the platform',
    's',
    making.map(({ seconds }) => seconds),
  );
  state('memory above idle to make it, on the platform', 'MiB', making.map(above));
  const tar = {
    length: bytesOf(newTar),
    sha256: createHash('sha256').update(readFileSync(newTar)).digest('hex'),
  };
  for (const [name, command] of [
    ['Node.js', process.execPath],
    ['Bun', runtime('bun')],
  ] as const) {
    const applying = rounded(rounds, () => {
      const job = { kept: oldTarball, delta, tar, maximumBytes: 64 * 1024 * 1024 };
      return measured({ work: 'apply', delta: job, out: join(folder, 'made.tar.gz') }, command);
    });
    state(
      `seconds to apply it, on the gateway, ${name}`,
      's',
      applying.map(({ seconds }) => seconds),
    );
    state(`memory above idle to apply it, on the gateway, ${name}`, 'MiB', applying.map(above));
  }
}

function byZstd({ oldTar, newTar }: TwoVersions): number {
  const out = `${newTar}.zst`;
  const args = ['-q', '-f', '-19', `--patch-from=${oldTar}`, newTar, '-o', out];
  execFileSync(installed('zstd', 'zstd'), args, { stdio: 'ignore' });
  return bytesOf(out);
}

function byCommand(command: string, args: readonly string[], folder: string): number {
  const out = join(folder, 'peer.delta');
  execFileSync(command, [...args, out], { stdio: 'ignore' });
  return bytesOf(out);
}

/** What a gateway that has the old version must fetch: the new index, and the chunks that are not in the old one's store. */
function byCasync({ oldFolder, newFolder }: TwoVersions, folder: string): number {
  const command = installed('casync', 'casync');
  const store = join(folder, 'chunks');
  mkdirSync(store);
  const index = (name: string) => join(folder, `${name}.caidx`);
  const chunkBytes = () =>
    readdirSync(store, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .reduce((sum, entry) => sum + bytesOf(join(entry.parentPath, entry.name)), 0);
  const make = (name: string, from: string) =>
    execFileSync(command, ['make', `--store=${store}`, '--without=all', index(name), from], {
      stdio: 'ignore',
    });
  make('old', oldFolder);
  const before = chunkBytes();
  make('new', newFolder);
  const bytes = chunkBytes() - before + bytesOf(index('new'));
  rmSync(store, { recursive: true });
  return bytes;
}

function bytesOf(file: string): number {
  return statSync(file).size;
}

function above({ peak, idle }: Measured): number {
  return peak - idle;
}

function rounded(rounds: number, once: () => Measured): Measured[] {
  return Array.from({ length: rounds }, once);
}

function state(metric: string, unit: string, figures: readonly number[]): void {
  print(compare({ bench, metric, unit, peer: '', goal: 'stated' }, figures, [], () => true));
}
