import { wholeSeconds } from '@gateway-engine/host';
import { AdminError } from './errors.ts';
import type { AdminParts, AdminServer } from './server.ts';

/** The token of an `Authorization` header; undefined when it holds none. */
export function bearerToken(header: string | undefined): string | undefined {
  return /^Bearer +([\x21-\x7e]{1,512}) *$/i.exec(header ?? '')?.[1];
}

/** Refuses every request to the routes of this scope that brings no valid token, before its body is read. */
export function requireToken(server: AdminServer, parts: Pick<AdminParts, 'store' | 'clock'>): void {
  server.addHook('onRequest', async (request, reply) => {
    const token = bearerToken(request.headers.authorization);
    const user = token && (await parts.store.userOfToken(token, wholeSeconds(parts.clock)));
    if (user) return;
    void reply.header('WWW-Authenticate', 'Bearer');
    throw new AdminError(
      401,
      'UNAUTHORIZED',
      token
        ? 'the token is unknown or has expired; log in again, or use a token that is valid'
        : 'there is no token; log in with POST /api/v1/session and send "Authorization: Bearer TOKEN"',
    );
  });
}
