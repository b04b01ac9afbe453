import { gzipSync } from 'node:zlib';
import {
  bytesOf,
  crowdedTarball,
  type RawEntry,
  rawHeader,
  rawTar,
  rawTarball,
  zerosTarball,
} from '@gateway-engine/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultArchiveLimits } from '../src/archive-limits.ts';
import { ArchiveError, inspectTarball, readArchive } from '../src/index.ts';

const installer: RawEntry = { path: 'install.sh', mode: 0o755, content: '#!/bin/sh\necho hello\n' };
const conf: RawEntry = { path: 'supervisor.conf', content: '[supervisord]\ncommand = ./run\n' };

const inspect = (bytes: Uint8Array, limits = defaultArchiveLimits) => inspectTarball([bytes], limits);

async function problemOf(bytes: Uint8Array, limits = defaultArchiveLimits): Promise<string> {
  try {
    await inspect(bytes, limits);
    return 'none';
  } catch (error) {
    expect(error).toBeInstanceOf(ArchiveError);
    return (error as ArchiveError).code;
  }
}

const withInstaller = (...entries: RawEntry[]) => rawTarball([installer, ...entries]);

describe('a good tarball', () => {
  it('with a supervisor.conf is a program', async () => {
    expect(await inspect(rawTarball([installer, conf]))).toMatchObject({
      kind: 'program',
      installer: 'install.sh',
      topDirectory: undefined,
      supervisorConf: conf.content,
    });
  });

  it('without one runs once', async () => {
    expect(await inspect(rawTarball([installer]))).toMatchObject({ kind: 'one-off' });
  });

  it('with a setup.py only is a library', async () => {
    expect(await inspect(rawTarball([{ path: 'setup.py', content: 'x' }]))).toMatchObject({
      kind: 'library',
      installer: 'setup.py',
    });
  });

  it('may have everything in one top-level directory', async () => {
    const entries = [installer, conf].map((entry) => ({ ...entry, path: `my_app.v1/${entry.path}` }));
    expect(await inspect(rawTarball([{ path: 'my_app.v1/', type: '5' }, ...entries]))).toMatchObject({
      kind: 'program',
      topDirectory: 'my_app.v1',
    });
  });

  it('may have ./ in front, links inside, hard links to earlier files and long names', async () => {
    const long = `${'d'.repeat(60)}/${'f'.repeat(120)}`;
    const record = `path=${long}\n`;
    const length = record.length + 4;
    const bytes = rawTarball([
      { path: './', type: '5', mode: 0o755 },
      { ...installer, path: './install.sh' },
      { path: './lib/', type: '5' },
      { path: './lib/libx.so.1', content: 'x' },
      { path: './lib/libx.so', type: '2', linkpath: 'libx.so.1' },
      { path: './lib/up', type: '2', linkpath: '../install.sh' },
      { path: './copy', type: '1', linkpath: './lib/libx.so.1' },
      { path: 'PaxHeader', type: 'x', content: `${length} ${record}` },
      { path: 'short', content: 'y' },
      { path: '././@LongLink', type: 'L', content: `${'e/'.repeat(60)}g\0` },
      { path: 'short', content: 'z' },
    ]);
    const seen: string[] = [];
    for await (const item of readArchive([bytes])) if (item.kind === 'entry') seen.push(item.entry.path);
    expect(seen).toContain(long);
    expect(seen).toContain(`${'e/'.repeat(60)}g`);
    expect(await inspect(bytes)).toMatchObject({ kind: 'one-off', bytes: 24 });
  });
});

