import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { waitUntil } from '@gateway-engine/testkit';
import type { RunningDaemon } from './daemons.ts';

/** Debian's supervisorctl, or our own control command. */
export type Control = 'supervisorctl' | 'gwe-supervisorctl';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

const commands: Readonly<Record<Control, readonly string[]>> = {
  supervisorctl: ['/usr/bin/supervisorctl'],
  'gwe-supervisorctl': [process.execPath, here('../../src/control/main.ts')],
};

const lineByLine: Readonly<Record<Control, readonly string[]>> = {
  supervisorctl: ['/usr/bin/python3', '-u', here('each-line.py')],
  'gwe-supervisorctl': [process.execPath, here('each-line.ts')],
};

export interface ControlRun {
  /** Exit status; the signal's name when one ended it. */
  readonly code: number | NodeJS.Signals | null;
  /** Standard output, then standard error. */
  readonly output: string;
}

function start(command: readonly string[], args: readonly string[]) {
  const [file = '', ...first] = command;
  const child = spawn(file, [...first, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, LC_ALL: 'C.UTF-8' },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  // It may end without having read what is typed.
  child.stdin.on('error', () => undefined);
  const end = new Promise<ControlRun>((resolve) =>
    child.on('close', (code, signal) => resolve({ code: code ?? signal, output: stdout + stderr })),
  );
  return {
    output: () => stdout + stderr,
    interrupt: () => child.kill('SIGINT'),
    kill: () => child.kill('SIGKILL'),
    press: (keys: string) => child.stdin.write(keys),
    type: (line: string) => child.stdin.write(`${line}\n`),
    endInput: () => child.stdin.end(),
    ended: () => end,
  };
}

/** A use of a control command under way. */
export function startControl(control: Control, args: readonly string[]): ReturnType<typeof start> {
  return start(commands[control], args);
}

/** The same with a terminal for its input and output. */
export function startAtTerminal(control: Control, args: readonly string[]): ReturnType<typeof start> {
  const words = [...commands[control], ...args].map((word) => `'${word}'`);
  return start(['script', '-qec', words.join(' '), '/dev/null'], []);
}

export async function runControl(
  control: Control,
  args: readonly string[],
  input: readonly string[] = [],
): Promise<ControlRun> {
  const use = startControl(control, args);
  for (const line of input) use.type(line);
  use.endInput();
  return await use.ended();
}

/** Performs command lines one after the other, each as a use of its own but in the same process. */
export class ControlLines {
  readonly #process: ReturnType<typeof start>;

  constructor(control: Control, args: readonly string[]) {
    this.#process = start(lineByLine[control], args);
  }

  async run(line: string): Promise<ControlRun> {
    const before = this.#process.output().length;
    this.#process.type(line);
    const result = () => /^([^\0]*)\0(\d+)\n([^\0]*)$/.exec(this.#process.output().slice(before));
    await waitUntil(`the end of "${line}"`, () => result() !== null, { timeoutMs: 20_000 });
    const [, output = '', code, errors = ''] = result() ?? [];
    return { code: Number(code), output: output + errors };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill();
    await this.#process.ended();
  }
}

export function configurationOf(daemon: RunningDaemon): string[] {
  return ['-c', join(daemon.folder, 'supervisord.conf')];
}

/** Without what differs from run to run, and without the words that explain: those of our help are our own. */
export function comparable(output: string, daemon: RunningDaemon): string {
  return (
    output
      .replaceAll(daemon.folder, '<folder>')
      .replace(/pid \d+, uptime \d:\d\d:\d\d/g, 'pid <pid>, uptime <time>')
      .replace(/[A-Z][a-z]{2} \d\d \d\d:\d\d [AP]M/g, '<moment>')
      .replace(/^[1-9]\d*$/gm, '<pid>')
      .replace(/^4\.2\.5\S*/gm, '<version>')
      .replace(/^error: .*/gm, 'error: <why>')
      .replace(/^(ERROR: CANT_REREAD): .*/gm, '$1: <why>')
      .replace(/^(Note: |Ex:|For example:).*/gm, '<note>')
      .replace(/ *\t.*/g, '\t<explanation>')
      // A whole group is not a process; supervisorctl shows how it keeps that in mind.
      .replace('both:None', 'both:*')
      .replace(/(^\S+: (started|stopped|signalled|cleared)\n){2,}/gm, inAnyOrder)
  );
}

/** Those of a group end when they end. */
function inAnyOrder(lines: string): string {
  return lines
    .split('\n')
    .slice(0, -1)
    .sort()
    .map((line) => `${line}\n`)
    .join('');
}
