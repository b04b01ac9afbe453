import { fault, SupervisorFault } from '../xml-rpc/faults.ts';
import type { XmlRpcValue } from '../xml-rpc/message.ts';
import { Arguments, helpOf, type Method, type Methods, signatureOf } from './method.ts';

export type Call = (name: string, params: readonly XmlRpcValue[]) => Promise<XmlRpcValue>;

/**
 * Calls methods of the `supervisor` namespace and, in the namespace `gwe`, those that Supervisor does not have; adds the
 * `system` namespace. `isEnding` refuses all but the last while the supervisor shuts down.
 */
export function dispatcher(methods: Methods, isEnding: () => boolean, own: Methods = {}): Call {
  const all = new Map<string, Method>();
  for (const [name, method] of Object.entries(own)) all.set(`gwe.${name}`, method);
  for (const [name, method] of Object.entries(methods)) all.set(`supervisor.${name}`, method);
  const call: Call = async (name, params) => {
    const method = all.get(name);
    if (!method) throw fault('UNKNOWN_METHOD');
    const args = new Arguments(method, params);
    if (!method.always && !name.startsWith('system.') && isEnding()) throw fault('SHUTDOWN_STATE');
    return await method.run(args);
  };
  for (const [name, method] of Object.entries(systemMethods(all, call))) all.set(`system.${name}`, method);
  return call;
}

function systemMethods(all: ReadonlyMap<string, Method>, call: Call): Methods {
  const known = (name: string) => {
    const method = all.get(name);
    if (!method) throw fault('SIGNATURE_UNSUPPORTED');
    return method;
  };
  return {
    listMethods: {
      parameters: {},
      returns: 'array',
      help: 'Names of all methods.',
      run: () => [...all.keys()].sort(),
    },
    methodHelp: {
      parameters: { name: 'string' },
      returns: 'string',
      help: 'What a method does.',
      run: (args) => helpOf(known(args.text(0))),
    },
    methodSignature: {
      parameters: { name: 'string' },
      returns: 'array',
      help: "Type of a method's result, then those of its parameters.",
      run: (args) => signatureOf(known(args.text(0))),
    },
    multicall: {
      parameters: { calls: 'array' },
      returns: 'array',
      help: 'Calls several methods one after the other: [{methodName, params}, ...].',
      run: async (args) => {
        const results: XmlRpcValue[] = [];
        for (const entry of args.array(0)) results.push(await callOne(entry, call));
        return results;
      },
    },
  };
}

async function callOne(entry: XmlRpcValue, call: Call): Promise<XmlRpcValue> {
  try {
    const { methodName, params = [] } = structOf(entry);
    if (typeof methodName !== 'string') throw fault('INCORRECT_PARAMETERS', 'No methodName');
    if (methodName === 'system.multicall')
      throw fault('INCORRECT_PARAMETERS', 'Recursive system.multicall forbidden');
    return await call(methodName, listOf(params));
  } catch (error) {
    if (!(error instanceof SupervisorFault)) throw error;
    return { faultCode: error.faultCode, faultString: error.faultString };
  }
}

/** Python also takes the names of a struct for parameters. */
function listOf(params: XmlRpcValue): readonly XmlRpcValue[] {
  return Array.isArray(params) ? params : Object.keys(structOf(params));
}

function structOf(entry: XmlRpcValue): { readonly [name: string]: XmlRpcValue } {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry) || entry instanceof Uint8Array)
    throw fault('INCORRECT_PARAMETERS');
  return entry as { readonly [name: string]: XmlRpcValue };
}
