import { wholeSeconds } from '@gateway-engine/host';
import { z } from 'zod';
import { newKey } from '../store/secrets.ts';
import { bearerToken } from './auth.ts';
import { callerAddress } from './caller-address.ts';
import { AdminError } from './errors.ts';
import { Gate } from './gate.ts';
import { GuessingBrake, passwordGuessing } from './guessing-brake.ts';
import { LoginReply, LoginRequest } from './schemas.ts';
import { type AdminParts, type AdminServer, failures } from './server.ts';

/** How long a login is good for, seconds. */
const sessionSeconds = 12 * 3600;

/** Logging in: the one thing that needs no token. */
export function addLoginRoute(server: AdminServer, parts: AdminParts): void {
  const brake = new GuessingBrake(parts.clock, passwordGuessing);
  // Hashing a password is slow on purpose; two at a time leave processor and thread pool to everybody else.
  const gate = new Gate(2, 50);
  server.post(
    '/session',
    {
      schema: {
        tags: ['session'],
        summary: 'Log in: a token for 12 hours',
        security: [],
        body: LoginRequest,
        response: { 201: LoginReply, ...failures },
      },
    },
    async (request, reply) => {
      const { username, password } = request.body;
      const caller = `${callerAddress(request.ip)} ${username}`;
      const waitMs = brake.attempt(caller);
      if (waitMs > 0) throw slowDown(waitMs);
      const checked = await gate.pass(() => parts.store.checkPassword(username, password));
      if (!checked) throw slowDown(1000);
      if (!checked.result) {
        throw new AdminError(401, 'UNAUTHORIZED', 'wrong user name or password; check both and try again');
      }
      brake.succeeded(caller);
      const token = newKey();
      const expires = wholeSeconds(parts.clock) + sessionSeconds;
      await parts.store.addToken({ token, user: username, expires });
      return reply.code(201).send({ token, expires });

      function slowDown(ms: number): AdminError {
        const seconds = Math.ceil(ms / 1000);
        void reply.header('Retry-After', String(seconds));
        return new AdminError(
          429,
          'SLOW_DOWN',
          `too many attempts to log in; wait ${seconds} s and try again`,
        );
      }
    },
  );
}

export function addLogoutRoute(server: AdminServer, parts: AdminParts): void {
  server.delete(
    '/session',
    {
      schema: {
        tags: ['session'],
        summary:
          'Log out: the token of this request is valid no more; one that never expires is no login and refused',
        response: { 204: z.undefined(), ...failures },
      },
    },
    async (request, reply) => {
      const token = bearerToken(request.headers.authorization);
      if (token === undefined || !(await parts.store.endSession(token))) {
        const message = 'this token does not come from a login and never expires; nothing was ended';
        throw new AdminError(409, 'NO_SESSION', message);
      }
      return reply.code(204).send();
    },
  );
}
