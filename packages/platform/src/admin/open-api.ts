import fastifySwagger from '@fastify/swagger';
import { createJsonSchemaTransform, createJsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { z } from 'zod';
import * as schemas from './schemas.ts';
import type { AdminServer } from './server.ts';

/** Collects the routes that are added after it, for the OpenAPI document of `addOpenApiRoute`. */
export function describeRoutes(server: AdminServer): void {
  const schemaRegistry = z.registry<{ id: string }>();
  // The parameters of a query are listed one by one, which a reference does not allow.
  const { HistoryQuery: _, ...bodies } = schemas;
  for (const [id, schema] of Object.entries(bodies)) schemaRegistry.add(schema, { id });
  void server.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Gateway Engine platform: admin API',
        description: 'Times are whole seconds since 1970. Failures are `{"error": {"code", "message"}}`.',
        version: '1',
      },
      components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
      security: [{ bearer: [] }],
    },
    transform: createJsonSchemaTransform({ schemaRegistry }),
    transformObject: createJsonSchemaTransformObject({ schemaRegistry }),
  });
}

export function addOpenApiRoute(server: AdminServer): void {
  server.get('/openapi.json', { schema: { hide: true } }, async () => withoutUnusedSchemas(server.swagger()));
}

interface OpenApiDocument {
  readonly paths?: object;
  readonly components?: { readonly schemas?: Readonly<Record<string, unknown>> };
}

/** Every schema is there once as it is sent and once as it is received; what no route names is left out. */
function withoutUnusedSchemas(document: OpenApiDocument): OpenApiDocument {
  const schemas = document.components?.schemas ?? {};
  const used = new Set<string>();
  const follow = (value: unknown) => {
    for (const [, name] of JSON.stringify(value).matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
      if (name === undefined || used.has(name)) continue;
      used.add(name);
      follow(schemas[name] ?? {});
    }
  };
  follow(document.paths ?? {});
  const kept = Object.fromEntries(Object.entries(schemas).filter(([name]) => used.has(name)));
  return { ...document, components: { ...document.components, schemas: kept } };
}
