import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ListenerProtocol, type ListenerStep } from '../../src/events/listener-protocol.ts';

function play(protocol: ListenerProtocol, chunks: readonly Uint8Array[]): ListenerStep[] {
  const steps: ListenerStep[] = [];
  for (const chunk of chunks)
    for (const step of protocol.take(chunk)) {
      steps.push(step);
      if (step.kind === 'ready') protocol.sent();
    }
  return steps;
}

/** The bytes in pieces, cut at `cuts`. */
function pieces(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [...cuts.map((cut) => cut % (bytes.length + 1)), 0, bytes.length].sort((a, b) => a - b);
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end));
}

const results = fc.array(
  fc.oneof(fc.constant('OK'), fc.constant('FAIL'), fc.string({ unit: 'binary-ascii' })),
  {
    maxLength: 5,
  },
);

test('what a listener answers is understood however it is cut into pieces', () => {
  fc.assert(
    fc.property(results, fc.array(fc.nat()), (texts, cuts) => {
      const steps: ListenerStep[] = [];
      const protocol = new ListenerProtocol();
      // A listener may only write when it is its turn: one piece of the dialogue after the other.
      for (const text of texts) {
        steps.push(...play(protocol, pieces(Buffer.from('READY\n'), cuts)));
        steps.push(...play(protocol, pieces(Buffer.from(`RESULT ${text.length}\n${text}`), cuts)));
      }
      expect(steps).toEqual(
        texts.flatMap((text) => [{ kind: 'ready' }, { kind: 'result', accepted: text === 'OK' }]),
      );
      expect(protocol.state).toBe('ACKNOWLEDGED');
    }),
  );
});

test('any other output ends in UNKNOWN once and for ever, whatever it is', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array()), (chunks) => {
      const protocol = new ListenerProtocol();
      const steps = play(protocol, chunks);
      const violations = steps.filter((step) => step.kind === 'violation');
      expect(violations.length).toBe(protocol.state === 'UNKNOWN' ? 1 : 0);
      if (violations.length > 0) expect(steps.at(-1)?.kind).toBe('violation');
    }),
  );
});

test.each([
  ['hello world\n', 'expected READY, got hello world'],
  ['READY\nRESULT two\nOK', "bad result line: 'RESULT two"],
  ['READY\nRESULT -1\n', "bad result line: 'RESULT -1'"],
  [`READY\nRESULT ${'9'.repeat(2000)}`, 'bad result line'],
  ['READY\nRESULT 99999999\n', 'a result of 99999999 bytes, more than 1048576'],
])('%j is a violation: %s', (output, problem) => {
  const protocol = new ListenerProtocol();
  const [ready = '', ...rest] = output.split(/(?<=READY\n)/);
  const steps = [
    ...play(protocol, [Buffer.from(ready)]),
    ...play(
      protocol,
      rest.map((text) => Buffer.from(text)),
    ),
  ];
  expect(steps.at(-1)).toMatchObject({ kind: 'violation', problem: expect.stringContaining(problem) });
  expect(protocol.state).toBe('UNKNOWN');
  expect(protocol.take(Buffer.from('READY\n'))).toEqual([]);
});

test('output without an event, when READY, is a violation', () => {
  const protocol = new ListenerProtocol();
  protocol.take(Buffer.from('READY\n'));
  expect(protocol.take(Buffer.from('RESULT 2\nOK'))).toMatchObject([{ kind: 'violation' }]);
  expect(() => protocol.sent()).toThrow('a listener that is UNKNOWN');
});
