import { UsageError } from '@gateway-engine/host';
import { type Command, Option } from 'commander';
import { AdminClient } from './admin-client.ts';
import { createOutput, type Output } from './output.ts';

/** The options that every command has which talks to a platform. */
export interface ConnectionOptions {
  readonly url?: string;
  readonly token?: string;
  readonly json?: boolean;
}

/** Adds them to a command. `json`: what it prints then. */
export function withConnection(command: Command, json = "print the admin API's reply as JSON"): Command {
  return command
    .addOption(new Option('--url <url>', 'address of the platform').env('GWE_PLATFORM_URL'))
    .addOption(
      // Without commander's own env(), which would print a default that is a secret.
      new Option('--token <token>', 'token of the admin API (env: GWE_PLATFORM_TOKEN)'),
    )
    .option('--json', json);
}

/** The client and the output for a command's options. Throws UsageError saying which is missing. */
export function connect(options: ConnectionOptions): { client: AdminClient; output: Output } {
  const url = parseUrl(options.url);
  const token = options.token || process.env.GWE_PLATFORM_TOKEN;
  if (!token) {
    throw new UsageError(
      "no token given; set GWE_PLATFORM_TOKEN or --token (the platform's first one is in admin.json in its data directory)",
    );
  }
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new UsageError('the token holds characters that no token has; check GWE_PLATFORM_TOKEN or --token');
  }
  return {
    client: new AdminClient({ url, token }),
    output: createOutput(options.json === true, process.stdout),
  };
}

function parseUrl(text: string | undefined): URL {
  if (!text) {
    const message =
      'no platform given; set GWE_PLATFORM_URL or --url to its address, for instance http://127.0.0.1:8080';
    throw new UsageError(message);
  }
  const url = URL.parse(text);
  if (!url || !['http:', 'https:'].includes(url.protocol) || url.search !== '' || url.hash !== '') {
    const message = `"${text}" is not an address of a platform; give one like http://127.0.0.1:8080 in GWE_PLATFORM_URL or --url`;
    throw new UsageError(message);
  }
  if (url.username !== '' || url.password !== '') {
    throw new UsageError(
      'the address of the platform holds a user name or password; leave it out and set GWE_PLATFORM_TOKEN or --token',
    );
  }
  return url;
}
