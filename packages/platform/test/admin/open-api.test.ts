import { expect, test } from 'vitest';
import { runAdminApi } from './running-api.ts';

test('the OpenAPI document needs no token and describes every route by the shared schemas', async () => {
  await using api = await runAdminApi();
  const answer = await api.call('GET', '/api/v1/openapi.json', undefined, {});
  expect(answer.status).toBe(200);
  const { openapi, paths, components } = answer.json;
  expect(openapi).toBe('3.1.0');
  expect(Object.keys(paths).sort()).toEqual([
    '/api/v1/products',
    '/api/v1/products/{product}/content',
    '/api/v1/products/{product}/content/{id}',
    '/api/v1/products/{product}/devices',
    '/api/v1/products/{product}/devices/{sn}',
    '/api/v1/products/{product}/devices/{sn}/deploy',
    '/api/v1/products/{product}/devices/{sn}/enable',
    '/api/v1/products/{product}/devices/{sn}/resources/{alias}',
    '/api/v1/products/{product}/devices/{sn}/resources/{alias}/history',
    '/api/v1/products/{product}/trust',
    '/api/v1/products/{product}/trust/online-keys',
    '/api/v1/products/{product}/trust/root',
    '/api/v1/products/{product}/trust/root/{version}',
    '/api/v1/products/{product}/trust/snapshot',
    '/api/v1/products/{product}/trust/targets',
    '/api/v1/products/{product}/trust/timestamp',
    '/api/v1/session',
  ]);
  const created = paths['/api/v1/products'].post.responses;
  expect(created['201'].content['application/json'].schema).toEqual({ $ref: '#/components/schemas/Product' });
  expect(created['4XX'].content['application/json'].schema).toEqual({
    $ref: '#/components/schemas/ErrorBody',
  });
  expect(components.schemas.Product.required).toEqual(['id', 'resources', 'devices', 'created']);
  expect(paths['/api/v1/session'].post.security).toEqual([]);
  const upload = paths['/api/v1/products/{product}/content/{id}'].put;
  expect(Object.keys(upload.requestBody.content)).toEqual(['application/octet-stream']);
  expect(components.schemas).not.toHaveProperty('ProductInput');
  const deploy = paths['/api/v1/products/{product}/devices/{sn}/deploy'].post.requestBody.content;
  const [, asked] = /(\w+)$/.exec(deploy['application/json'].schema.$ref) ?? [];
  expect(Object.keys(components.schemas[asked ?? ''].properties)).toEqual(['install', 'remove', 'cancel']);
  const references = JSON.stringify(paths).match(/#\/components\/schemas\/\w+/g) ?? [];
  for (const reference of references) {
    expect(components.schemas).toHaveProperty(reference.replace('#/components/schemas/', ''));
  }
});
