import { createHash } from 'node:crypto';
import { readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { silentLogger, systemClock } from '@gateway-engine/host';
import { temporaryFolder, waitUntil } from '@gateway-engine/testkit';
import { describe, expect, it } from 'vitest';
import { type DeltaOptions, Deltas } from '../../src/deltas/deltas.ts';
import type { Content } from '../../src/store/port.ts';
import { twoVersions } from './two-versions.ts';

async function site(options: Partial<DeltaOptions> = {}) {
  const home = await temporaryFolder();
  const folder = join(home.path, 'deltas');
  const deltas = await Deltas.open({ folder, clock: systemClock, logger: silentLogger, ...options });
  return {
    deltas,
    folder,
    content: (id: string, bytes: Buffer): Content => {
      const blob = join(home.path, id);
      writeFileSync(blob, bytes);
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      return { product: 'p', id, contentType: '', size: bytes.length, sha256, updated: 0, meta: '', blob };
    },
    [Symbol.asyncDispose]: async () => {
      await deltas.close();
      await home[Symbol.asyncDispose]();
    },
  };
}

/** What is found, with its file closed again. */
async function sizeBetween(deltas: Deltas, from: Content, to: Content): Promise<number | 'none' | 'later'> {
  const found = await deltas.between(from, to);
  if (typeof found === 'string') return found;
  await found.file.close();
  return found.size;
}

// Too large to be made within the platform.
const large = packed(twoVersions(5_000_000));
const small = packed(twoVersions(200_000));

function packed({ old, changed }: { old: Buffer; changed: Buffer }) {
  return { old: gzipSync(old, { level: 1 }), changed: gzipSync(changed, { level: 1 }) };
}

describe('the deltas of a platform', () => {
  it('are made once, however many ask, and kept', async () => {
    await using it = await site();
    const [from, to] = [it.content('a', large.old), it.content('b', large.changed)];
    const sizes = await Promise.all(Array.from({ length: 20 }, () => sizeBetween(it.deltas, from, to)));
    expect(new Set(sizes).size).toBe(1);
    expect(sizes[0]).toBeGreaterThan(0);
    const [file = ''] = readdirSync(it.folder);
    const made = statSync(join(it.folder, file));
    expect(await sizeBetween(it.deltas, from, to)).toBe(sizes[0]);
    expect(statSync(join(it.folder, file)).ino).toBe(made.ino);
  });

  it('are made within the platform when they are small, and in a process of their own when not', async () => {
    await using it = await site();
    const contents = [small.old, small.changed, large.old].map((tar, at) => it.content(`c${at}`, tar));
    const [a, b, c] = contents as [Content, Content, Content];
    expect(await sizeBetween(it.deltas, a, b)).toBeGreaterThan(0);
    expect(await sizeBetween(it.deltas, a, c)).toBe('none');
  });

  it('are said to come later when they take longer than a request may wait', async () => {
    await using it = await site({ patienceMs: 1 });
    const [from, to] = [it.content('a', large.old), it.content('b', large.changed)];
    expect(await sizeBetween(it.deltas, from, to)).toBe('later');
    const isHere = async () => typeof (await sizeBetween(it.deltas, from, to)) === 'number';
    await waitUntil('the delta', isHere, { timeoutMs: 60_000 });
  });

  it('are not offered when they would spare little, and that is remembered', async () => {
    await using it = await site();
    const other = createHash('sha512').update('x').digest();
    const [from, to] = [it.content('a', gzipSync(other)), it.content('b', small.old)];
    expect(await sizeBetween(it.deltas, from, to)).toBe('none');
    expect(readdirSync(it.folder)).toEqual([`${from.sha256}-${to.sha256}.zst`]);
    expect(await sizeBetween(it.deltas, from, to)).toBe('none');
  });

  it('are none of what is no gzip', async () => {
    await using it = await site();
    const [from, to] = [it.content('a', Buffer.from('no gzip')), it.content('b', small.old)];
    expect(await sizeBetween(it.deltas, from, to)).toBe('none');
  });

  it('that cannot be made now are none, and are tried again after a while', async () => {
    let later = 0;
    const clock = { ...systemClock, monotonic: () => systemClock.monotonic() + later };
    await using it = await site({ clock });
    const [from, to] = [it.content('a', small.old), it.content('b', small.changed)];
    const gone = { ...from, blob: `${from.blob}-gone` };
    expect(await sizeBetween(it.deltas, gone, to)).toBe('none');
    expect(await sizeBetween(it.deltas, from, to)).toBe('none');
    later = 600_001;
    expect(await sizeBetween(it.deltas, from, to)).toBeGreaterThan(0);
  });

  it('give way when there are too many bytes, the longest unused first', async () => {
    await using it = await site({ maximumBytes: 10_000 });
    const contents = [small.old, small.changed, packed(twoVersions(202_000)).old].map((tar, at) =>
      it.content(`c${at}`, tar),
    );
    const [a, b, c] = contents as [Content, Content, Content];
    await sizeBetween(it.deltas, a, b);
    const first = join(it.folder, `${a.sha256}-${b.sha256}.zst`);
    utimesSync(first, 1, 1);
    await sizeBetween(it.deltas, b, a);
    await sizeBetween(it.deltas, b, c);
    expect(readdirSync(it.folder)).not.toContain(`${a.sha256}-${b.sha256}.zst`);
    expect(readdirSync(it.folder)).toContain(`${b.sha256}-${c.sha256}.zst`);
  });

  it('under way are ended when the platform stops, and what they had made is removed at its next start', async () => {
    await using it = await site();
    const [from, to] = [it.content('a', large.old), it.content('b', large.changed)];
    const asked = sizeBetween(it.deltas, from, to);
    await it.deltas.close();
    expect(await asked).toBe('later');
    writeFileSync(join(it.folder, 'x.making'), 'half');
    await Deltas.open({ folder: it.folder, clock: systemClock, logger: silentLogger });
    expect(readdirSync(it.folder)).toEqual([]);
  });
});
