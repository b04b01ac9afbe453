import { createHash } from 'node:crypto';
import { cp, readFile, rm } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { renewMetadata, rotateKey, rotateOnlineKeys } from '../../src/developer/change-root.ts';
import { checkPackage } from '../../src/developer/checked-package.ts';
import { createKeys } from '../../src/developer/create-keys.ts';
import { listKeys } from '../../src/developer/list-keys.ts';
import { metadataLives } from '../../src/developer/metadata-lives.ts';
import { PlatformTrust } from '../../src/developer/platform-trust.ts';
import { publishTarballs } from '../../src/developer/publish-tarballs.ts';
import { DeveloperKit, DevelopersPlatform } from './developer-kit.ts';

const one = 'sine.v1.tar.gz';
const two = 'sine.v2.tar.gz';
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

let platform: DevelopersPlatform;
beforeAll(async () => {
  platform = await DevelopersPlatform.start();
});
afterAll(() => platform?.[Symbol.asyncDispose]());

/** Whose connection breaks before the targets arrive. */
class CutPlatform extends PlatformTrust {
  override putTargets(): Promise<never> {
    return Promise.reject(new Error('cut'));
  }
}

async function kitWithKeys(rootKeys = 1): Promise<DeveloperKit> {
  const kit = await DeveloperKit.make(platform);
  await createKeys(kit.parts(), rootKeys);
  return kit;
}

