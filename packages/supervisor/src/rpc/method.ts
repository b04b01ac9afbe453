import { fault } from '../xml-rpc/faults.ts';
import type { XmlRpcValue } from '../xml-rpc/message.ts';

export type ParameterType = 'string' | 'int' | 'boolean' | 'array';

/** A method of the interface, with what system.methodSignature and system.methodHelp tell of it. */
export interface Method {
  /** By name, in order. */
  readonly parameters: Readonly<Record<string, ParameterType>>;
  /** How many of the parameters, from the end, may be left out. */
  readonly optional?: number;
  readonly returns: 'string' | 'int' | 'boolean' | 'array' | 'struct';
  readonly help: string;
  /** Answers also while the supervisor shuts down. */
  readonly always?: boolean;
  run(args: Arguments): XmlRpcValue | Promise<XmlRpcValue>;
}

export type Methods = Readonly<Record<string, Method>>;

/** In the form of Supervisor's documentation, from which its clients read the types. */
export function helpOf(method: Method): string {
  const parameters = Object.entries(method.parameters).map(([name, type]) => `@param ${type} ${name}\n`);
  return ` ${method.help}\n\n${parameters.join('')}@return ${method.returns} result\n`;
}

export function signatureOf(method: Method): string[] {
  return [method.returns, ...Object.values(method.parameters)];
}

/** The parameters of a call after their number and types were checked; as tolerant as Supervisor's, which are Python's. */
export class Arguments {
  readonly #values: readonly XmlRpcValue[];

  constructor(method: Method, values: readonly XmlRpcValue[]) {
    const types = Object.values(method.parameters);
    if (values.length < types.length - (method.optional ?? 0) || values.length > types.length)
      throw fault('INCORRECT_PARAMETERS');
    values.forEach((value, index) => {
      if (!hasType(value, types[index])) throw fault('INCORRECT_PARAMETERS');
    });
    this.#values = values;
  }

  text(index: number): string {
    const value = this.#values[index];
    if (value instanceof Uint8Array) return new TextDecoder().decode(value);
    if (typeof value === 'boolean') return value ? 'True' : 'False';
    return String(value);
  }

  /** True when it was sent as text and not as a number or a boolean. */
  isText(index: number): boolean {
    const value = this.#values[index];
    return typeof value === 'string' || value instanceof Uint8Array;
  }

  integer(index: number): number {
    const value = this.#values[index];
    return Math.trunc(Number(typeof value === 'string' ? value.trim() : value));
  }

  flag(index: number, fallback: boolean): boolean {
    const value = this.#values[index];
    return value === undefined ? fallback : Boolean(value);
  }

  array(index: number): readonly XmlRpcValue[] {
    return this.#values[index] as readonly XmlRpcValue[];
  }
}

function hasType(value: XmlRpcValue, type: ParameterType | undefined): boolean {
  switch (type) {
    case 'string':
      return ['string', 'number', 'boolean'].includes(typeof value) || value instanceof Uint8Array;
    case 'int':
      if (typeof value === 'string') return /^\s*[+-]?\d{1,15}\s*$/.test(value);
      return typeof value === 'boolean' || (typeof value === 'number' && Math.abs(value) < 1e15);
    case 'boolean':
      return ['string', 'number', 'boolean'].includes(typeof value);
    case 'array':
      return Array.isArray(value);
    default:
      return false;
  }
}
