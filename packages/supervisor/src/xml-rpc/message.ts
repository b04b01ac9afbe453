import { Buffer } from 'node:buffer';
import { escapeXml, parseXml, type XmlElement, XmlRpcError } from './xml-tree.ts';

export type XmlRpcValue =
  | string
  | number
  | boolean
  | null
  | Uint8Array
  | readonly XmlRpcValue[]
  | { readonly [name: string]: XmlRpcValue };

export interface MethodCall {
  readonly method: string;
  readonly params: readonly XmlRpcValue[];
}

export type MethodResponse =
  | { readonly value: XmlRpcValue }
  | { readonly fault: { readonly code: number; readonly text: string } };

export function formatCall(call: MethodCall): string {
  const params = call.params.map((param) => `<param>${formatValue(param)}</param>`).join('');
  return `<?xml version='1.0'?>\n<methodCall><methodName>${escapeXml(call.method)}</methodName><params>${params}</params></methodCall>`;
}

export function formatResponse(response: MethodResponse): string {
  const body =
    'fault' in response
      ? `<fault>${formatValue({ faultCode: response.fault.code, faultString: response.fault.text })}</fault>`
      : `<params><param>${formatValue(response.value)}</param></params>`;
  return `<?xml version='1.0'?>\n<methodResponse>${body}</methodResponse>`;
}

export function parseCall(text: string): MethodCall {
  const root = parseXml(text);
  if (root.name !== 'methodCall') throw new XmlRpcError(`expected methodCall, found ${root.name}`);
  const method = child(root, 'methodName')?.text.trim() ?? '';
  if (method === '') throw new XmlRpcError('no method name');
  const params = child(root, 'params')?.children ?? [];
  return { method, params: params.map((param) => parseValue(required(param, 'value'))) };
}

export function parseResponse(text: string): MethodResponse {
  const root = parseXml(text);
  if (root.name !== 'methodResponse') throw new XmlRpcError(`expected methodResponse, found ${root.name}`);
  const fault = child(root, 'fault');
  if (!fault) return { value: parseValue(required(required(required(root, 'params'), 'param'), 'value')) };
  const struct = parseValue(required(fault, 'value'));
  if (typeof struct !== 'object' || struct === null || !('faultCode' in struct))
    throw new XmlRpcError('a fault without faultCode');
  const message = 'faultString' in struct ? struct.faultString : '';
  return { fault: { code: Number(struct.faultCode), text: String(message) } };
}

export function formatValue(value: XmlRpcValue): string {
  return `<value>${formatTyped(value)}</value>`;
}

function formatTyped(value: XmlRpcValue): string {
  if (value === null) return '<nil/>';
  if (typeof value === 'string') return `<string>${escapeXml(value)}</string>`;
  if (typeof value === 'boolean') return `<boolean>${value ? 1 : 0}</boolean>`;
  if (typeof value === 'number') return formatNumber(value);
  if (value instanceof Uint8Array) return `<base64>${Buffer.from(value).toString('base64')}</base64>`;
  if (Array.isArray(value)) return `<array><data>${value.map(formatValue).join('')}</data></array>`;
  const members = Object.entries(value).map(
    ([name, member]) => `<member><name>${escapeXml(name)}</name>${formatValue(member)}</member>`,
  );
  return `<struct>${members.join('')}</struct>`;
}

function formatNumber(value: number): string {
  if (!Number.isFinite(value)) throw new XmlRpcError(`${value} cannot be sent by XML-RPC`);
  if (!Number.isSafeInteger(value) || Object.is(value, -0)) return `<double>${value}</double>`;
  return value >= -(2 ** 31) && value < 2 ** 31 ? `<int>${value}</int>` : `<i8>${value}</i8>`;
}

export function parseValue(element: XmlElement): XmlRpcValue {
  const typed = element.children[0];
  if (!typed) return element.text;
  if (element.children.length > 1) throw new XmlRpcError('a value of more than one type');
  switch (typed.name) {
    case 'string':
    case 'dateTime.iso8601':
      return typed.text;
    case 'int':
    case 'i4':
    case 'i8':
      return numberOf(typed, /^\s*[+-]?\d+\s*$/);
    case 'double':
      return numberOf(typed, /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i);
    case 'boolean':
      return booleanOf(typed);
    case 'base64':
      return Uint8Array.from(Buffer.from(typed.text, 'base64'));
    case 'nil':
      return null;
    case 'array':
      return required(typed, 'data').children.map(parseValue);
    case 'struct':
      return structOf(typed);
    default:
      throw new XmlRpcError(`unknown type ${typed.name}`);
  }
}

function structOf(typed: XmlElement): XmlRpcValue {
  const members = typed.children.map(
    (member) => [required(member, 'name').text, parseValue(required(member, 'value'))] as const,
  );
  // fromEntries defines, so that a member called __proto__ is one like any other.
  return Object.fromEntries(members);
}

function booleanOf(typed: XmlElement): boolean {
  const text = typed.text.trim();
  if (text !== '0' && text !== '1') throw new XmlRpcError(`"${text.slice(0, 20)}" is not a boolean`);
  return text === '1';
}

function numberOf(typed: XmlElement, pattern: RegExp): number {
  const number = Number(typed.text);
  if (!pattern.test(typed.text) || !Number.isFinite(number))
    throw new XmlRpcError(`"${typed.text.slice(0, 20)}" is not of type ${typed.name}`);
  return number;
}

function child(element: XmlElement, name: string): XmlElement | undefined {
  return element.children.find((candidate) => candidate.name === name);
}

function required(element: XmlElement, name: string): XmlElement {
  const found = child(element, name);
  if (!found) throw new XmlRpcError(`${element.name} without ${name}`);
  return found;
}
