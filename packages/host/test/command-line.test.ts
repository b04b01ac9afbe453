import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { describeError, runToEnd, UsageError } from '../src/index.ts';

describe('an error in words', () => {
  test('has its causes, each said once', () => {
    const cause = new Error('connect ECONNREFUSED');
    expect(describeError(new Error('no answer', { cause }))).toBe('no answer: connect ECONNREFUSED');
    expect(describeError(new Error('no answer: connect ECONNREFUSED', { cause }))).toBe(
      'no answer: connect ECONNREFUSED',
    );
  });

  test('is one line', () => {
    expect(describeError(new Error('a\n  b\r\n\nc'))).toBe('a b c');
  });

  test('has those that were collected into one without a message', () => {
    const collected = new AggregateError([new Error('::1 refused'), new Error('127.0.0.1 refused')]);
    expect(describeError(new Error('no answer', { cause: collected }))).toBe(
      'no answer: ::1 refused, 127.0.0.1 refused',
    );
  });

  test('has its name where it has no message, and may be no error at all', () => {
    expect(describeError(new TypeError())).toBe('TypeError');
    expect(describeError('plain')).toBe('plain');
    expect(describeError(null)).toBe('null');
  });

  test('ends where the causes go in a circle', () => {
    const error = new Error('a');
    error.cause = error;
    expect(describeError(error)).toBe('a');
  });
});

describe('a command', () => {
  const host = new URL('../src/index.ts', import.meta.url);
  const run = (main: string, env: NodeJS.ProcessEnv = {}) =>
    runToEnd(
      process.execPath,
      [
        '--input-type=module',
        '-e',
        `import { runCommand, UsageError } from ${JSON.stringify(host.href)}; await runCommand('gwx', async () => { ${main} });`,
      ],
      { env: { PATH: process.env.PATH, ...env }, cwd: fileURLToPath(new URL('..', import.meta.url)) },
    );

  test('that works exits with 0 and says nothing of its own', async () => {
    expect(await run("console.log('done')")).toMatchObject({ exitCode: 0, output: 'done\n' });
  });

  test('that fails exits with 1 and one line without a stack', async () => {
    const { exitCode, output } = await run(
      "throw new Error('cannot\\nread it', { cause: new Error('ENOENT') })",
    );
    expect([exitCode, output]).toEqual([1, 'gwx: cannot read it: ENOENT\n']);
  });

  test('shows the stack when it is debugged', async () => {
    const { output } = await run("throw new UsageError('no')", { DEBUG: '1' });
    expect(output).toMatch(/^gwx: no\nError: no\n {4}at /);
  });

  test('has the exit code of its error', async () => {
    expect(await run("throw Object.assign(new Error('no identity'), { exitCode: 255 })")).toMatchObject({
      exitCode: 255,
    });
  });

  test('whose reader goes away ends quietly', async () => {
    const script = `import { runCommand } from ${JSON.stringify(host.href)}; await runCommand('gwx', async () => { for (let n = 0; n < 1e5; n++) console.log(n); });`;
    const { output } = await runToEnd('/bin/sh', [
      '-c',
      '"$0" --input-type=module -e "$1" | head -1',
      process.execPath,
      script,
    ]);
    expect(output).toBe('0\n');
  });
});

test('a usage error has a code', () => {
  expect(new UsageError('x').code).toBe('USAGE');
});

test('an error of many lines or many blanks becomes one line at once', () => {
  expect(describeError(new Error('first \r\n\n  second\n'))).toBe('first second');
  const start = performance.now();
  describeError(new Error(`a${' '.repeat(100_000)}b`));
  expect(performance.now() - start).toBeLessThan(1000);
});
