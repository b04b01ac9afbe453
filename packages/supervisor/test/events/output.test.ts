import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AnsiStripper } from '../../src/capture/ansi-escapes.ts';
import { Lines } from '../../src/capture/lines.ts';
import { CaptureMarks } from '../../src/events/capture-marks.ts';
import { logPayload, pythonBytes } from '../../src/events/payloads.ts';
import { python } from '../support/python.ts';

const begin = '<!--XSUPERVISOR:BEGIN-->';
const end = '<!--XSUPERVISOR:END-->';

function cut(text: string, cuts: readonly number[]): Buffer[] {
  const bytes = Buffer.from(text, 'latin1');
  const places = [...cuts.map((place) => place % (bytes.length + 1)), 0, bytes.length].sort((a, b) => a - b);
  return places.slice(1).map((stop, index) => bytes.subarray(places[index], stop));
}

const textOf = (chunks: readonly Uint8Array[]) => Buffer.concat(chunks).toString('latin1');

const escapes = fc
  .array(
    fc.constantFrom('text', '\u001b[', '\u001b', '[', '31m', ';', 'm', 'K', 'é', '\n', '\u001b[0;1m', '2J'),
    {
      maxLength: 12,
    },
  )
  .map((parts) => parts.join(''));

test('escape codes are taken out as Supervisor takes them out of a whole text', () => {
  // We wait for what comes after an escape at the very end: it may begin a sequence.
  const texts = fc.sample(escapes, 500).map((text) => `${text}.`);
  const theirs = python(
    'from supervisor.dispatchers import stripEscapes\ndef f(x): return stripEscapes(x.encode("latin1")).decode("latin1")',
    texts,
  );
  const ours = texts.map((text) => textOf([new AnsiStripper().strip(Buffer.from(text, 'latin1'))]));
  expect(ours).toEqual(theirs);
});

test('where a text is cut makes no difference to its escape codes', () => {
  fc.assert(
    fc.property(escapes, fc.array(fc.nat()), (text, cuts) => {
      const stripper = new AnsiStripper();
      const whole = new AnsiStripper().strip(Buffer.from(text, 'latin1'));
      expect(textOf(cut(text, cuts).map((chunk) => stripper.strip(chunk)))).toBe(textOf([whole]));
    }),
  );
});

const plain = fc
  .array(fc.constantFrom('a', '<', '<!', '<!--X', '<!--XSUPERVISOR:', '-->', '\n', ' '), { maxLength: 6 })
  .map((parts) => parts.join(''))
  .filter((text) => !text.includes(begin) && !text.includes(end));

test('output and messages are told apart however they are cut', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(plain, plain)), plain, fc.array(fc.nat()), (pairs, last, cuts) => {
      const text = `${pairs.map(([before, message]) => `${before}${begin}${message}${end}`).join('')}${last}`;
      const marks = new CaptureMarks(1000);
      const parts = [...cut(text, cuts).flatMap((chunk) => marks.take(chunk)), ...marks.end()];
      const of = (kind: string) =>
        parts.filter((part) => part.kind === kind).map((part) => textOf([part.bytes]));
      expect(of('output').join('')).toBe(`${pairs.map(([before]) => before).join('')}${last}`);
      expect(of('message')).toEqual(pairs.map(([, message]) => message));
    }),
  );
});

test('of a message that is too long the end is kept', () => {
  const marks = new CaptureMarks(4);
  expect(marks.take(Buffer.from(`${begin}123456789${end}`))).toEqual([
    { kind: 'message', bytes: Buffer.from('6789') },
  ]);
});

test('a message without an end is none, and what follows the next start is output', () => {
  const marks = new CaptureMarks(100);
  marks.take(Buffer.from(`${begin}half`));
  expect(marks.end()).toEqual([]);
  expect(marks.take(Buffer.from('again'))).toEqual([{ kind: 'output', bytes: Buffer.from('again') }]);
});

test('lines come whole however they are cut, the last one at the end', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme' })), fc.array(fc.nat()), (parts, cuts) => {
      const text = parts.join('\n');
      const bytes = Buffer.from(text);
      const lines: string[] = [];
      const splitter = new Lines((line) => lines.push(line));
      for (const chunk of cut(bytes.toString('latin1'), cuts)) splitter.take(chunk);
      splitter.end();
      const expected = text.replaceAll('\uFEFF', '').split('\n');
      if (expected.at(-1) === '') expected.pop();
      expect(lines.map((line) => line.replaceAll('\uFEFF', ''))).toEqual(expected);
    }),
  );
});

test('a line without an end does not grow beyond all bounds', () => {
  const lines: string[] = [];
  const splitter = new Lines((line) => lines.push(line));
  splitter.take(Buffer.alloc(20_000, 'x'));
  expect(lines.map((line) => line.length)).toEqual([8000, 8000]);
  splitter.end();
  expect(lines.join('')).toBe('x'.repeat(20_000));
});

test('bytes that are no UTF-8 are told as Python prints them', () => {
  const samples = fc.sample(fc.uint8Array({ maxLength: 12 }), 300).map((bytes) => [...bytes]);
  const theirs = python('def f(x): return repr(bytes(x))', samples);
  expect(samples.map((bytes) => pythonBytes(Uint8Array.from(bytes)))).toEqual(theirs);
  expect(logPayload({ name: 'a', group: 'g' }, 7, 'stdout', Uint8Array.of(0xff, 0x41))).toBe(
    "processname:a groupname:g pid:7 channel:stdout\nUndecodable: b'\\xffA'",
  );
});