describe('a package with a gwe.json', () => {
  const manifest = (value: unknown): RawEntry => ({ path: 'gwe.json', content: JSON.stringify(value) });
  const versioned = manifest({ layout: 'versioned' });

  it('says what is in it', async () => {
    expect(
      await inspect(withInstaller(conf, manifest({ data: true, limits: { nofile: 64 } }))),
    ).toMatchObject({
      kind: 'program',
      installer: 'install.sh',
      manifest: { layout: 'installer', data: true, limits: { nofile: 64 } },
    });
    expect((await inspect(withInstaller())).manifest).toBeUndefined();
  });

  it('needs no installer in the versioned layout, and may have one', async () => {
    expect(await inspect(rawTarball([versioned, conf]))).toMatchObject({
      kind: 'program',
      installer: undefined,
    });
    expect(await inspect(rawTarball([versioned]))).toMatchObject({ kind: 'library', installer: undefined });
    expect(await inspect(rawTarball([versioned, installer]))).toMatchObject({ installer: 'install.sh' });
  });

  it('may lie in one top-level directory', async () => {
    const entries = [versioned, conf].map((entry) => ({ ...entry, path: `app/${entry.path}` }));
    expect(await inspect(rawTarball(entries))).toMatchObject({
      topDirectory: 'app',
      manifest: { layout: 'versioned' },
    });
  });

  it.each<[string, RawEntry[], string]>([
    ['without an installer in the other layout', [manifest({})], 'NO_INSTALLER'],
    ['that is no JSON', [installer, { path: 'gwe.json', content: '{' }], 'MANIFEST'],
    ['with a key that is not known', [installer, manifest({ heathcheck: {} })], 'MANIFEST'],
    ['that is a link', [installer, { path: 'gwe.json', type: '2', linkpath: 'install.sh' }], 'MANIFEST'],
    ['that is too large', [installer, { path: 'gwe.json', content: ' '.repeat(65_537) }], 'MANIFEST'],
    ['with limits of no program', [installer, manifest({ limits: { nofile: 64 } })], 'MANIFEST'],
    [
      'that says again what supervisor.conf says',
      [installer, { ...conf, content: '[supervisord]\nnofile = 3\n' }, manifest({ limits: { nofile: 64 } })],
      'MANIFEST',
    ],
    [
      'and a hook that cannot run',
      [installer, manifest({}), { path: 'pre_update.sh', content: '#!/bin/sh\n' }],
      'HOOK_NOT_RUNNABLE',
    ],
    ['and a hook that is a directory', [installer, { path: 'uninstall.sh', type: '5' }], 'HOOK_NOT_RUNNABLE'],
  ])('is refused %s', async (_, entries, code) => {
    expect(await problemOf(rawTarball(entries))).toBe(code);
  });
});

