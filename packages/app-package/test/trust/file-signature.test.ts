import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  claimedStatement,
  FileSignatureError,
  newKey,
  sha256Of,
  signFile,
  TrustedMetadataError,
  verifySignature,
} from '../../src/index.ts';
import { day, newSigners, rootOf, start } from './repository.ts';

const statement = {
  product: 'demo',
  file: 'GatewayEngine.v1.tar.gz',
  sha256: sha256Of(Buffer.from('x')),
  signedAt: start,
};
const now = start + day;

describe('the signature of a file', () => {
  it('is verified by the fingerprint of the first root alone', async () => {
    const signers = newSigners();
    const root = rootOf(signers);
    const signature = signFile(statement, [root], signers.targets);
    expect(await verifySignature(signature, { now, sha256: sha256Of(root) })).toEqual(statement);
    expect(claimedStatement(signature)).toEqual(statement);
  });

  it('follows a key that was replaced, by the roots that it brings', async () => {
    const [before, after] = [newSigners(), newSigners()];
    const [first, second] = [rootOf(before), rootOf(after, 2, { signedBy: before.root })];
    const trust = { now, sha256: sha256Of(first) };
    const signature = signFile(statement, [first, second], after.targets);
    expect(await verifySignature(signature, trust)).toEqual(statement);
    const byOldKey = signFile(statement, [first, second], before.targets);
    await expect(verifySignature(byOldKey, trust)).rejects.toMatchObject({ code: 'SIGNATURE' });
  });

  it('of a key that was replaced is refused where that is known, whatever roots it brings', async () => {
    const [before, after, thief] = [newSigners(), newSigners(), newSigners()];
    const [first, second] = [rootOf(before), rootOf(after, 2, { signedBy: before.root })];
    const knownRoot = async (version: number) => (version === 2 ? second : undefined);
    const trust = { now, sha256: sha256Of(first), knownRoot };
    const old = signFile(statement, [first], before.targets);
    expect(await verifySignature(old, { now, sha256: trust.sha256 })).toEqual(statement);
    await expect(verifySignature(old, trust)).rejects.toMatchObject({ code: 'SIGNATURE' });
    const forged = rootOf(thief, 2, { signedBy: before.root });
    const stolen = signFile(statement, [first, forged], thief.targets);
    await expect(verifySignature(stolen, trust)).rejects.toMatchObject({ code: 'SIGNATURE' });
  });

  it('is refused with too few signatures, also when one is there twice', async () => {
    const other = newKey();
    const signers = newSigners();
    const targets = [...signers.targets, other];
    const root = rootOf({ ...signers, targets }, 1, { thresholds: { targets: 2 } });
    const trust = { now, sha256: sha256Of(root) };
    const one = signFile(statement, [root], [other, other]);
    await expect(verifySignature(one, trust)).rejects.toMatchObject({ code: 'SIGNATURE' });
    expect(await verifySignature(signFile(statement, [root], targets), trust)).toEqual(statement);
  });

  it('is refused when the root is another one, or has expired', async () => {
    const signers = newSigners();
    const root = rootOf(signers);
    const signature = signFile(statement, [root], signers.targets);
    const sha256 = sha256Of(rootOf(newSigners()));
    await expect(verifySignature(signature, { now, sha256 })).rejects.toMatchObject({ code: 'MISMATCH' });
    const late = { now: start + 731 * day, sha256: sha256Of(root) };
    await expect(verifySignature(signature, late)).rejects.toThrow(
      'version 1 of the root expired on 2028-01-01, and today is 2028-01-02 here',
    );
  });

  it('is never made of a name that says more than a name', () => {
    const { targets } = newSigners();
    for (const file of ['', 'a/b', 'a\nsha256 00', 'x'.repeat(256)]) {
      expect(() => signFile({ ...statement, file }, [], targets)).toThrow(/is no name that can be signed/);
    }
  });

  it('is refused, or says the same, whatever bytes of it are changed', async () => {
    const signers = newSigners();
    const root = rootOf(signers);
    const signature = signFile(statement, [root], signers.targets);
    const trust = { now, sha256: sha256Of(root) };
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: signature.length - 1 }), fc.nat({ max: 255 }), async (at, byte) => {
        const changed = Buffer.from(signature);
        changed[at] = byte;
        try {
          expect(await verifySignature(changed, trust)).toEqual(statement);
        } catch (error) {
          expect(error instanceof FileSignatureError || error instanceof TrustedMetadataError).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });
});
