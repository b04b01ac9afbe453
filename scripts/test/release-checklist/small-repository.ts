import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { temporaryFolder } from '@gateway-engine/testkit';

export interface SmallRepository extends AsyncDisposable {
  readonly root: string;
  write(path: string, content: string | object): void;
  /** Commits everything and says to have run the tests on that. */
  commit(): void;
  git(...args: string[]): string;
}

const manifest = (name: string, more: object = {}) => ({ name, version: '1.2.0', ...more });

/** A repository like this one in small, at version 1.2.0 and ready to be released. */
export async function smallRepository(): Promise<SmallRepository> {
  const folder = await temporaryFolder();
  const root = folder.path;
  const write = (path: string, content: string | object) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    const text = typeof content === 'string' ? content : `${JSON.stringify(content, undefined, 2)}\n`;
    writeFileSync(join(root, path), text);
  };
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=test', '-c', 'user.email=test@example.org', ...args], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    }).trim();
  git('init', '--quiet');
  const host = manifest('@gateway-engine/host', { dependencies: { pino: '10.4.0' } });
  const gmq = manifest('@gateway-engine/gmq', { dependencies: { '@gateway-engine/host': '1.2.0' } });
  write('package.json', manifest('gateway-engine-repository', { workspaces: ['packages/*'] }));
  write('packages/host/package.json', host);
  write('packages/gmq/package.json', gmq);
  write('examples/other/package.json', { name: 'somebody-else', version: '0.0.7' });
  write('package-lock.json', {
    name: 'gateway-engine-repository',
    version: '1.2.0',
    lockfileVersion: 3,
    packages: {
      '': manifest('gateway-engine-repository'),
      'packages/gmq': gmq,
      'packages/host': host,
      'node_modules/@gateway-engine/gmq': { resolved: 'packages/gmq', link: true },
      'node_modules/@gateway-engine/host': { resolved: 'packages/host', link: true },
      'node_modules/pino': { version: '10.4.0', optionalDependencies: { 'pino-linux-arm64': '10.4.0' } },
      'node_modules/pino-linux-arm64': { version: '10.4.0', optional: true },
    },
  });
  write('clients/python/exo/__init__.py', '"""Client."""\n\n__version__ = "1.2.0"\n');
  write('clients/python/gwe-buildfile.json', { name: 'exo', version: '1.2.0', includes: ['exo/*.py'] });
  write('docs/a.md', '# A\n\nSee [B](b.md#two). Install `exo.v1.2.0.tar.gz`; `app.v7.tar.gz` is another.\n');
  write('docs/b.md', '# B\n\n## Two\n');
  write(
    'CHANGELOG.md',
    '# Changes\n\n## 1.2.0, 2026-03-01\n\n- Better.\n\n## 1.1.0, 2026-01-01\n\n- Good.\n',
  );
  write('.gitignore', 'node_modules/\n');
  const repository = {
    root,
    write,
    git,
    commit: () => {
      git('add', '--all');
      git('commit', '--quiet', '--allow-empty', '--message', 'Work');
      write('node_modules/.cache/last-tests.json', {
        commit: git('rev-parse', 'HEAD'),
        clean: true,
        passed: 12,
        failed: 0,
        at: '2026-03-01T10:00:00.000Z',
      });
    },
    [Symbol.asyncDispose]: async () => folder[Symbol.asyncDispose](),
  };
  repository.commit();
  return repository;
}
