import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bodyEncodings,
  deltaForms,
  formatCapabilities,
  parseCapabilities,
  updateTrusts,
} from '../src/capabilities.ts';

describe('capabilities', () => {
  it('are read as they were written', () => {
    fc.assert(
      fc.property(
        fc.subarray([...bodyEncodings]),
        fc.integer({ min: 1 }),
        fc.subarray([...updateTrusts]),
        fc.subarray([...deltaForms]),
        (acceptEncoding, dataBodyBytes, updateTrust, deltas) => {
          const said = { acceptEncoding, dataBodyBytes, updateTrust, deltas };
          expect(parseCapabilities(formatCapabilities(said))).toEqual(said);
        },
      ),
    );
  });

  it('of a later platform are read as far as they are known', () => {
    expect(
      parseCapabilities('{"accept_encoding":["br","gzip"],"new":[1],"deltas":["x"],"update_trust":1}'),
    ).toEqual({
      acceptEncoding: ['gzip'],
      dataBodyBytes: 0,
      updateTrust: [],
      deltas: [],
    });
  });

  it.each(['', '<html>', 'null', '[]', '1', '{}', '{"accept_encoding":"gzip"}', '{"accept_encoding":null}'])(
    'are not found in %j',
    (text) => {
      expect(parseCapabilities(text)).toBeUndefined();
    },
  );

  it('are found or not found in whatever comes, without an error', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        parseCapabilities(text);
      }),
    );
  });
});
