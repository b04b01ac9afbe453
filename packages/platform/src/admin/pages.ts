import { access } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AdminError } from './errors.ts';

/**
 * Serves the built pages. A path that is no file shows `index.html`, whose script finds its way by the path; under
 * `/api/` an unknown path is an error in JSON.
 */
export function servePages(server: FastifyInstance, pagesDirectory: string | undefined): void {
  const root = pagesDirectory === undefined ? undefined : resolve(pagesDirectory);
  if (root !== undefined) {
    void server.register(fastifyStatic, {
      root,
      // A missing folder is told on the page, and may appear later.
      suppressWarning: true,
      dotfiles: 'ignore',
      cacheControl: false,
      setHeaders: (reply, path) => void reply.header('Cache-Control', cachingOf(path.slice(root.length))),
    });
  }
  server.setNotFoundHandler(async (request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '/';
    const reads = request.method === 'GET' || request.method === 'HEAD';
    if (path === '/api' || path.startsWith('/api/') || !reads) throw noRoute(request.method, path);
    if (root === undefined || !(await isThere(join(root, 'index.html')))) return sayNotBuilt(reply, root);
    if (!asksForPage(path, request)) {
      return reply.code(404).type('text/plain; charset=utf-8').send(`There is no file ${path} here.\n`);
    }
    return reply.sendFile('index.html');
  });
}

/** The build puts a hash of the content into the names under `assets/`: such a file never changes. */
function cachingOf(path: string): string {
  return path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache';
}

/** A missing script must not be answered with a page; a serial number with a dot in it is a page all the same. */
function asksForPage(path: string, request: FastifyRequest): boolean {
  if (path.startsWith('/assets/')) return false;
  const lastSegment = path.slice(path.lastIndexOf('/'));
  return !lastSegment.includes('.') || (request.headers.accept ?? '').includes('text/html');
}

function sayNotBuilt(reply: FastifyReply, root: string | undefined) {
  const what =
    root === undefined
      ? 'This platform was started without its pages. Start it with <code>--pages DIR</code>, the folder of the built pages.'
      : 'The pages of this platform are not built yet. Build them (<code>npm start</code> in the repository does), then load this page again.';
  return reply
    .code(503)
    .header('Cache-Control', 'no-store')
    .type('text/html; charset=utf-8')
    .send(
      `<!doctype html><html lang="en"><meta charset="utf-8"><title>Gateway Engine</title><p>${what}</p>` +
        '<p>The admin API works without them: <a href="/api/v1/openapi.json">/api/v1/openapi.json</a>.</p></html>\n',
    );
}

function noRoute(method: string, path: string): AdminError {
  const message = `there is no ${method} ${path.slice(0, 200)}; /api/v1/openapi.json lists what there is`;
  return new AdminError(404, 'NOT_FOUND', message);
}

async function isThere(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}
