import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { requireToken } from './auth.ts';
import { addContentRoutes } from './content-routes.ts';
import { addDeployRoute } from './deploy-route.ts';
import { addDeviceRoutes } from './device-routes.ts';
import { answerErrors, toAdminError } from './errors.ts';
import { addMetricsRoute, observeAnswers } from './metrics-route.ts';
import { addOpenApiRoute, describeRoutes } from './open-api.ts';
import { servePages } from './pages.ts';
import { addProductRoutes } from './product-routes.ts';
import { addResourceRoutes } from './resource-routes.ts';
import { sendSecurityHeaders } from './security-headers.ts';
import type { AdminParts, AdminServer } from './server.ts';
import { addLoginRoute, addLogoutRoute } from './session-routes.ts';
import { addTrustRoutes } from './trust-routes.ts';
import { ValueWriter } from './value-writer.ts';

/**
 * The admin API under `/api/v1` and the pages beside it. It does not listen: after `await server.ready()`, give it
 * requests by `server.routing(request, response)`.
 */
export function buildAdminApi(parts: AdminParts): FastifyInstance {
  const loggerInstance: FastifyBaseLogger = parts.logger;
  const server = Fastify({
    loggerInstance,
    logController: new LogController({ disableRequestLogging: true }),
    // A serial number of 128 characters may be 9 times as long when percent-encoded.
    routerOptions: { maxParamLength: 2048 },
    frameworkErrors: (error, _request, reply) => {
      const refusal = toAdminError(error);
      reply.raw
        .writeHead(refusal.status, { 'Content-Type': 'application/json; charset=utf-8' })
        .end(JSON.stringify(refusal.body));
    },
  });
  server.setValidatorCompiler(validatorCompiler);
  server.setSerializerCompiler(serializerCompiler);
  answerErrors(server);
  sendSecurityHeaders(server);
  observeAnswers(server, parts);
  addMetricsRoute(server, parts);
  servePages(server, parts.pagesDirectory);
  void server.register(async (scope) => addApi(scope.withTypeProvider<ZodTypeProvider>(), parts), {
    prefix: '/api/v1',
  });
  return server;
}

async function addApi(api: AdminServer, parts: AdminParts): Promise<void> {
  api.addHook('onRequest', async (_request, reply) => {
    void reply.header('Cache-Control', 'no-store');
  });
  describeRoutes(api);
  await api.register(async (open) => {
    addLoginRoute(open.withTypeProvider<ZodTypeProvider>(), parts);
    addOpenApiRoute(open.withTypeProvider<ZodTypeProvider>());
  });
  await api.register(async (scope) => {
    const guarded = scope.withTypeProvider<ZodTypeProvider>();
    requireToken(guarded, parts);
    const values = new ValueWriter(parts);
    addLogoutRoute(guarded, parts);
    addProductRoutes(guarded, parts);
    addDeviceRoutes(guarded, parts);
    addResourceRoutes(guarded, parts, values);
    addContentRoutes(guarded, parts);
    addTrustRoutes(guarded, parts);
    addDeployRoute(guarded, parts, values);
  });
}
