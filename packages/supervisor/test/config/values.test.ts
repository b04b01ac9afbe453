import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseEnvironment } from '../../src/config/environment.ts';
import { expand } from '../../src/config/expansion.ts';
import { splitShellWords } from '../../src/config/shell-words.ts';
import {
  parseAutoRestart,
  parseBoolean,
  parseByteSize,
  parseExitCodes,
  parseInteger,
  parseName,
  parseOctal,
  parseSignal,
} from '../../src/config/values.ts';
import { python } from '../support/python.ts';

function orError<T>(work: () => T): T | string {
  try {
    return work();
  } catch (error) {
    return error instanceof Error ? `error: ${error.message}` : 'error';
  }
}

test('commands are split like Python splits them for Supervisor', () => {
  const pieces = fc.constantFrom('a', 'b c', ' ', '\t', '"', "'", '\\', '$X', '*', 'é', '\\"', '#', '=', ';');
  const commands = fc.sample(
    fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join('')),
    2000,
  );
  const theirs = python(
    'import shlex\ndef f(x):\n  try: return shlex.split(x)\n  except ValueError as e: return "error: "+str(e)',
    commands,
  );
  expect(commands.map((command) => orError(() => splitShellWords(command)))).toEqual(theirs);
});

test('a word that was quoted comes back as it was', () => {
  const quoted = fc.array(fc.string()).map((words) => ({
    words,
    command: words.map((word) => `'${word.replaceAll("'", `'"'"'`)}'`).join(' '),
  }));
  fc.assert(
    fc.property(quoted, ({ words, command }) => {
      expect(splitShellWords(command)).toEqual(words);
    }),
  );
});

test('expansions are those of Python', () => {
  const pieces = fc.constantFrom(
    'a',
    '%%',
    '%(name)s',
    '%(num)d',
    '%(num)02d',
    '%(num)-3d|',
    '%(num)3s',
    ' ',
  );
  const texts = fc.sample(
    fc.array(pieces).map((parts) => parts.join('')),
    500,
  );
  const theirs = python('def f(x): return x % {"name": "app", "num": 7}', texts);
  expect(texts.map((text) => expand(text, { name: 'app', num: 7 }))).toEqual(theirs);
});

test.each([
  ['100%', 'lone %'],
  ['%(ENV_NOT_SET)s', 'no environment variable NOT_SET'],
  ['%(programm_name)s', 'use one of here, program_name'],
  ['%(here)d', 'needs a number'],
])('%s is refused, saying what to write', (text, problem) => {
  expect(() => expand(text, { here: '/etc', program_name: 'x', ENV_HOME: '/' })).toThrow(problem);
});

test.each([
  ['', {}],
  ['A=1', { A: '1' }],
  ['A="1",B=\'2\'', { A: '1', B: '2' }],
  ['A="a, b = c",\nB=/usr/bin:/bin,', { A: 'a, b = c', B: '/usr/bin:/bin' }],
  ['URL=http://h:1/?a=b$&c', { URL: 'http://h:1/?a=b$&c' }],
  ['A=""', { A: '' }],
])('environment %s', (text, environment) => {
  expect(parseEnvironment(text)).toEqual(environment);
});

test('what Supervisor reads as environment is read the same', () => {
  const value = fc.stringMatching(/^[A-Za-z0-9_/.+\-():]{1,6}$/);
  const quotedValue = fc.stringMatching(/^[A-Za-z0-9 ,=;$%&@#!]{0,8}$/).map((text) => `"${text}"`);
  const pair = fc.tuple(fc.stringMatching(/^[A-Z_][A-Z0-9_]{0,4}$/), fc.oneof(value, quotedValue));
  const texts = fc.sample(
    fc.array(pair.map(([name, text]) => `${name}=${text}`)).map((pairs) => pairs.join(',')),
    500,
  );
  const theirs = python('from supervisor.datatypes import dict_of_key_value_pairs as f', texts);
  expect(texts.map(parseEnvironment)).toEqual(theirs);
});

test.each(['A', 'A=b c', 'A="unclosed', '=x', 'A="x"y', '1A=x', 'A=1;B=2 3'])(
  'environment %s is refused',
  (text) => {
    expect(() => parseEnvironment(text)).toThrow('write KEY="value",KEY2="value"');
  },
);

test('sizes, signals, exit codes and the rest are read as documented', () => {
  expect(['1024', '200KB', '50MB', '1gb', '0'].map(parseByteSize)).toEqual([
    1024,
    204_800,
    52_428_800,
    2 ** 30,
    0,
  ]);
  expect(['TERM', 'sigusr1', '9', 'HUP'].map(parseSignal)).toEqual([
    'SIGTERM',
    'SIGUSR1',
    'SIGKILL',
    'SIGHUP',
  ]);
  expect(parseExitCodes('0, 2,255')).toEqual([0, 2, 255]);
  expect(parseOctal('022')).toBe(0o22);
  expect(['true', 'No', 'ON', '0'].map(parseBoolean)).toEqual([true, false, true, false]);
  expect(['true', 'false', 'unexpected'].map(parseAutoRestart)).toEqual(['always', 'never', 'unexpected']);
});

test.each([
  [parseByteSize, '12XB', 'size'],
  [parseByteSize, '-1', 'size'],
  [parseSignal, 'SIGNAL', 'not a signal'],
  [parseExitCodes, '0,256', 'between 0 and 255'],
  [parseExitCodes, '0,,2', 'whole number'],
  [parseInteger, '1.5', 'whole number'],
  [parseOctal, '9', 'octal'],
  [parseBoolean, 'maybe', 'neither true nor false'],
  [parseAutoRestart, 'sometimes', 'no restart rule'],
  [parseName, 'a b', 'may not contain'],
  [parseName, 'a:b', 'may not contain'],
] as const)('%o refuses %s', (parse, text, problem) => {
  expect(() => parse(text)).toThrow(problem);
});
