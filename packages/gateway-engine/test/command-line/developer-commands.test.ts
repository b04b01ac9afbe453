import { execFile } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GweCommand } from '../../src/command-line/gwe-command.ts';
import { keysCommand } from '../../src/command-line/keys.ts';
import { publishCommand } from '../../src/command-line/publish.ts';
import { homeLayout } from '../../src/home/layout.ts';
import { DeveloperKit, DevelopersPlatform, passphrase } from '../developer/developer-kit.ts';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

describe('the commands of a developer', () => {
  let platform: DevelopersPlatform;
  beforeAll(async () => {
    platform = await DevelopersPlatform.start();
  });
  afterAll(() => platform?.[Symbol.asyncDispose]());

  function gwe(kit: DeveloperKit, ...args: string[]): Promise<Outcome> {
    const env = {
      ...process.env,
      GWE_HOME: join(kit.path, 'home'),
      GWE_KEYS: join(kit.path, 'keys'),
      GWE_KEY_PASSPHRASE: passphrase,
      GWE_PLATFORM_URL: platform.url,
      GWE_PLATFORM_TOKEN: platform.token,
    };
    return new Promise((resolve) => {
      const child = execFile(process.execPath, [main, ...args], { env }, (error, out, err) =>
        resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err }),
      );
      child.stdin?.end();
    });
  }

  it('lead from no key to a release that gateways verify', async () => {
    const kit = await DeveloperKit.make(platform);
    const { product } = kit;
    const created = await gwe(kit, 'keys', 'create', product);
    expect(created).toMatchObject({ code: 0, err: '' });
    const fingerprint = /fingerprint of the root: ([0-9a-f]{64})/.exec(created.out)?.[1];
    const file = await kit.tarball('sine.v1.tar.gz');
    expect(await gwe(kit, 'publish', file)).toMatchObject({
      code: 0,
      out: expect.stringMatching(
        /^sine\.v1\.tar\.gz: signed as release 2; uploaded \d+ bytes, sha256 [0-9a-f]{64}\n/,
      ),
    });
    expect((await kit.verifiedByGateway()).target('sine.v1.tar.gz')).toBeDefined();
    const allowed = await gwe(kit, 'publish', file, '--allow-downgrade-from', '2', '2.1', '--json');
    expect(JSON.parse(allowed.out)).toMatchObject({
      version: 3,
      fingerprint,
      targets: [{ custom: { release: 2, downgrade_from: ['2', '2.1'] } }],
    });
    const { products } = JSON.parse((await gwe(kit, 'keys', 'list', '--json')).out);
    expect(products).toMatchObject([{ product, fingerprint, root: { version: 1 } }]);
    for (const key of products[0].keys) {
      expect(key).toMatchObject({ inForce: true });
      expect((await stat(key.file)).mode & 0o777).toBe(0o600);
    }
    const root = join(kit.path, 'root.json');
    expect((await gwe(kit, 'keys', 'export-root', product, '-o', root)).err).toContain(fingerprint);
    expect(await readFile(root)).toEqual(await kit.platform.root(1));
    expect((await gwe(kit, 'keys', 'rotate', product, 'targets')).out).toMatch(
      /^root 2 of product .* is in force.*\n {2}new key .*\n {2}no longer in force: /,
    );
    expect((await gwe(kit, 'keys', 'list')).out).toMatch(/root 2, good until .*\n(?:.*\n)*.*not in force/);
  }, 60_000);

  it('say what is wrong, and what to do', async () => {
    const kit = await DeveloperKit.make(platform);
    const layout = homeLayout(join(kit.path, 'home'));
    const connection = ['--keys', join(kit.path, 'keys'), '--url', platform.url, '--token', platform.token];
    const file = await kit.tarball('sine.v1.tar.gz');
    const { product } = kit;
    const silent = { out: () => {}, err: () => {} };
    const refusals: [GweCommand, string[], RegExp][] = [
      [publishCommand, connection, /name a tarball to publish/],
      [publishCommand, [file, ...connection], /there are no keys in .*; make some by gwe keys create/],
      [publishCommand, ['none.v1.tar.gz', ...connection], /none\.v1\.tar\.gz: ENOENT/],
      [publishCommand, ['sine.tar.gz', ...connection], /is no application tarball's name/],
      [publishCommand, [file, '--product', product, ...connection], /no root of product .* gwe keys create/],
      [publishCommand, [file, '--nothing'], /unknown option '--nothing'; see gwe publish --help/],
      [keysCommand, [], /^say what: create, list, rotate, renew, export-root; see gwe keys --help$/],
      [keysCommand, ['rotate', product], /missing required argument 'role'; see gwe keys rotate --help/],
      [keysCommand, ['create', '../x', ...connection], /is no id of a product/],
      [keysCommand, ['create', 'elsewhere', ...connection], /no product elsewhere/i],
      [keysCommand, ['export-root', product], /no root of product/],
    ];
    for (const [command, args, message] of refusals) {
      await expect(command(args, layout, silent), args.join(' ')).rejects.toThrow(message);
    }
  });

  it('show their help with an example', async () => {
    const kit = await DeveloperKit.make(platform);
    const { code, out } = await gwe(kit, 'publish', '--help');
    expect(code).toBe(0);
    expect(out).toMatch(/^Usage: gwe publish .*\n(?:.*\n)*Examples:\n {2}gwe publish sine\.v2\.tar\.gz/);
  });
});