describe('a tarball is refused', () => {
  it.each<[string, RawEntry, string]>([
    ['an absolute path', { path: '/etc/passwd' }, 'UNSAFE_PATH'],
    ['a path that leads out', { path: '../x' }, 'UNSAFE_PATH'],
    ['a path that leads out by a detour', { path: 'a/b/../../../x' }, 'UNSAFE_PATH'],
    ['a path with a line break', { path: 'a\nb' }, 'UNSAFE_PATH'],
    ['a symlink to an absolute path', { path: 'l', type: '2', linkpath: '/etc' }, 'UNSAFE_LINK'],
    ['a symlink that leads out', { path: 'a/l', type: '2', linkpath: '../../x' }, 'UNSAFE_LINK'],
    ['a symlink that goes down and up again', { path: 'l', type: '2', linkpath: 'a/../..' }, 'UNSAFE_LINK'],
    ['a hard link to an outside file', { path: 'l', type: '1', linkpath: '/etc/shadow' }, 'UNSAFE_PATH'],
    ['a hard link to nothing', { path: 'l', type: '1', linkpath: 'nowhere' }, 'UNSAFE_LINK'],
    ['a character device', { path: 'd', type: '3' }, 'UNSUPPORTED_ENTRY'],
    ['a block device', { path: 'd', type: '4' }, 'UNSUPPORTED_ENTRY'],
    ['a pipe', { path: 'd', type: '6' }, 'UNSUPPORTED_ENTRY'],
    ['an entry of unknown type', { path: 'd', type: 'Q' }, 'UNSUPPORTED_ENTRY'],
    ['a sparse file', { path: 'd', type: 'S' }, 'UNSUPPORTED_ENTRY'],
    ['a second install.sh', installer, 'DUPLICATE_ENTRY'],
    ['a file below a file', { path: 'install.sh/x' }, 'UNSAFE_PATH'],
    ['a damaged pax header', { path: 'p', type: 'x', content: '99 path=x\n' }, 'DAMAGED'],
    ['a huge extended header', { path: 'p', type: 'x', content: 'x'.repeat(70_000) }, 'TOO_LARGE'],
    ['a size beyond the archive', { path: 'f', size: 10_000 }, 'TRUNCATED'],
  ])('for %s', async (_, entry, code) => {
    expect(await problemOf(withInstaller(entry))).toBe(code);
  });

  it('for a file below a symlink, even one that stays inside', async () => {
    const bytes = withInstaller(
      { path: 'd', type: '5' },
      { path: 'l', type: '2', linkpath: 'd' },
      { path: 'l/x', content: 'x' },
    );
    expect(await problemOf(bytes)).toBe('UNSAFE_PATH');
  });

  it('for a link that leaves the top-level directory, which goes away when it is unpacked', async () => {
    const bytes = rawTarball([
      { ...installer, path: 'top/install.sh' },
      { path: 'top/l', type: '2', linkpath: '../top/install.sh' },
    ]);
    expect(await problemOf(bytes)).toBe('UNSAFE_LINK');
  });

  it.each<[string, RawEntry[], string]>([
    ['no installer', [{ path: 'README' }], 'NO_INSTALLER'],
    ['nothing in it', [], 'NO_INSTALLER'],
    ['an installer two directories down', [{ ...installer, path: 'a/b/install.sh' }], 'NO_INSTALLER'],
    ['two top-level directories', [{ ...installer, path: 'a/install.sh' }, { path: 'b/x' }], 'NO_INSTALLER'],
    ['an installer without the execute bit', [{ ...installer, mode: 0o644 }], 'INSTALLER_NOT_RUNNABLE'],
    ['an installer without a shell', [{ ...installer, content: 'echo hi\n' }], 'INSTALLER_NOT_RUNNABLE'],
    [
      'an installer with Windows line ends',
      [{ ...installer, content: '#!/bin/sh\r\n' }],
      'INSTALLER_NOT_RUNNABLE',
    ],
    ['an empty installer', [{ ...installer, content: '' }], 'INSTALLER_NOT_RUNNABLE'],
    ['an installer that is a directory', [{ path: 'install.sh', type: '5' }], 'INSTALLER_NOT_RUNNABLE'],
    ['a supervisor.conf without its section', [installer, { ...conf, content: 'x = y' }], 'SUPERVISOR_CONF'],
    [
      'a supervisor.conf with further sections',
      [installer, { ...conf, content: '[supervisord]\n[program:x]\n' }],
      'SUPERVISOR_CONF',
    ],
  ])('with %s', async (_, entries, code) => {
    expect(await problemOf(rawTarball(entries))).toBe(code);
  });

  it('when it is cut anywhere', async () => {
    const whole = withInstaller(conf, {
      path: 'noise',
      content: Buffer.from(Array.from({ length: 3000 }, (_, at) => at % 251)),
    });
    for (let end = 0; end < whole.length; end += 7) {
      expect(['NOT_GZIP', 'TRUNCATED']).toContain(await problemOf(whole.subarray(0, end)));
    }
  });

  it('when its tar archive is cut inside a whole gzip stream', async () => {
    const tar = rawTar([installer, conf], { endMark: false });
    for (let end = 0; end <= tar.length; end += 256) {
      expect(await problemOf(gzipSync(tar.subarray(0, end)))).toBe('TRUNCATED');
    }
  });

  it.each<[string, Buffer, string]>([
    ['nothing', Buffer.alloc(0), 'NOT_GZIP'],
    ['garbage', Buffer.from('garbage garbage garbage'), 'NOT_GZIP'],
    ['an uncompressed archive', rawTar([installer]), 'NOT_GZIP'],
    ['compressed garbage', gzipSync(Buffer.alloc(2048, 'garbage')), 'DAMAGED'],
    [
      'garbage behind the gzip stream',
      Buffer.concat([withInstaller(), Buffer.from('more')]),
      'TRAILING_DATA',
    ],
    ['zeros behind the gzip stream', Buffer.concat([withInstaller(), Buffer.alloc(9)]), 'TRAILING_DATA'],
    [
      'an archive behind the end mark',
      gzipSync(Buffer.concat([rawTar([installer]), rawTar([conf])])),
      'TRAILING_DATA',
    ],
  ])('when it is %s', async (_, bytes, code) => {
    expect(await problemOf(bytes)).toBe(code);
  });

  it('when garbage follows the gzip stream in a chunk of its own', async () => {
    await expect(
      inspectTarball([withInstaller(), Buffer.from('junk'), Buffer.from('junk')]),
    ).rejects.toMatchObject({
      code: 'TRAILING_DATA',
    });
  });

  it('for too many entries, too many bytes and too great a ratio, long before its end', async () => {
    const many = withInstaller(...Array.from({ length: 60 }, (_, index) => ({ path: `f${index}` })));
    expect(await problemOf(many, { ...defaultArchiveLimits, entries: 50 })).toBe('TOO_MANY_ENTRIES');
    const zeros = withInstaller({ path: 'zeros', content: Buffer.alloc(4_000_000) });
    expect(await problemOf(zeros, { ...defaultArchiveLimits, bytes: 1_000_000 })).toBe('TOO_LARGE');
    expect(await problemOf(zeros, { ...defaultArchiveLimits, ratioFloorBytes: 1_000_000 })).toBe('BOMB');
    expect(await problemOf(zeros)).toBe('none');
  });

  it.each([
    ['10 GB of zeros in 10 MB', zerosTarball(installer, 10 * 1024 ** 3), 'BOMB'],
    ['a million entries', crowdedTarball(installer, 1_000_000), 'TOO_MANY_ENTRIES'],
  ])('for %s, and most of it is not even read', async (_, huge, code) => {
    const whole = [...bytesOf(huge)].reduce((sum, chunk) => sum + chunk.length, 0);
    let read = 0;
    const error = await inspectTarball(
      bytesOf(huge, (bytes) => {
        read += bytes;
      }),
    ).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code });
    expect(read).toBeLessThan(whole / 10);
  });

  it('for a claimed size of 8 GB without waiting for that many bytes', async () => {
    expect(await problemOf(gzipSync(rawHeader({ path: 'huge', size: 8 * 1024 ** 3 - 1 })))).toBe('TRUNCATED');
  });
});

