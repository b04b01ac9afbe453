/**
 * Installs what a fresh clone is missing. Plain JavaScript without dependencies, since it runs before anything is
 * installed, on whatever Node.js (20 or later) the system has.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** What is wrong and what to do about it, without a stack. */
export class SetUpError extends Error {}

/** The environment in which the repository's own Node.js and tools come first. */
export function toolEnvironment() {
  return {
    ...process.env,
    PATH: `${join(root, 'node_modules', '.bin')}${delimiter}${process.env.PATH ?? ''}`,
  };
}

/** Runs `npm ci` when node_modules is missing, was left half done, or is older than the lock file. */
export function installPackages() {
  installLocked(root, 'Installing npm packages (npm ci) ...');
  const node = ownNode();
  if (!existsSync(node)) {
    throw new SetUpError(
      `no Node.js for linux-${process.arch} in node_modules; supported are x64 and arm64. Where one is missing, run: npm ci --include=optional`,
    );
  }
}

/**
 * Runs `npm ci` in a folder with a lock file of its own, when it is needed there.
 * @param {string} folder
 * @param {string} notice said before it is done
 */
export function installLocked(folder, notice) {
  const lock = modified(join(folder, 'package-lock.json'));
  // npm writes this file last, so it also tells that the installation was finished.
  const installed = modified(join(folder, 'node_modules', '.package-lock.json'));
  if (installed !== undefined && (lock === undefined || installed >= lock)) return;
  say(notice);
  // The packages want the Node.js that comes with them, so a warning about the system's would mislead.
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], process.env, folder);
}

/** Path of the Node.js that the repository brings along. */
export function ownNode() {
  return join(root, 'node_modules', `node-linux-${process.arch}`, 'bin', 'node');
}

/** Builds the page when it is missing or older than what it is made from. */
export function buildPage() {
  const page = join(root, 'packages', 'solution-app');
  const built = modified(join(page, 'dist', 'index.html'));
  const sources = [
    join(page, 'src'),
    join(page, 'index.html'),
    join(page, 'package.json'),
    join(page, 'vite.config.ts'),
    join(root, 'packages', 'platform', 'src', 'admin', 'schemas.ts'),
    join(root, 'package-lock.json'),
  ];
  if (built !== undefined && sources.every((source) => newest(source) <= built)) return;
  say('Building the page (vite build) ...');
  run(
    ownNode(),
    [join(root, 'node_modules', 'vite', 'bin', 'vite.js'), 'build', '--logLevel', 'warn'],
    // Of a shell that develops or tests, it would be built with the names of this machine's folders in it.
    { ...toolEnvironment(), NODE_ENV: 'production' },
    page,
  );
}

/**
 * Installs Debian packages by apt-get when one of their commands is missing.
 * @param {readonly { package: string, commands: readonly string[], for: string }[]} wanted any one of the commands will do
 */
export function installDebianPackages(wanted) {
  const missing = wanted.filter((each) => !each.commands.some(hasCommand));
  if (missing.length === 0) return;
  const names = missing.map((each) => each.package);
  const why = missing.map((each) => `${each.package} (${each.for})`).join(', ');
  const byHand = `install them with: apt-get install ${names.join(' ')}`;
  if (process.getuid?.() !== 0)
    throw new SetUpError(`Debian packages are missing: ${why}; as root, ${byHand}`);
  if (!hasCommand('apt-get'))
    throw new SetUpError(`commands are missing that Debian has in: ${why}; there is no apt-get here`);
  say(`Installing Debian packages (apt-get): ${why} ...`);
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  run('apt-get', ['-qq', 'update'], environment);
  run(
    'apt-get',
    ['-qq', 'install', '--yes', '--no-install-recommends', ...names],
    environment,
    root,
    'quiet',
  );
}

/** Runs a set-up program; its failure says which one it was. */
function run(command, args, env, cwd = root, output = 'shown') {
  const result = spawnSync(command, args, {
    cwd,
    env,
    stdio: ['ignore', output === 'quiet' ? 'pipe' : 'inherit', output === 'quiet' ? 'pipe' : 'inherit'],
    maxBuffer: 64 * 1024 * 1024,
  });
  if (result.error) throw new SetUpError(`cannot run ${command}: ${result.error.message}`);
  if (result.status === 0) return;
  if (output === 'quiet') process.stderr.write(result.stderr ?? '');
  throw new SetUpError(
    `${[command, ...args].join(' ')} failed (exit status ${result.status ?? result.signal})`,
  );
}

function hasCommand(name) {
  if (name.startsWith('/')) return existsSync(name);
  return [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'].some((folder) =>
    existsSync(join(folder, name)),
  );
}

function modified(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs;
}

function newest(path) {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) return 0;
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}

export function say(line) {
  process.stdout.write(`${line}\n`);
}
