/**
 * Starts a TypeScript entry file under the Node.js that this repository brings along, when the one that was
 * called is too old to run it. Plain JavaScript, since an older Node.js must be able to read it.
 */
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const oldestNode = 24;

/** @returns {string} path of a Node.js executable that runs the sources; throws when there is none. */
function findNode() {
  if (Number(process.versions.node.split('.')[0]) >= oldestNode) return process.execPath;
  const name = `node-linux-${process.arch}`;
  try {
    return join(dirname(createRequire(import.meta.url).resolve(`${name}/package.json`)), 'bin', 'node');
  } catch (cause) {
    throw new Error(
      `Node.js ${process.versions.node} is too old (${oldestNode} or later is needed) and the package ${name} is not installed: run npm ci`,
      { cause },
    );
  }
}

/** @param {URL} entry a TypeScript file that runs its command when imported */
export async function launch(entry) {
  const node = findNode();
  if (node === process.execPath) return import(entry.href);
  const child = spawn(node, [fileURLToPath(entry), ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 128 + (constants.signals[signal ?? 'SIGTERM'] ?? 0);
  });
  return undefined;
}