describe('inspection of damaged tarballs', () => {
  const good = rawTar([
    installer,
    conf,
    { path: 'l', type: '2', linkpath: 'install.sh' },
    { path: 'b', content: 'x' },
  ]);

  it('ends with a verdict or its own error, whatever bytes of the archive are changed', async () => {
    const mutations = fc.array(fc.tuple(fc.nat(good.length - 1), fc.integer({ min: 0, max: 255 })), {
      minLength: 1,
      maxLength: 8,
    });
    await fc.assert(
      fc.asyncProperty(mutations, fc.boolean(), async (changes, inside) => {
        const bytes = Buffer.from(inside ? good : gzipSync(good));
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        await problemOf(inside ? gzipSync(bytes) : bytes);
      }),
      { numRuns: 1000 },
    );
  });

  it('ends with its own error, whatever header numbers are written with a right checksum', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 512, maxLength: 512 }), async (noise) => {
        const header = Buffer.from(noise);
        header.fill(' ', 148, 156);
        const sum = header.reduce((total, byte) => total + byte, 0);
        header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
        expect(await problemOf(gzipSync(Buffer.concat([header, Buffer.alloc(2048)])))).not.toBe('none');
      }),
      { numRuns: 500 },
    );
  });

  it('passes on an error of the source as it is', async () => {
    const broken = new Error('disk on fire');
    async function* source() {
      yield withInstaller().subarray(0, 40);
      throw broken;
    }
    await expect(inspectTarball(source())).rejects.toBe(broken);
  });
});
