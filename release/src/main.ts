import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { runCommand, UsageError } from '@gateway-engine/host';
import { Command, Option } from 'commander';
import manifest from '../package.json' with { type: 'json' };
import { writeChecksums } from './checksums.ts';
import { compileExecutable } from './compile.ts';
import { packDebian } from './debian-package.ts';
import { compressExecutable, layOutPackage, packTarball } from './release-package.ts';
import { makeSbom } from './sbom.ts';
import { ownTarget, type TargetName, targets } from './targets.ts';

const root = join(import.meta.dirname, '..', '..');

interface Options {
  readonly target: TargetName | 'all';
  readonly output: string;
  readonly fast?: true;
}

await runCommand('release', async () => {
  const command = new Command('npm run release --')
    .description('make the release packages: an executable of all commands, and what installs it')
    .addOption(
      new Option('--target <name>', 'what they are for')
        .choices([...Object.keys(targets), 'all'])
        .default(ownTarget()),
    )
    .option('--output <folder>', 'where they are put', 'dist/release')
    .option('--fast', 'compress little, for a trial')
    .action(release);
  await command.parseAsync(process.argv.slice(2), { from: 'user' });
});

function release({ target, output, fast }: Options): void {
  const out = resolve(output);
  mkdirSync(out, { recursive: true });
  const { version } = manifest;
  const { commit, time, isClean } = sources();
  if (!isClean) process.stderr.write('release: the tree has changes that are in no commit\n');
  const sbom = makeSbom(root, version, time);
  const files: string[] = [];
  for (const name of target === 'all' ? (Object.keys(targets) as TargetName[]) : [target]) {
    const work = join(root, 'release/build', name);
    const executable = compileExecutable(
      root,
      name,
      { version, commit: isClean ? commit : `${commit}+` },
      work,
    );
    const contents = { root, target: name, version, executable, time, sbom };
    const folder = layOutPackage(contents, work);
    files.push(packTarball(folder, contents, out, fast ? 1 : 9));
    const debian = packDebian(folder, contents, out, fast ? 'none' : 'xz');
    if (debian !== undefined) files.push(debian);
    if (!fast) files.push(compressExecutable(contents, out));
  }
  files.push(writeChecksums(out, files));
  for (const file of files) process.stdout.write(`${file}\n`);
}

/** What the packages are made from. Their files have the time of the commit. */
function sources(): { commit: string; time: number; isClean: boolean } {
  const git = (...args: string[]) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();
  try {
    return {
      commit: git('rev-parse', '--short=12', 'HEAD'),
      time: Number(git('log', '-1', '--format=%ct')),
      isClean: git('status', '--porcelain') === '',
    };
  } catch (cause) {
    throw new UsageError('releases are made from a clone of the repository, by git', { cause });
  }
}