describe('publishing', () => {
  it('signs what a gateway then verifies: length, hash, the tar within, its needs and its release', async () => {
    const kit = await kitWithKeys();
    const manifest = {
      path: 'gwe.json',
      content: JSON.stringify({ architectures: ['x64'], depends: [{ name: 'other' }] }),
    };
    const file = await kit.tarball(one, one, [manifest]);
    const bytes = await readFile(file);
    const published = await kit.publish([file]);
    expect(published.uploaded).toEqual([one]);
    const target = (await kit.verifiedByGateway()).target(one);
    expect(target).toMatchObject({
      length: bytes.length,
      sha256: sha256(bytes),
      custom: {
        app: 'sine',
        version: '1',
        release: 2,
        tar: { length: gunzipSync(bytes).length, sha256: sha256(gunzipSync(bytes)) },
        needs: { architectures: ['x64'], depends: [{ name: 'other', versions: [] }] },
      },
    });
    expect((await kit.platform.contents()).map(({ id, signed }) => [id, signed])).toEqual([[one, true]]);
  });

  it('of several is one step, and each version is a later release', async () => {
    const kit = await kitWithKeys();
    const files = [await kit.tarball(one), await kit.tarball('other.v1.tar.gz')];
    await kit.publish(files);
    const { targets, version } = await kit.publish([await kit.tarball(two)]);
    expect(version).toBe(3);
    expect(targets[0]?.custom.release).toBe(3);
    const trusted = await kit.verifiedByGateway();
    expect([one, two, 'other.v1.tar.gz'].map((id) => trusted.target(id)?.custom.release)).toEqual([2, 3, 2]);
  });

  it('of the same bytes again changes nothing; of others under the same version is refused', async () => {
    const kit = await kitWithKeys();
    await kit.publish([await kit.tarball(one)]);
    const again = await kit.publish([await kit.tarball(one)]);
    expect(again).toMatchObject({ version: 2, uploaded: [] });
    await expect(kit.publish([await kit.tarball(one, 'something else')])).rejects.toThrow(
      /published with other bytes before.*new version/,
    );
  });

  it('can allow that a release replaces later ones, and take that back', async () => {
    const kit = await kitWithKeys();
    await kit.publish([await kit.tarball(one)]);
    await kit.publish([await kit.tarball(two)]);
    const file = await kit.tarball(one);
    await kit.publish([file], { downgradeFrom: ['2'] });
    expect((await kit.verifiedByGateway()).target(one)?.custom).toMatchObject({
      release: 2,
      downgrade_from: ['2'],
    });
    await kit.publish([file]);
    expect((await kit.verifiedByGateway()).target(one)?.custom.downgrade_from).toEqual(['2']);
    await kit.publish([file], { downgradeFrom: [] });
    expect((await kit.verifiedByGateway()).target(one)?.custom.downgrade_from).toBeUndefined();
  });

  it('can withdraw a release', async () => {
    const kit = await kitWithKeys();
    await kit.publish([await kit.tarball(one), await kit.tarball(two)]);
    await kit.publish([], { withdraw: [two] });
    const trusted = await kit.verifiedByGateway();
    expect([trusted.target(one)?.path, trusted.target(two)]).toEqual([one, undefined]);
    await expect(kit.publish([], { withdraw: [two] })).rejects.toThrow(/is not signed/);
  });

  it('by two developers at a time loses nothing', async () => {
    const kit = await kitWithKeys();
    await cp(kit.folder().path, kit.folder('other').path, { recursive: true });
    const files = await Promise.all([kit.tarball(one), kit.tarball(two)]);
    await Promise.all([kit.publish([files[0]!]), kit.publish([files[1]!], {}, kit.folder('other'))]);
    const trusted = await kit.verifiedByGateway();
    expect([one, two].map((id) => trusted.target(id)?.path)).toEqual([one, two]);
  });

  it('puts back content that was deleted or overwritten', async () => {
    const kit = await kitWithKeys();
    const file = await kit.tarball(one);
    await kit.publish([file]);
    await kit.platform.upload(await kit.tarball(one, 'by hand'), process.stderr);
    expect((await kit.platform.contents())[0]?.signed).toBe(false);
    expect((await kit.publish([file])).uploaded).toEqual([one]);
    expect((await kit.platform.contents())[0]?.signed).toBe(true);
  });

  it('is refused without a root that this machine trusts, or with another one', async () => {
    const kit = await kitWithKeys();
    const file = await kit.tarball(one);
    await expect(kit.publish([file], {}, kit.folder('empty'))).rejects.toThrow(/no root of product demo\d+/);
    const other = kit.folder('other');
    await other.keepRoot(1, Buffer.from('{}'));
    await expect(kit.publish([file], {}, other)).rejects.toThrow(/the platform has another root/);
  });

  it('is refused below a root that has expired, and of more releases than gateways take', async () => {
    const kit = await kitWithKeys();
    const packages = [await checkPackage(await kit.tarball(one))];
    const publication = { packages, downgradeFrom: undefined, withdraw: [] };
    const late = { ...kit.parts(), now: kit.parts().now + metadataLives.root };
    await expect(publishTarballs(late, publication)).rejects.toThrow(
      /root metadata .* expired.*gwe keys renew/,
    );
    const downgradeFrom = Array.from({ length: 100 }, (_, n) => `${n}`.padStart(200, '0'));
    const files = Array.from({ length: 110 }, (_, n) => kit.tarball(`sine.v${n}.tar.gz`));
    await expect(kit.publish(await Promise.all(files), { downgradeFrom })).rejects.toThrow(
      /list of 110 releases is longer than gateways take; .*--withdraw/,
    );
  });

  it('is refused with a passphrase that is not that of the key, before anything is uploaded', async () => {
    const kit = await kitWithKeys();
    const file = await kit.tarball(one);
    const parts = { ...kit.parts(), ask: async () => 'something else' };
    const publication = { packages: [await checkPackage(file)], downgradeFrom: undefined, withdraw: [] };
    await expect(publishTarballs(parts, publication)).rejects.toThrow(
      /the passphrase is not that of the key/,
    );
    expect(await kit.platform.contents()).toEqual([]);
  });
});

