import { UsageError } from '@gateway-engine/host';
import { describe, expect, it } from 'vitest';
import { runWords } from '../../src/command-line/index.ts';
import { sampleCommand } from './support/sample-command.ts';

async function run(args: readonly string[], terminal: { isTTY?: boolean; columns?: number } = {}) {
  const done: string[] = [];
  let output = '';
  await runWords(sampleCommand(done), args, { ...terminal, write: (text) => (output += text) });
  return { done, output };
}

describe('a command of words', () => {
  it('runs the one that is named', async () => {
    expect((await run(['status', '--json'])).done).toEqual(['status']);
    expect((await run(['keys', 'create', 'x', '--class', 'data'])).done).toEqual(['create']);
    expect((await run([])).done).toEqual(['tool']);
  });

  it('prints help and version, and does nothing else', async () => {
    for (const args of [['--help'], ['status', '-h'], ['help', 'status'], ['keys', '--help'], ['-v']]) {
      const { done, output } = await run(args);
      expect(done).toEqual([]);
      expect(output).not.toBe('');
    }
    const { output } = await run(['status', '--help']);
    expect(output).toContain('Usage: tool status [options]\n');
    expect(output).toContain('Options of every command:\n  --server <url>');
    expect(output).toContain(
      '\nExamples:\n  tool status\n  tool status --json    for programs\n\nIt asks nobody.\n',
    );
    expect((await run(['--help'])).output).toMatch(
      /\nExit codes:\n {2}0 .*\n {2}1 .*\n {2}7 {2}it is Sunday\n/,
    );
  });

  it.each([
    [['stauts'], "unknown command 'stauts'; did you mean 'status'?"],
    [['keys', 'crate'], "unknown command 'keys crate'; did you mean 'keys create'?"],
    [['stat'], "unknown command 'stat'; did you mean 'status'?"],
    [['wholly-else'], "unknown command 'wholly-else'; see tool --help"],
    [['status', '--jsn'], "unknown option '--jsn'; did you mean '--json'?"],
    [['status', '--sever', 'x'], "unknown option '--sever'; did you mean '--server'?"],
    [['status', '-x'], "unknown option '-x'; see tool status --help"],
    [['status', '--wholly-else'], "unknown option '--wholly-else'; see tool status --help"],
    [['keys'], 'say what: create, list; see tool keys --help'],
    [['keys', 'create'], "missing required argument 'file'; see tool keys create --help"],
    [
      ['status', 'now'],
      "too many arguments for 'status'. Expected 0 arguments but got 1: now; see tool status --help",
    ],
    [['--class', 'fun'], /argument 'fun' is invalid\. Allowed choices are data, control; see tool --help$/],
  ])('%j is told in one line, with what was probably meant', async (args, message) => {
    const error = await run(args).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UsageError);
    if (typeof message === 'string') expect((error as Error).message).toBe(message);
    else expect((error as Error).message).toMatch(message);
  });
});

describe('the help', () => {
  it('has colours on a terminal, with the titles of examples as bold as the others', async () => {
    const { output } = await run(['--help'], { isTTY: true, columns: 80 });
    expect(output).toContain('\x1b[1mUsage:\x1b[22m');
    for (const title of ['Options:', 'Examples:', 'Commands:'])
      expect(output).toContain(`\x1b[1m${title}\x1b[22m`);
    expect(output).toContain('\x1b[36m--server <url>\x1b[39m');
  });

  it('has none in a pipe, nor when NO_COLOR is set', async () => {
    expect((await run(['--help'])).output).not.toContain('\x1b');
    process.env.NO_COLOR = '1';
    try {
      expect((await run(['--help'], { isTTY: true })).output).not.toContain('\x1b');
    } finally {
      delete process.env.NO_COLOR;
    }
  });
});
