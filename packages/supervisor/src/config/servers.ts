import { parseOwner } from './account.ts';
import { ValueError } from './config-error.ts';
import type { Expansions } from './expansion.ts';
import { inetServerSection, unixServerSection } from './options/sections.ts';
import { type Section, SectionReader } from './sections.ts';
import { parseFilePath, parseOctal } from './values.ts';

/** Where the interface listens. */
export type ServerConfig = {
  readonly username: string | undefined;
  readonly password: string | undefined;
} & (
  | {
      readonly kind: 'unix';
      readonly path: string;
      readonly mode: number;
      readonly owner: { uid: number; gid: number | undefined } | undefined;
    }
  | { readonly kind: 'inet'; readonly host: string | undefined; readonly port: number }
);

export function readServers(sections: ReadonlyMap<string, Section>, expansions: Expansions): ServerConfig[] {
  const servers: ServerConfig[] = [];
  for (const section of sections.values()) {
    const kind = section.name.split(':')[0];
    if (kind === 'unix_http_server') {
      const options = new SectionReader(section, unixServerSection, expansions);
      servers.push({
        kind: 'unix',
        path: options.readRequired('file', parseFilePath),
        mode: options.read('chmod', parseOctal, 0o700),
        owner: options.read('chown', parseOwner, undefined),
        ...credentials(options),
      });
    } else if (kind === 'inet_http_server') {
      const options = new SectionReader(section, inetServerSection, expansions);
      const address = options.readRequired('port', parseAddress);
      servers.push({ kind: 'inet', ...address, ...credentials(options) });
    }
  }
  return servers;
}

function credentials(options: SectionReader): { username: string | undefined; password: string | undefined } {
  const username = options.text('username');
  const password = options.text('password');
  if ((username === undefined) !== (password === undefined))
    throw options.problem('username', 'username and password must be given together');
  return { username, password };
}

function parseAddress(text: string): { host: string | undefined; port: number } {
  const match = /^(?:(.*):)?(\d{1,5})$/.exec(text.trim());
  const port = Number(match?.[2]);
  if (!match || port < 1 || port > 65535) throw new ValueError(`"${text}" is not PORT or HOST:PORT`);
  const host = match[1]?.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  return { host: host === undefined || host === '' || host === '*' ? undefined : host, port };
}
