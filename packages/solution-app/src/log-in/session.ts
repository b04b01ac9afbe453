import { parsedJson } from '../parsed-json.ts';

/** Who is logged in, in this tab: the token is in sessionStorage, gone with the tab. */
export interface Session {
  readonly token: string;
  readonly username: string;
}

const KEY = 'gateway-engine.session';

export class SessionKeeper {
  readonly #storage: Storage;
  readonly #listeners = new Set<() => void>();
  #session: Session | undefined;
  /** True after the platform ended the session, false after a log-out. */
  #ended = false;

  constructor(storage: Storage) {
    this.#storage = storage;
    this.#session = sessionIn(storage.getItem(KEY));
  }

  readonly current = (): Session | undefined => this.#session;
  readonly hasEnded = (): boolean => this.#ended;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  begin(session: Session): void {
    this.#storage.setItem(KEY, JSON.stringify(session));
    this.#change(session, false);
  }

  end(reason: 'logged out' | 'refused'): void {
    this.#storage.removeItem(KEY);
    this.#change(undefined, reason === 'refused');
  }

  #change(session: Session | undefined, ended: boolean): void {
    this.#session = session;
    this.#ended = ended;
    for (const listener of this.#listeners) listener();
  }
}

/** Storage can be edited by hand and outlives a version of this page: what does not fit counts as logged out. */
export function sessionIn(text: string | null): Session | undefined {
  const json = parsedJson(text);
  if (typeof json !== 'object' || json === null || !('token' in json) || !('username' in json))
    return undefined;
  const { token, username } = json;
  return typeof token === 'string' && typeof username === 'string' ? { token, username } : undefined;
}
