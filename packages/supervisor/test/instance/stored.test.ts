import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@gateway-engine/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { load, store } from '../../src/instance/stored.ts';

async function stateFolder(boot = 'this boot') {
  const folder = await temporaryFolder();
  return { path: folder.path, boot, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

test('what was noted last is read, whatever was noted before it, within a page or longer', async () => {
  await using state = await stateFolder();
  const file = join(state.path, 'noted');
  const text = fc.oneof(fc.string(), fc.string({ unit: 'grapheme', minLength: 3900, maxLength: 5000 }));
  const content = fc.oneof(text, fc.record({ text, number: fc.integer() }), fc.array(fc.string()));
  fc.assert(
    fc.property(fc.array(content, { minLength: 1, maxLength: 8 }), (contents) => {
      for (const each of contents) {
        store(file, state, each);
        expect(load(file, state)?.content).toEqual(each);
      }
    }),
    { numRuns: 50 },
  );
});

test('a note is JSON from its first byte to its last, for people who look at it', async () => {
  await using state = await stateFolder();
  const file = join(state.path, 'noted');
  store(file, state, { text: 'a longer one' });
  store(file, state, { text: 'short' });
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
    boot: 'this boot',
    content: { text: 'short' },
  });
});

test('what was noted before the machine was restarted says nothing, nor does what is no note', async () => {
  await using state = await stateFolder();
  const file = join(state.path, 'noted');
  expect(load(file, state)).toBeUndefined();
  store(file, { ...state, boot: 'the boot before' }, 1);
  expect(load(file, state)).toBeUndefined();
  for (const text of ['', '\0\0\0\0', '{"format":2,', 'null']) {
    writeFileSync(file, text);
    expect(load(file, state)).toBeUndefined();
  }
});
