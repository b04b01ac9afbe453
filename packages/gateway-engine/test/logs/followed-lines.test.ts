import { appendFileSync, mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FollowedLines } from '../../src/logs/followed-lines.ts';
import { LineReader } from '../../src/logs/line-reader.ts';

describe('lines of a log', () => {
  let folder: string;
  let log: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gwe-test-'));
    log = join(folder, 'app.log');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const rotate = (backups: number) => {
    for (let number = backups; number > 1; number--) {
      try {
        renameSync(`${log}.${number - 1}`, `${log}.${number}`);
      } catch {
        // Not so many yet.
      }
    }
    renameSync(log, `${log}.1`);
    writeFileSync(log, '');
  };

  it('begin with the last ones, those of rotated files included', () => {
    writeFileSync(`${log}.2`, 'one\ntwo\n');
    writeFileSync(`${log}.1`, 'three\nfour\n');
    writeFileSync(log, 'five\nsix');
    const last = (lines: number) => {
      const followed = new FollowedLines(log, lines);
      const read = [...followed.read(), ...followed.rest()];
      followed.close();
      return read;
    };
    expect(last(0)).toEqual([]);
    expect(last(1)).toEqual(['six']);
    expect(last(2)).toEqual(['five', 'six']);
    expect(last(3)).toEqual(['four', 'five', 'six']);
    expect(last(5)).toEqual(['two', 'three', 'four', 'five', 'six']);
    expect(last(100)).toEqual(['one', 'two', 'three', 'four', 'five', 'six']);
  });

  it('come in order and once over any rotations, whenever they are read', () => {
    const step = fc.oneof(
      { weight: 5, arbitrary: fc.constant('write') },
      { weight: 2, arbitrary: fc.constant('half') },
      { weight: 2, arbitrary: fc.constant('rotate') },
      { weight: 2, arbitrary: fc.constant('read') },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.nat({ max: 20 }), (steps, before) => {
        for (let number = 0; number <= 60; number++)
          rmSync(number === 0 ? log : `${log}.${number}`, { force: true });
        const all = Array.from({ length: before }, (_, index) => `before ${index}`);
        writeFileSync(log, all.map((line) => `${line}\n`).join(''));
        const followed = new FollowedLines(log, 5);
        const seen: string[] = [];
        let open = '';
        steps.forEach((what, index) => {
          if (what === 'half') {
            appendFileSync(log, `h${index} `);
            open += `h${index} `;
          } else if (what === 'write') {
            appendFileSync(log, `line ${index}\n`);
            all.push(`${open}line ${index}`);
            open = '';
          } else if (what === 'rotate') rotate(60);
          else seen.push(...followed.read());
        });
        seen.push(...followed.read());
        followed.close();
        expect(seen).toEqual(all.slice(Math.max(0, before - 5)));
      }),
      { numRuns: 200 },
    );
  });

  it('go on with the oldest that is left when more was rotated away than is kept', () => {
    writeFileSync(`${log}.1`, 'ages ago\n');
    writeFileSync(log, 'a\n');
    const followed = new FollowedLines(log, 1);
    expect(followed.read()).toEqual(['a']);
    for (const line of ['b', 'c', 'd', 'e']) {
      appendFileSync(log, `${line}\n`);
      rotate(2);
    }
    appendFileSync(log, 'f\n');
    expect(followed.read()).toEqual(['b', 'd', 'e', 'f']);
    followed.close();
  });

  it('go on after the file was emptied, replaced, or when it is made only later', () => {
    const followed = new FollowedLines(log, 10);
    expect(followed.read()).toEqual([]);
    writeFileSync(log, 'first\n');
    expect(followed.read()).toEqual(['first']);
    truncateSync(log);
    appendFileSync(log, 'anew\n');
    expect(followed.read()).toEqual(['anew']);
    rmSync(log);
    expect(followed.read()).toEqual([]);
    writeFileSync(log, 'other\n');
    expect(followed.read()).toEqual(['other']);
    followed.close();
  });

  it('are the same however their bytes arrive', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', 'ü', '\n', '😀') }),
        fc.integer({ min: 1, max: 7 }),
        (text, size) => {
          const bytes = Buffer.from(text);
          const reader = new LineReader();
          const lines: string[] = [];
          for (let at = 0; at < bytes.length; at += size)
            lines.push(...reader.add(bytes.subarray(at, at + size)));
          lines.push(...reader.rest());
          expect(lines.join('\n')).toBe(text.replace(/\n$/, ''));
        },
      ),
    );
  });

  it('that have no end come in pieces', () => {
    const reader = new LineReader(10);
    expect(reader.add(Buffer.from('x'.repeat(25)))).toEqual(['x'.repeat(10), 'x'.repeat(10)]);
    expect(reader.add(Buffer.from('\n'))).toEqual(['x'.repeat(5)]);
  });
});
