import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KeyFileError, newKey, openKey, readKeyFacts, SigningKey, sealKey } from '../../src/index.ts';

const facts = { product: 'demo', role: 'targets', created: 1_800_000_000 } as const;
/** Cheap, for tests. */
const cost = 16;

async function problemOf(action: Promise<unknown>): Promise<string> {
  try {
    await action;
    return 'none';
  } catch (error) {
    expect(error).toBeInstanceOf(KeyFileError);
    return (error as KeyFileError).code;
  }
}

describe('a key file', () => {
  it('gives back the key for its passphrase, at the cost that is the default, too', async () => {
    const key = newKey();
    const text = await sealKey(key, facts, 'correct horse');
    const opened = await openKey(text, 'correct horse');
    expect(opened.id).toBe(key.id);
    expect(opened.sign(Buffer.from('x'))).toBe(key.sign(Buffer.from('x')));
    expect(readKeyFacts(text)).toEqual({ ...facts, id: key.id, key: key.tuf });
  });

  it('does not hold the secret in the clear, nor does a key show it', async () => {
    const key = newKey();
    const seed = key.exportSeed().toString('hex');
    expect(await sealKey(key, facts, 'p', cost)).not.toContain(seed);
    expect(JSON.stringify(key)).not.toContain(seed);
  });

  it('does not open for another passphrase', async () => {
    const text = await sealKey(newKey(), facts, 'one', cost);
    expect(await problemOf(openKey(text, 'two'))).toBe('PASSPHRASE');
  });

  it('does not open when the role or the product in it was changed', async () => {
    const text = await sealKey(newKey(), facts, 'one', cost);
    expect(await problemOf(openKey(text.replace('"targets"', '"root"'), 'one'))).toBe('PASSPHRASE');
    expect(await problemOf(openKey(text.replace('"demo"', '"domo"'), 'one'))).toBe('PASSPHRASE');
  });

  it('that asks for more memory than a key may is refused', async () => {
    const text = (await sealKey(newKey(), facts, 'one', cost)).replace('"n": 16', '"n": 1073741824');
    expect(await problemOf(openKey(text, 'one'))).toBe('KEY_FILE');
  });

  it('opens for any key and passphrase, and damaged nowhere with another error than its own', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.string({ unit: 'grapheme', minLength: 1 }),
        fc.nat(),
        async (seed, passphrase, at) => {
          const key = new SigningKey(seed);
          const text = await sealKey(key, facts, passphrase, cost);
          expect((await openKey(text, passphrase)).exportSeed()).toEqual(Buffer.from(seed));
          const place = at % text.length;
          const damaged = `${text.slice(0, place)}~${text.slice(place + 1)}`;
          expect(await problemOf(openKey(damaged, passphrase))).toMatch(/KEY_FILE|PASSPHRASE|none/);
        },
      ),
      { numRuns: 50 },
    );
  });
});
