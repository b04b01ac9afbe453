import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@gateway-engine/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RotatedLog } from '../../src/capture/rotated-log.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

function logAt(path: string, maxBytes: number, backups: number) {
  const troubles: string[] = [];
  const log = new RotatedLog({ path, maxBytes, backups, onTrouble: (message) => troubles.push(message) });
  return { log, troubles };
}

test('files hold the last of what was written, in order, and never more than maxbytes and a chunk', async () => {
  await using folder = await temporaryFolder();
  let round = 0;
  fc.assert(
    fc.property(
      fc.array(fc.stringMatching(/^[a-z]{1,30}$/), { maxLength: 30 }),
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 0, max: 3 }),
      (chunks, maxBytes, backups) => {
        const path = join(folder.path, `log${round++}`);
        const { log, troubles } = logAt(path, maxBytes, backups);
        log.open();
        for (const chunk of chunks) log.write(bytes(chunk));
        log.close();
        const files = Array.from({ length: backups + 2 }, (_, number) =>
          number === 0 ? path : `${path}.${number}`,
        );
        const texts = files.map((file) => (existsSync(file) ? readFileSync(file, 'utf8') : ''));
        expect(texts[backups + 1]).toBe('');
        for (const text of texts) expect(text.length).toBeLessThan(maxBytes + 30);
        const kept = texts.reverse().join('');
        expect(chunks.join('').endsWith(kept)).toBe(true);
        expect(troubles).toEqual([]);
      },
    ),
    { numRuns: 50 },
  );
});

test('an existing file is continued, and rotated when it is too long already', async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'log');
  for (const text of ['one ', 'two ']) {
    const { log } = logAt(path, 100, 1);
    log.open();
    log.write(bytes(text));
    log.close();
  }
  expect(readFileSync(path, 'utf8')).toBe('one two ');
  const { log } = logAt(path, 5, 1);
  log.open();
  log.write(bytes('three'));
  log.close();
  expect(readFileSync(`${path}.1`, 'utf8')).toBe('one two three');
});

test('a full disk drops output, tells it once, and tells when it is over', async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'log');
  const { log, troubles } = logAt('/dev/full', 1000, 1);
  log.open();
  for (let line = 0; line < 100; line++) log.write(bytes('0123456789'));
  expect(log.droppedBytes).toBe(1000);
  expect(troubles).toHaveLength(1);
  expect(troubles[0]).toContain('cannot write /dev/full, output is dropped: ENOSPC');
  log.close();

  // A folder that is gone stands for a disk that is back later: the file is opened again by the next write.
  const later = logAt(join(folder.path, 'sub', 'log'), 1000, 1);
  later.log.write(bytes('lost'));
  mkdirSync(join(folder.path, 'sub'));
  later.log.write(bytes('kept'));
  expect(readFileSync(join(folder.path, 'sub', 'log'), 'utf8')).toBe('kept');
  expect(later.troubles[1]).toContain('again, 4 bytes of output were dropped');
  later.log.close();
  expect(existsSync(path)).toBe(false);
});

test('a log that was moved away is begun anew when it is opened again', async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'log');
  const { log } = logAt(path, 0, 0);
  log.open();
  log.write(bytes('before'));
  renameSync(path, `${path}.moved`);
  log.open();
  log.write(bytes('after'));
  expect(readFileSync(path, 'utf8')).toBe('after');
  log.clear();
  expect(readFileSync(path, 'utf8')).toBe('');
  log.close();
});

test('a folder that does not exist is an error on opening', async () => {
  await using folder = await temporaryFolder();
  const { log } = logAt(join(folder.path, 'none', 'log'), 0, 0);
  expect(() => log.open()).toThrow('ENOENT');
  rmSync(folder.path, { recursive: true });
});

test('a device is never rotated', () => {
  const { log, troubles } = logAt('/dev/null', 1, 1);
  log.open();
  log.write(bytes('something'));
  expect(troubles).toEqual([]);
  log.close();
});
