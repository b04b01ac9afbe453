/** The calls of the admin API, from the OpenAPI document that a platform of its own gives. */
import { silentLogger, systemClock } from '../../packages/host/src/index.ts';
import { serve } from '../../packages/platform/src/index.ts';
import { temporaryFolder } from '../../packages/testkit/src/index.ts';
import { table } from './table.ts';

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly description?: string;
}

interface Content {
  readonly [type: string]: { readonly schema?: Schema };
}

interface Operation {
  readonly summary?: string;
  readonly tags?: readonly string[];
  readonly security?: readonly unknown[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>;
}

interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}

export interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** Asks a platform that is started for it, in a folder that is removed again. */
export async function openApiDocument(): Promise<OpenApi> {
  await using folder = await temporaryFolder();
  const platform = await serve({
    dataDirectory: folder.path,
    listen: { host: '127.0.0.1', port: 0 },
    logger: silentLogger,
    clock: systemClock,
  });
  try {
    const answer = await fetch(`${platform.url}/api/v1/openapi.json`);
    return (await answer.json()) as OpenApi;
  } finally {
    await platform.stop();
  }
}

export function adminApiPage({ paths, components }: OpenApi): string {
  const calls = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );
  const tags = [...new Set(calls.map(({ operation }) => operation.tags?.[0] ?? 'other'))];
  const groups = tags.map((tag) => {
    const rows = calls
      .filter(({ operation }) => (operation.tags?.[0] ?? 'other') === tag)
      .map(({ path, method, operation }) => [
        `\`${method} ${path}\``,
        [operation.summary, parametersText(operation)].filter(Boolean).join('. '),
        contentText(operation.requestBody?.content),
        answersText(operation),
      ]);
    return `## ${tag.charAt(0).toUpperCase()}${tag.slice(1)}\n\n${table(['Call', '', 'Body', 'Answers'], rows)}\n`;
  });
  const shapes = Object.entries(components.schemas)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, schema]) => `### ${name}\n\n${schemaText(schema)}\n`);
  return `# Admin API

<!-- Made by scripts/docs-reference.ts from the OpenAPI document of the platform, which is made from its own schemas. -->

What the page and \`gwe-platform\` use, for programs of your own. It is behind the same address as the device API, from \`/api/v1\` on.
A running platform has this as an OpenAPI 3.1 document at \`/api/v1/openapi.json\`, from which clients can be generated.

Each call but the log-in has \`Authorization: Bearer TOKEN\`: the token of \`POST /api/v1/session\`, or the one that the platform made at its
first start, which [Platform](platform.md) tells where to find. Times are whole seconds since 1970. Failures are
\`{"error": {"code", "message"}}\`; the codes are in [Errors](errors.md).

${groups.join('\n')}
## Shapes

${shapes.join('\n')}`;
}

function parametersText({ parameters = [] }: Operation): string {
  const query = parameters.filter((one) => one.in === 'query');
  return query.length === 0 ? '' : `Query: ${query.map(({ name }) => `\`${name}\``).join(', ')}`;
}

function contentText(content: Content | undefined): string {
  return Object.entries(content ?? {})
    .map(([type, { schema }]) => (type === 'application/json' && schema ? typeText(schema) : `\`${type}\``))
    .join(' or ');
}

function answersText({ responses }: Operation): string {
  return Object.entries(responses)
    .filter(([status]) => !/^[45]XX$/i.test(status))
    .map(([status, { content }]) => [status, contentText(content)].filter(Boolean).join(' '))
    .join('; ');
}

function schemaText(schema: Schema): string {
  if (schema.properties === undefined) return typeText(schema);
  const rows = Object.entries(schema.properties).map(([name, property]) => [
    `\`${name}\``,
    typeText(property),
    schema.required?.includes(name) ? '' : 'may be left out',
    property.description ?? '',
  ]);
  return table(['Key', 'Type', '', 'Meaning'], rows);
}

function typeText(schema: Schema): string {
  const reference = schema.$ref?.replace('#/components/schemas/', '');
  if (reference !== undefined) return `[${reference}](#${reference.toLowerCase()})`;
  if (schema.anyOf) return schema.anyOf.map(typeText).join(' or ');
  if (schema.enum) return schema.enum.map((one) => `\`${JSON.stringify(one)}\``).join(', ');
  if (schema.items) return `list of ${typeText(schema.items)}`;
  if (schema.properties) {
    const keys = Object.entries(schema.properties).map(([name, one]) => `\`${name}\`: ${typeText(one)}`);
    return `object with ${keys.join(', ')}`;
  }
  return typeof schema.type === 'string' ? schema.type : (schema.type ?? ['anything']).join(' or ');
}
