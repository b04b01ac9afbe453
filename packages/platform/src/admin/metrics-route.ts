import { textFormatType } from '@gateway-engine/host/metrics';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { noRoute } from '../metrics/requests.ts';
import { requireToken } from './auth.ts';
import type { AdminParts } from './server.ts';

/** `GET /metrics` for a Prometheus that has an operator's token. */
export function addMetricsRoute(server: FastifyInstance, parts: AdminParts): void {
  const { metrics } = parts;
  if (!metrics) return;
  void server.register(async (scope) => {
    requireToken(scope.withTypeProvider<ZodTypeProvider>(), parts);
    scope.get('/metrics', async (_request, reply) =>
      reply
        .header('Cache-Control', 'no-store')
        .type(textFormatType)
        .send(await metrics.text()),
    );
  });
}

/** Has every answer of this server counted, by the template of its route. */
export function observeAnswers(server: FastifyInstance, { metrics }: Pick<AdminParts, 'metrics'>): void {
  if (!metrics) return;
  server.addHook('onResponse', async (request, reply) => {
    metrics.answered({
      api: 'admin',
      method: request.method,
      route: request.is404 ? noRoute : (request.routeOptions.url ?? noRoute),
      status: reply.raw.writableFinished ? reply.statusCode : 'gone',
      durationMs: reply.elapsedTime,
    });
  });
}
