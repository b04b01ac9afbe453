import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readTail } from '../../src/control/commands/logs.ts';
import { completions, namesPrograms } from '../../src/control/completion.ts';
import { parseLine } from '../../src/control/perform.ts';
import { inColumns } from '../../src/control/topics.ts';

const infos = [
  { group: 'app', name: 'app' },
  { group: 'both', name: 'x' },
  { group: 'both', name: 'y' },
];

test('names of commands, programs and groups are completed where they belong', () => {
  expect(completions('st', infos)).toEqual(['start ', 'status ', 'stop ']);
  expect(completions('', infos)).toContain('help ');
  expect(completions('help ver', infos)).toEqual(['version ']);
  expect(completions('start ', infos)).toEqual(['app ', 'both:x ', 'both:* ', 'both:y ']);
  expect(completions('stop app both:', infos)).toEqual(['both:x ', 'both:* ', 'both:y ']);
  expect(completions('tail app:', infos)).toEqual(['app:app ', 'app:* ']);
  expect(completions('update b', infos)).toEqual(['both ']);
  expect(completions('version ', infos)).toEqual([]);
  expect(completions('nonsense a', infos)).toEqual([]);
});

test('a completion begins with what was typed, and only programs and groups need the supervisor', () => {
  fc.assert(
    fc.property(fc.string(), (line) => {
      const last = /\s$/.test(line) ? '' : (line.split(/\s+/).at(-1) ?? '');
      for (const word of completions(line, infos)) expect(word.startsWith(last)).toBe(true);
      if (!namesPrograms(line)) expect(completions(line, infos)).toEqual(completions(line, []));
    }),
  );
});

test('columns hold every word once, in order, within the width where a word can', () => {
  const word = fc.stringMatching(/^[a-z]{1,12}$/);
  fc.assert(
    fc.property(fc.array(word, { maxLength: 60 }), fc.integer({ min: 12, max: 100 }), (words, width) => {
      const lines = inColumns(words, width);
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(width);
      expect(lines.flatMap((line) => line.split(/ +/).filter(Boolean)).sort()).toEqual([...words].sort());
    }),
  );
});

test('a line is a command and the rest, or nothing', () => {
  expect(parseLine('  start  a b ')).toEqual({ name: 'start', rest: 'a b' });
  expect(parseLine('?tail')).toEqual({ name: 'help', rest: 'tail' });
  expect(parseLine('!ls')).toEqual({ name: '', rest: '!ls' });
  expect(parseLine('tail-f x')).toEqual({ name: 'tail', rest: '-f x' });
  expect(parseLine(' ')).toBe(undefined);
});

test('the arguments of tail are read as Supervisor reads them', () => {
  expect(readTail(['app'])).toEqual({ name: 'app', channel: 'stdout', bytes: 1600 });
  expect(readTail(['-f', 'app', 'StdErr'])).toEqual({ name: 'app', channel: 'stderr', bytes: undefined });
  expect(readTail(['-100', 'app'])).toEqual({ name: 'app', channel: 'stdout', bytes: 100 });
  expect(readTail(['a', 'b', 'stderr'])).toEqual({ name: 'a', channel: 'stderr', bytes: 1600 });
  fc.assert(
    fc.property(fc.array(fc.string({ minLength: 1 })), (args) => {
      const asked = readTail(args);
      expect('problem' in asked || args.includes(asked.name)).toBe(true);
    }),
  );
});
