/**
 * `npm test`: installs what is missing, then runs every check and every test. With arguments, they are handed to
 * Vitest and only the tests run: `npm test -- packages/gmq`.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { main, setUp } from './run.mjs';
import { installDebianPackages, ownNode, root, say, toolEnvironment } from './set-up.mjs';

/** The other processor that there are executables for. */
const foreign =
  process.arch === 'x64'
    ? { emulator: 'qemu-aarch64-static', library: 'libc6-arm64-cross', loader: '/usr/aarch64-linux-gnu/lib' }
    : { emulator: 'qemu-x86_64-static', library: 'libc6-amd64-cross', loader: '/usr/x86_64-linux-gnu/lib' };

const debianPackages = [
  { package: 'chromium', commands: ['chromium', 'chromium-browser', 'google-chrome'], for: 'browser tests' },
  {
    package: 'supervisor',
    commands: ['/usr/bin/supervisord'],
    for: 'the supervisor that ours is compared with',
  },
  { package: 'openssl', commands: ['openssl'], for: 'certificates in tests' },
  { package: 'python3', commands: ['python3'], for: 'the Python client' },
  { package: 'curl', commands: ['curl'], for: 'examples in the documentation' },
  { package: 'zsh', commands: ['zsh'], for: 'completion in zsh' },
  { package: 'fish', commands: ['fish'], for: 'completion in fish' },
  { package: 'man-db', commands: ['man'], for: 'manual pages' },
  { package: 'groff-base', commands: ['groff'], for: 'manual pages' },
  { package: 'mmdebstrap', commands: ['mmdebstrap'], for: 'a clean system to install in' },
  {
    package: 'busybox-static',
    commands: ['/bin/busybox', '/usr/bin/busybox'],
    for: 'a small system to install in',
  },
  { package: 'iproute2', commands: ['ip'], for: 'the network of such a system' },
  { package: 'mosquitto', commands: ['mosquitto'], for: 'the example of MQTT' },
  { package: 'mosquitto-clients', commands: ['mosquitto_pub'], for: 'publishing by MQTT' },
  { package: 'gcc', commands: ['cc'], for: 'the example in C' },
  { package: 'libc6-dev', commands: ['/usr/include/stdio.h'], for: 'the example in C' },
  { package: 'qemu-user-static', commands: [foreign.emulator], for: 'the executable of another processor' },
  { package: 'musl-tools', commands: ['musl-gcc'], for: 'the executable for musl' },
  { package: foreign.library, commands: [foreign.loader], for: 'the executable of another processor' },
];

const bin = (name) => join(root, 'node_modules', '.bin', name);
const checks = [
  { name: 'lint', command: [bin('biome'), 'check', '--error-on-warnings', '.'] },
  { name: 'types', command: [bin('tsc'), '-p', 'tsconfig.json'] },
  { name: 'types of the page', command: [bin('tsc'), '-p', 'packages/solution-app/tsconfig.json'] },
  { name: 'import directions', command: [ownNode(), 'scripts/check-imports.ts'] },
];

await main('npm test', async () => {
  installDebianPackages(debianPackages);
  setUp();
  const only = process.argv.slice(2);
  const counts = { passed: 0, failed: 0 };
  for (const check of only.length > 0 ? [] : checks) {
    say(`\n== ${check.name}`);
    const [command = '', ...args] = check.command;
    const ok = spawnSync(command, args, { cwd: root, stdio: 'inherit', env: toolEnvironment() }).status === 0;
    counts[ok ? 'passed' : 'failed'] += 1;
  }
  say('\n== tests');
  const tests = runTests(only);
  counts.passed += tests.passed;
  counts.failed += tests.failed;
  if (only.length === 0) noteRun(counts);
  say(`\n${counts.passed} passed, ${counts.failed} failed`);
  return counts.failed === 0 ? 0 : 1;
});

/** How a whole run ended, and on which commit: a release asks for it. */
function noteRun(counts) {
  const git = (...args) => spawnSync('git', args, { cwd: root, encoding: 'utf8' }).stdout?.trim() ?? '';
  const run = { commit: git('rev-parse', 'HEAD'), clean: git('status', '--porcelain') === '', ...counts };
  const folder = join(root, 'node_modules', '.cache');
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, 'last-tests.json'),
    `${JSON.stringify({ ...run, at: new Date().toISOString() })}\n`,
  );
}

function runTests(args) {
  const folder = mkdtempSync(join(tmpdir(), 'gwe-results-'));
  const file = join(folder, 'results.json');
  try {
    const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
    const run = spawnSync(ownNode(), [vitest, 'run', ...reporters, ...args], {
      cwd: root,
      stdio: 'inherit',
      env: toolEnvironment(),
    });
    const results = JSON.parse(readFileSync(file, 'utf8'));
    // Without root some tests cannot be run, and say so; as root none may be left out.
    const left = process.getuid?.() === 0 ? 0 : results.numPendingTests;
    if (left > 0) say(`\n${left} tests were not run: they need root`);
    const failed = results.numTotalTests - results.numPassedTests - left;
    // A file that cannot be loaded, or an error outside of a test, fails the run without a failed test.
    return { passed: results.numPassedTests, failed: failed === 0 && run.status !== 0 ? 1 : failed };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
