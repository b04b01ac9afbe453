import { createRequire } from 'node:module';

/** `bytes` is an array that is a buffer of its own, or null. */
type Kind = 'i32' | 'u32' | 'i64' | 'u64' | 'bytes';
type Values<Kinds extends readonly Kind[]> = {
  -readonly [Index in keyof Kinds]: Kinds[Index] extends 'bytes' ? Uint8Array | null : number;
};

export interface ForeignFunction {
  readonly takes: readonly Kind[];
  readonly gives: 'i32' | 'i64';
}

export type ForeignCalls<Functions extends Record<string, ForeignFunction>> = {
  readonly [Name in keyof Functions]: (...values: Values<Functions[Name]['takes']>) => number;
};

type Callable = (...values: unknown[]) => number | bigint;

/**
 * Functions of the C library that the runtime is linked with: Node.js (from 26 on) and Bun can call them without an
 * add-on. Undefined where that cannot be done.
 */
export function loadForeignCalls<const Functions extends Record<string, ForeignFunction>>(
  functions: Functions,
): ForeignCalls<Functions> | undefined {
  const calls = process.versions.bun === undefined ? loadOnNode(functions) : loadOnBun(functions);
  return calls as ForeignCalls<Functions> | undefined;
}

interface NodeLibrary {
  dlopen(
    path: string | null,
    definitions: Record<string, { arguments: string[]; return: string }>,
  ): { functions: Record<string, Callable> };
}

function loadOnNode(functions: Record<string, ForeignFunction>): Record<string, Callable> | undefined {
  const library = withoutWarning(
    () => process.getBuiltinModule('node:ffi') as unknown as NodeLibrary | undefined,
  );
  const loaded = library?.dlopen(
    null,
    mapValues(functions, ({ takes, gives }) => ({
      arguments: takes.map((kind) => (kind === 'bytes' ? 'pointer' : kind)),
      return: gives,
    })),
  ).functions;
  if (!loaded || Object.keys(functions).some((name) => !loaded[name])) return undefined;
  return mapValues(functions, ({ takes }, name) => {
    const call = loaded[name] as Callable;
    return (...values) =>
      Number(call(...takes.map((kind, index) => valueForNode(kind, values[index] as number | Uint8Array))));
  });
}

function valueForNode(kind: Kind, value: number | Uint8Array | null): unknown {
  if (kind === 'bytes') return (value as Uint8Array | null)?.buffer ?? 0n;
  return kind === 'i64' || kind === 'u64' ? BigInt(value as number) : value;
}

interface BunLibrary {
  dlopen(
    path: string,
    definitions: Record<string, { args: string[]; returns: string }>,
  ): { symbols: Record<string, Callable> };
}

const kindsOfBun = { i32: 'i32', u32: 'u32', i64: 'i64_fast', u64: 'u64_fast', bytes: 'ptr' } as const;

function loadOnBun(functions: Record<string, ForeignFunction>): Record<string, Callable> | undefined {
  const { dlopen } = createRequire(import.meta.url)('bun:ffi') as BunLibrary;
  const definitions = mapValues(functions, ({ takes, gives }) => ({
    args: takes.map((kind) => kindsOfBun[kind]),
    returns: kindsOfBun[gives],
  }));
  const machine = process.arch === 'arm64' ? 'aarch64' : 'x86_64';
  for (const name of ['libc.so.6', `libc.musl-${machine}.so.1`]) {
    try {
      return dlopen(name, definitions).symbols;
    } catch {
      // The other C library then; with neither, the caller does without.
    }
  }
  return undefined;
}

function mapValues<From, To>(
  record: Record<string, From>,
  map: (value: From, name: string) => To,
): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value, name)]));
}

/** The module is experimental in Node.js. That is told in docs/adr, not on the terminal of everybody. */
function withoutWarning<T>(load: () => T): T {
  const { emitWarning } = process;
  process.emitWarning = () => undefined;
  try {
    return load();
  } finally {
    process.emitWarning = emitWarning;
  }
}
