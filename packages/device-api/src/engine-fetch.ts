/** What a gateway is told to do. */
export interface EngineFetch {
  /** Content ids. */
  readonly install: readonly string[];
  /** Names of applications to remove. */
  readonly remove?: readonly string[];
  /** Names of applications whose installs that are under way are to be stopped. */
  readonly cancel?: readonly string[];
}

/** An `engine_fetch` value that cannot be followed. */
export class EngineFetchError extends Error {
  readonly code = 'BAD_ENGINE_FETCH';
}

/** The text of `engine_fetch` for this: `{"install": [{"name": ...}], "remove": [...], "cancel": [...]}`. */
export function formatEngineFetch({ install, remove = [], cancel = [] }: EngineFetch): string {
  const tarballs = install.map((name) => ({ name }));
  const isOnlyInstall = remove.length + cancel.length === 0;
  return JSON.stringify({
    ...((tarballs.length > 0 || isOnlyInstall) && { install: tarballs }),
    ...(remove.length > 0 && { remove }),
    ...(cancel.length > 0 && { cancel }),
  });
}

/**
 * Reads an `engine_fetch` value. The platform does not check the text, so anything may be in it; unknown keys are
 * ignored. Throws EngineFetchError saying what is wrong with it.
 */
export function parseEngineFetch(text: string): EngineFetch {
  const wanted = 'expected {"install": [{"name": "<APP_NAME>.v<VERSION>.tar.gz"}]}';
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new EngineFetchError(`engine_fetch is not JSON: ${wanted}`, { cause });
  }
  const wishes = isObject(value) ? value : {};
  const remove = namesIn(wishes, 'remove');
  const cancel = namesIn(wishes, 'cancel');
  const isOther = remove !== undefined || cancel !== undefined;
  const items = wishes.install ?? (isOther ? [] : undefined);
  if (!Array.isArray(items)) throw new EngineFetchError(`engine_fetch has no list "install": ${wanted}`);
  const install = items.map((item: unknown, index) => {
    const name = isObject(item) ? item.name : undefined;
    if (typeof name !== 'string' || name === '') {
      throw new EngineFetchError(`item ${index + 1} of engine_fetch has no text "name": ${wanted}`);
    }
    return name;
  });
  return { install, ...(remove && { remove }), ...(cancel && { cancel }) };
}

/** Names of applications; undefined when the key is not there. */
function namesIn(wishes: Record<string, unknown>, key: 'remove' | 'cancel'): string[] | undefined {
  const names = wishes[key];
  if (names === undefined) return undefined;
  if (Array.isArray(names) && names.every((name) => typeof name === 'string' && name !== '')) return names;
  throw new EngineFetchError(
    `"${key}" of engine_fetch is no list of names: expected {"${key}": ["<APP_NAME>"]}`,
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
