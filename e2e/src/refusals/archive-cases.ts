import { gzipSync } from 'node:zlib';
import { type RawEntry, rawTar } from '@gateway-engine/testkit';
import { pick } from '../queue/random.ts';
import { mutateBytes } from './mutations.ts';

const installer: RawEntry = { path: 'install.sh', mode: 0o755, content: '#!/bin/sh\necho hello\n' };
const conf: RawEntry = { path: 'supervisor.conf', content: '[supervisord]\ncommand = ./run\n' };
const manifest = {
  layout: 'versioned',
  limits: { memory_max: '200MB', nofile: 64 },
  healthcheck: { command: './check', interval: 10 },
  depends: [{ name: 'broker', versions: ['>=1.4', '2.*'] }],
  engine: '0.1.0',
  architectures: ['x64', 'arm64'],
  config: { KEY: { secret: true }, LEVEL: { default: 'info', deliver: 'file' } },
};

/** Good archives with every sort of entry that is allowed, uncompressed. */
const goodArchives: readonly Buffer[] = [
  [installer],
  [installer, conf, { path: 'run', mode: 0o755, content: 'x'.repeat(3000) }],
  [installer, conf].map((entry) => ({ ...entry, path: `app.v1/${entry.path}` })),
  [{ path: 'setup.py', content: 'print(1)\n' }],
  [
    { path: 'gwe.json', content: JSON.stringify(manifest) },
    conf,
    { path: 'pre_update.sh', mode: 0o755, content: '#!/bin/sh\nexit 75\n' },
    { path: 'uninstall.sh', mode: 0o755, content: '#!/bin/sh\n' },
  ],
  [
    { path: './', type: '5' },
    installer,
    { path: 'lib/', type: '5' },
    { path: 'lib/libx.so.1', content: 'x' },
    { path: 'lib/libx.so', type: '2', linkpath: 'libx.so.1' },
    { path: 'copy', type: '1', linkpath: 'lib/libx.so.1' },
    { path: 'PaxHeader', type: 'x', content: '20 path=long/name/x\n' },
    { path: 'short', content: 'y' },
    { path: '././@LongLink', type: 'L', content: `${'e/'.repeat(60)}g\0` },
    { path: 'short', content: 'z' },
  ],
].map((entries) => rawTar(entries));

const block = 512;

/** The bytes of a tarball that was good once. Damage is done to the gzip stream, to the tar in it, or to a header alone. */
export function malformedArchive(random: () => number): Buffer {
  const tar = Buffer.from(pick(goodArchives, random));
  const where = random();
  if (where < 0.2) return mutateBytes(packed(tar), random);
  if (where < 0.5) return packed(mutateBytes(tar, random));
  const headers = Array.from({ length: tar.length / block }, (_, index) => index * block).filter((at) =>
    tar.subarray(at + 257, at + 262).equals(Buffer.from('ustar')),
  );
  for (let count = 1 + Math.floor(random() * 3); count > 0; count--)
    changeHeader(tar, pick(headers, random), random);
  return packed(random() < 0.2 ? mutateBytes(tar, random) : tar);
}

const packed = (tar: Buffer) => gzipSync(tar, { level: 1 });

const paths = [
  '/etc/passwd',
  '../x',
  'a/../../x',
  'install.sh',
  'install.sh/x',
  'l/x',
  '.',
  '',
  'a\nb',
  'é\xff',
  'supervisor.conf',
];
const fields: readonly (readonly [at: number, length: number, values: readonly string[]])[] = [
  [0, 100, paths],
  [100, 8, ['0000755\0', '0007777\0', '77777777', '\x80\0\0\0\0\0\0\0', 'rwxr-xr-', '-0000001']],
  [
    124,
    12,
    [
      '00000000000\0',
      '77777777777\0',
      '00000001000\0',
      '\xff'.repeat(12),
      '\x80\0\0\0\0\0\0\0\0\0\0\x01',
      '-0000000001\0',
    ],
  ],
  [156, 1, ['0', '\0', '1', '2', '3', '4', '5', '6', '7', 'x', 'g', 'L', 'K', 'S', 'V', 'Z']],
  [157, 100, paths],
  [257, 8, ['ustar\0' + '00', 'ustar  \0', '\0\0\0\0\0\0\0\0']],
  [345, 155, ['', 'x/'.repeat(77), '/', '..']],
];

/** A header with one field that is strange, and a right checksum, so that it is believed. */
function changeHeader(tar: Buffer, at: number, random: () => number): void {
  const [offset, length, values] = pick(fields, random);
  tar.fill(0, at + offset, at + offset + length);
  tar.write(pick(values, random), at + offset, length, 'latin1');
  tar.fill(' ', at + 148, at + 156);
  let sum = 0;
  for (let index = at; index < at + block; index++) sum += tar[index] ?? 0;
  tar.write(`${sum.toString(8).padStart(6, '0')}\0 `, at + 148, 'latin1');
}
