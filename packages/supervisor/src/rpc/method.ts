import { fault } from '../xml-rpc/faults.ts';
import type { XmlRpcValue } from '../xml-rpc/message.ts';

export type ParameterType = 'string' | 'int' | 'boolean' | 'array';

/** A method of the interface, with what system.methodSignature and system.methodHelp tell of it. */
export interface Method {
  readonly parameters: readonly ParameterType[];
  /** How many of the parameters, from the end, may be left out. */
  readonly optional?: number;
  readonly returns: 'string' | 'int' | 'boolean' | 'array' | 'struct';
  readonly help: string;
  run(args: Arguments): XmlRpcValue | Promise<XmlRpcValue>;
}

export type Methods = Readonly<Record<string, Method>>;

/** The parameters of a call after their number and types were checked. */
export class Arguments {
  readonly #values: readonly XmlRpcValue[];

  constructor(method: Method, values: readonly XmlRpcValue[]) {
    const least = method.parameters.length - (method.optional ?? 0);
    if (values.length < least || values.length > method.parameters.length)
      throw fault('INCORRECT_PARAMETERS');
    values.forEach((value, index) => {
      if (!hasType(value, method.parameters[index])) throw fault('INCORRECT_PARAMETERS');
    });
    this.#values = values;
  }

  text(index: number): string {
    const value = this.#values[index];
    return typeof value === 'number' ? String(value) : (value as string);
  }

  integer(index: number): number {
    return this.#values[index] as number;
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
      // signalProcess takes numbers too.
      return typeof value === 'string' || Number.isSafeInteger(value);
    case 'int':
      return Number.isSafeInteger(value);
    case 'boolean':
      return typeof value === 'boolean' || value === 0 || value === 1;
    case 'array':
      return Array.isArray(value);
    default:
      return false;
  }
}
