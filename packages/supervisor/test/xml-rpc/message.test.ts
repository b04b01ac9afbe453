import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  formatCall,
  formatResponse,
  formatValue,
  parseCall,
  parseResponse,
  type XmlRpcValue,
} from '../../src/xml-rpc/message.ts';

// Characters that XML cannot hold are replaced on the way; line ends are kept.
const text = fc
  .string({ unit: 'grapheme' })
  .map((value) => value.replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, ''));

const { value: values } = fc.letrec<{ value: XmlRpcValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    text,
    fc.integer(),
    fc.maxSafeInteger(),
    // Whole numbers are written as such, and those have no zero below zero.
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
    fc.boolean(),
    fc.constant(null),
    fc.uint8Array(),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(text, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
}));

test('a call is read as it was written', () => {
  fc.assert(
    fc.property(
      fc.stringMatching(/^[a-z]+\.[A-Za-z]+$/),
      fc.array(values, { maxLength: 3 }),
      (method, params) => {
        expect(parseCall(formatCall({ method, params }))).toEqual({ method, params });
      },
    ),
  );
});

test('an answer is read as it was written', () => {
  fc.assert(
    fc.property(values, (value) => {
      expect(parseResponse(formatResponse({ value }))).toEqual({ value });
    }),
  );
  fc.assert(
    fc.property(fc.integer(), text, (code, message) => {
      const fault = { code, text: message };
      expect(parseResponse(formatResponse({ fault }))).toEqual({ fault });
    }),
  );
});

test("Python's xmlrpc reads what is written here, and the other way round", () => {
  const plain = fc.sample(
    fc.dictionary(text, fc.oneof(text, fc.integer(), fc.boolean(), fc.array(text)), {
      noNullPrototype: true,
    }),
    50,
  );
  const calls = plain.map((value) => formatCall({ method: 'a.b', params: [value] }));
  const script = `import json,sys,xmlrpc.client as x
out=[]
for text in json.load(sys.stdin):
  params, method = x.loads(text)
  out.append([params[0], x.dumps((params[0],), methodresponse=True)])
json.dump(out, sys.stdout)`;
  const theirs = JSON.parse(
    execFileSync('/usr/bin/python3', ['-c', script], { input: JSON.stringify(calls), encoding: 'utf8' }),
  ) as [unknown, string][];
  expect(theirs.map(([value]) => value)).toEqual(plain);
  // Python writes a bare carriage return, which XML turns into a line feed.
  const asRead = JSON.parse(JSON.stringify(plain).replace(/\\r\\n|\\r/g, '\\n')) as unknown[];
  expect(theirs.map(([, xml]) => parseResponse(xml))).toEqual(asRead.map((value) => ({ value })));
});

test('bytes of a log that XML cannot hold are replaced, not sent', () => {
  const parsed = parseResponse(formatResponse({ value: 'a\u0000\u001b[31m\ud800b' }));
  expect(parsed).toEqual({ value: 'a\ufffd\ufffd[31m\ufffdb' });
});

test('a value without a type is a string', () => {
  expect(
    parseCall(
      '<methodCall><methodName>m</methodName><params><param><value>x</value></param></params></methodCall>',
    ),
  ).toEqual({ method: 'm', params: ['x'] });
});

test.each([
  ['', 'root element'],
  ['<methodCall>', 'not well-formed'],
  ['<methodCall/>', 'no method name'],
  ['<html/>', 'expected methodCall'],
  ['<!DOCTYPE x [<!ENTITY a "b">]><methodCall><methodName>&a;</methodName></methodCall>', 'document type'],
  ['<methodCall><methodName>&a;</methodName></methodCall>', 'not well-formed'],
  [call('<value><int>one</int></value>'), 'not of type int'],
  [call('<value><boolean>2</boolean></value>'), 'not a boolean'],
  [call('<value><double>1e999</double></value>'), 'not of type double'],
  [call('<value><what>1</what></value>'), 'unknown type what'],
  [call('<value><array/></value>'), 'array without data'],
  [call('<value><struct><member><name>a</name></member></struct></value>'), 'member without value'],
  [call('<value><array><data>'.repeat(30) + '</data></array></value>'.repeat(30)), 'nested more than'],
])('%s is refused', (xml, problem) => {
  expect(() => parseCall(xml)).toThrow(problem);
});

test('no text at all makes the parser fail in another way than refusing it', () => {
  const pieces = fc.constantFrom(
    '<methodCall>',
    '<value>',
    '</value>',
    '<int>',
    '7',
    '</int>',
    '<struct>',
    '&lt;',
    '<a b="',
    '>',
    ']]>',
    '<![CDATA[',
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(pieces).map((parts) => parts.join('')),
      ),
      (xml) => {
        try {
          parseCall(xml);
        } catch (error) {
          expect(error).toMatchObject({ code: 'XML_RPC' });
        }
      },
    ),
  );
});

test('numbers beyond 32 bits are sent as i8', () => {
  expect(formatValue(2 ** 31)).toBe('<value><i8>2147483648</i8></value>');
  expect(formatValue(-5)).toBe('<value><int>-5</int></value>');
});

function call(value: string): string {
  return `<methodCall><methodName>m</methodName><params><param>${value}</param></params></methodCall>`;
}
