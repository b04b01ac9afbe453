/** What a gateway is told to install: content ids, in this order. */
export interface EngineFetch {
  readonly install: readonly string[];
}

/** An `engine_fetch` value that cannot be followed. */
export class EngineFetchError extends Error {
  readonly code = 'BAD_ENGINE_FETCH';
}

/** The text of `engine_fetch` that installs these tarballs: `{"install": [{"name": ...}]}`. */
export function formatEngineFetch(fetch: EngineFetch): string {
  return JSON.stringify({ install: fetch.install.map((name) => ({ name })) });
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
  const items = isObject(value) ? value.install : undefined;
  if (!Array.isArray(items)) throw new EngineFetchError(`engine_fetch has no list "install": ${wanted}`);
  const install = items.map((item: unknown, index) => {
    const name = isObject(item) ? item.name : undefined;
    if (typeof name !== 'string' || name === '') {
      throw new EngineFetchError(`item ${index + 1} of engine_fetch has no text "name": ${wanted}`);
    }
    return name;
  });
  return { install };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
