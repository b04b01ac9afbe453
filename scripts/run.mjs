/** Runs a TypeScript file of this repository under the Node.js that it brings along: run.mjs FILE [ARG ...] */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { buildPage, installPackages, ownNode, SetUpError, toolEnvironment } from './set-up.mjs';

/**
 * @param {string} file
 * @param {readonly string[]} args
 * @returns {Promise<number>} exit code
 */
export function runScript(file, args) {
  const child = spawn(ownNode(), [file, ...args], { stdio: 'inherit', env: toolEnvironment() });
  // A terminal sends Ctrl-C to the child as well, a process manager to us alone: asked twice, it stops once.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  return new Promise((resolve) => {
    child.on('exit', (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)));
  });
}

/**
 * @param {string} name shown before an error
 * @param {() => Promise<number>} work gives the exit code
 */
export async function main(name, work) {
  try {
    process.exitCode = await work();
  } catch (error) {
    if (!(error instanceof SetUpError)) throw error;
    process.stderr.write(`${name}: ${error.message}\n`);
    process.exitCode = 1;
  }
}

export function setUp() {
  installPackages();
  buildPage();
}

if (process.argv[1]?.endsWith('scripts/run.mjs')) {
  await main('run', async () => {
    installPackages();
    const [file = '', ...args] = process.argv.slice(2);
    return runScript(file, args);
  });
}
