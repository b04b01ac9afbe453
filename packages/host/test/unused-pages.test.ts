import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { unchangedRanges } from '../src/unused-pages.ts';

const mapping = (head: string, anonymous: number) =>
  `${head}\nSize:  4 kB\nRss:  4 kB\nAnonymous:  ${anonymous} kB\nVmFlags: rd mr mw me\n`;

test('only what is the file, whole and unchanged, is let go of', () => {
  const smaps = [
    mapping('00200000-00201000 r--p 00000000 08:01 7       /bin/it', 0),
    mapping('00300000-00304000 r-xp 00001000 08:01 7       /bin/it', 0),
    mapping('00400000-00401000 r--p 00002000 08:01 7       /bin/it', 4),
    mapping('00500000-00501000 rw-p 00003000 08:01 7       /bin/it', 0),
    mapping('00600000-00601000 r-xp 00000000 08:01 8       /lib/libc.so.6', 0),
    mapping('00700000-00701000 r--s 00000000 08:01 7       /bin/it', 0),
    mapping('00800000-00801000 rw-p 00000000 00:00 0 ', 0),
  ].join('');
  expect(unchangedRanges(smaps, '/bin/it')).toEqual([
    { start: 0x200000, length: 0x1000 },
    { start: 0x300000, length: 0x4000 },
  ]);
  expect(unchangedRanges('', '/bin/it')).toEqual([]);
});

test('a process that lets go of them is smaller, and runs on', async () => {
  const child = spawn(process.execPath, [fileURLToPath(new URL('support/let-go.ts', import.meta.url))], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const say = async () => {
    child.stdin.write('next\n');
    return String((await once(child.stdout, 'data'))[0]).trim();
  };
  const resident = () =>
    Number(/^RssFile:\s+(\d+) kB/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]);
  try {
    expect(await say()).toBe('1');
    const before = resident();
    expect(await say()).toBe('let go');
    expect(resident()).toBeLessThan(before * 0.7);
    expect(await say()).toBe('3');
  } finally {
    child.kill('SIGKILL');
  }
});
