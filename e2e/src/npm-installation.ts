import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { root } from './system.ts';

export const run = promisify(execFile);

/** What `npm run npm-packages -- --json` says of a package. */
export interface PublishedPackage {
  readonly name: string;
  readonly entries: readonly string[];
  readonly commands: readonly string[];
  readonly tarball: string;
  readonly packedBytes: number;
  readonly installed?: { readonly packages: number; readonly bytes: number };
}

/** Makes the packages in `out`, as anybody does. */
export async function makePackages(out: string, ...more: string[]): Promise<PublishedPackage[]> {
  const script = join(root, 'scripts', 'npm-packages.ts');
  const options = ['--out', out, '--repository', 'https://git.example/gateway-engine', '--json', ...more];
  return JSON.parse((await run(process.execPath, [script, ...options], { cwd: root })).stdout);
}

/** A folder with packages in it and nothing of this repository around, and a Node.js that programs in it run on. */
export class Installation {
  readonly folder: string;
  readonly #node: string;
  readonly #environment: NodeJS.ProcessEnv;

  constructor(folder: string, node: string) {
    this.folder = folder;
    this.#node = node;
    this.#environment = {
      HOME: folder,
      // What `npx` and `#!/usr/bin/env node` find.
      PATH: [join(folder, 'node_modules', '.bin'), dirname(node), process.env.PATH].join(delimiter),
      GWE_HOME: join(folder, 'home'),
      GWE_TRAFFIC_DB: '',
    };
  }

  /** What programs find in their environment from now on. */
  set(variables: Readonly<Record<string, string>>): void {
    Object.assign(this.#environment, variables);
  }

  /** Installs tarballs by npm on the Node.js of this installation, which a package may refuse. */
  async install(tarballs: readonly string[]): Promise<void> {
    await writeFile(join(this.folder, 'package.json'), '{ "private": true, "type": "module" }\n');
    const npm = (await run('sh', ['-c', 'realpath "$(command -v npm)"'])).stdout.trim();
    const options = ['--engine-strict', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'];
    const { HOME } = process.env;
    await run(this.#node, [npm, 'install', ...options, '--loglevel=error', ...tarballs], {
      cwd: this.folder,
      env: { ...this.#environment, HOME },
    });
  }

  /** Runs a command of the packages, and gives what it prints. */
  async command(name: string, ...args: string[]): Promise<string> {
    return (await this.#run(join(this.folder, 'node_modules', '.bin', name), args)).trim();
  }

  /** Starts a command that goes on, and gives what it says first of an address. */
  async start(name: string, ...args: string[]): Promise<{ url: string; stop(): Promise<void> }> {
    const child = spawn(join(this.folder, 'node_modules', '.bin', name), args, {
      cwd: this.folder,
      env: this.#environment,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(child, 'exit');
    const url = await Promise.race([
      (async () => {
        let said = '';
        for await (const chunk of child.stdout) {
          said += String(chunk);
          const found = /http:\/\/[\w.:]+(?=\n)/.exec(said)?.[0];
          if (found !== undefined) return found;
        }
        throw new Error(`${name} named no address: ${said}`);
      })(),
      ended.then(([code]) => Promise.reject(new Error(`${name} ended with status ${code}`))),
    ]);
    return {
      url,
      stop: async () => {
        child.kill('SIGTERM');
        await ended;
      },
    };
  }

  async shell(script: string): Promise<string> {
    return await this.#run('bash', ['-e', '-o', 'pipefail', '-c', script]);
  }

  /** Runs a module in JavaScript that stands in the folder. */
  async module(text: string, node = this.#node): Promise<string> {
    const file = join(this.folder, 'program.mjs');
    await writeFile(file, text);
    return (await this.#run(node, [file])).trim();
  }

  /** Imports each of these, and gives the names that it exports. */
  async imports(entries: readonly string[], node = this.#node): Promise<Record<string, string[]>> {
    const program = `const found = {};
      for (const entry of ${JSON.stringify(entries)}) {
        const type = entry.endsWith('.json') ? { with: { type: 'json' } } : {};
        found[entry] = Object.keys(await import(entry, type));
      }
      console.log(JSON.stringify(found));`;
    return JSON.parse(await this.module(program, node));
  }

  async #run(command: string, args: readonly string[]): Promise<string> {
    const child = run(command, args, { cwd: this.folder, env: this.#environment, timeout: 60_000 });
    // Nobody types.
    child.child.stdin?.end();
    return (await child).stdout;
  }
}