describe('keys', () => {
  it('are made once; an attempt that failed halfway is completed with the same keys', async () => {
    const kit = await DeveloperKit.make(platform);
    const parts = kit.parts();
    const failing = new CutPlatform(platform.client, kit.product);
    await expect(createKeys({ ...parts, platform: failing }, 1)).rejects.toThrow('cut');
    const created = await createKeys(parts, 1);
    expect((await parts.folder.keys()).map(({ role }) => role).sort()).toEqual(['root', 'targets']);
    expect((await kit.platform.facts()).root?.sha256).toBe(created.fingerprint);
    await expect(createKeys(parts, 1)).rejects.toThrow(/has its keys already/);
    await expect(createKeys(kit.parts(kit.folder('other')), 1)).rejects.toThrow(/has a root already/);
    const elsewhere = await DeveloperKit.make(platform);
    await cp(parts.folder.path, elsewhere.folder().path, {
      recursive: true,
      filter: (file) => !file.endsWith('.key'),
    });
    await expect(createKeys(elsewhere.parts(), 1)).rejects.toThrow(/in force on another platform/);
  });

  it.each(['root', 'targets'] as const)(
    'a %s key is replaced, and the old one signs no longer',
    async (role) => {
      const kit = await kitWithKeys();
      await kit.publish([await kit.tarball(one)]);
      const before = await kit.folder().keys();
      const changed = await rotateKey(kit.parts(), await kit.signed(), role, undefined);
      expect(changed).toMatchObject({ version: 2, added: { role } });
      expect(before.map(({ id }) => id)).toContain(changed.removed);
      expect((await kit.verifiedByGateway()).target(one)?.path).toBe(one);
      const { keys } = await listKeys(kit.folder());
      expect(new Map(keys.flatMap((key) => (key.role === role ? [[key.id, key.inForce]] : [])))).toEqual(
        new Map([
          [changed.removed, false],
          [changed.added?.id, true],
        ]),
      );
      await kit.publish([await kit.tarball(two)]);
      expect((await kit.verifiedByGateway()).target(two)?.path).toBe(two);
    },
  );

  it('of the targets, lost, are replaced by the root key alone', async () => {
    const kit = await kitWithKeys();
    await kit.publish([await kit.tarball(one)]);
    const lost = (await kit.folder().keys()).find((key) => key.role === 'targets');
    await rm(lost?.file ?? '');
    await expect(kit.publish([await kit.tarball(two)])).rejects.toThrow(/bring the key file there/);
    await rotateKey(kit.parts(), await kit.signed(), 'targets', undefined);
    await kit.publish([await kit.tarball(two)]);
    const trusted = await kit.verifiedByGateway();
    expect([one, two].map((id) => trusted.target(id)?.path)).toEqual([one, two]);
  });

  it('of the root, one of two lost or stolen, are replaced by the other', async () => {
    const kit = await kitWithKeys(2);
    const [lost] = (await kit.folder().keys()).filter((key) => key.role === 'root');
    await rm(lost?.file ?? '');
    await expect(rotateKey(kit.parts(), await kit.signed(), 'root', undefined)).rejects.toThrow(/--key/);
    const changed = await rotateKey(kit.parts(), await kit.signed(), 'root', lost?.id.slice(0, 12));
    expect(changed.removed).toBe(lost?.id);
    expect((await kit.verifiedByGateway()).root.roles.root.keys.size).toBe(2);
  });

  it('of the platform are replaced, and what gateways get is signed by the new ones', async () => {
    const kit = await kitWithKeys();
    await kit.publish([await kit.tarball(one)]);
    const before = await kit.platform.facts();
    await rotateOnlineKeys(kit.parts(), await kit.signed());
    const after = await kit.platform.facts();
    expect(after.online.timestamp.keyid).not.toBe(before.online.timestamp.keyid);
    const trusted = await kit.verifiedByGateway();
    expect(trusted.root.version).toBe(2);
    expect(trusted.target(one)?.path).toBe(one);
  });

  it('stay the same when root and targets are renewed with later expiries', async () => {
    const kit = await kitWithKeys();
    await kit.publish([await kit.tarball(one)]);
    const before = await kit.verifiedByGateway();
    const later = { ...kit.parts(), now: kit.parts().now + 1000 };
    await renewMetadata(later, await kit.signed());
    const after = await kit.verifiedByGateway();
    expect(after.root.expires).toBeGreaterThan(before.root.expires);
    expect(after.targets?.expires).toBeGreaterThan(before.targets?.expires ?? 0);
    expect([...after.root.roles.targets.keys.keys()]).toEqual([...before.root.roles.targets.keys.keys()]);
  });

  it('of the platform, replaced, let a platform go on that was set back to older targets', async () => {
    const kit = await kitWithKeys();
    await kit.publish([await kit.tarball(one)]);
    const folder = kit.folder();
    const seen = JSON.parse((await folder.targets())?.toString() ?? '');
    seen.signed.version += 5;
    await folder.keepTargets(Buffer.from(JSON.stringify(seen)));
    const file = await kit.tarball(two);
    await expect(kit.publish([file])).rejects.toThrow(
      /set back to an older copy.*gwe keys rotate demo\d+ online/,
    );
    const floor = { root: 1, timestamp: 90, snapshot: 90, targets: 7 };
    await expect(kit.verifiedByGateway(floor)).rejects.toThrow(/older than version 90/);
    await rotateOnlineKeys(kit.parts(), await kit.signed({ setBack: true }));
    await kit.publish([file]);
    expect((await kit.verifiedByGateway(floor)).target(two)?.path).toBe(two);
  });
});
