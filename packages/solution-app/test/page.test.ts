import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { refusal } from '../src/admin-api/api-error.ts';
import { ServerClock } from '../src/admin-api/server-clock.ts';
import { SessionKeeper, sessionIn } from '../src/log-in/session.ts';
import { gatewayPath, routeOf } from '../src/page/route.ts';

describe('the address of a page', () => {
  it('names any gateway', () => {
    const text = fc.string({ minLength: 1, unit: 'grapheme' });
    fc.assert(
      fc.property(text, text, (product, sn) => {
        expect(routeOf(gatewayPath({ product, sn }))).toEqual({ page: 'gateway', gateway: { product, sn } });
      }),
    );
  });

  it.each(['/nothing', '/products/a', '/products/a/gateways/%', '/products/a/gateways/b/c'])(
    '%s is unknown',
    (path) => {
      expect(routeOf(path)).toEqual({ page: 'unknown' });
    },
  );

  it('is the fleet at the root', () => {
    expect(routeOf('/')).toEqual({ page: 'fleet' });
  });
});

describe('a refusal', () => {
  it('is in the platform’s own words when it has some', () => {
    const body =
      '{"error":{"code":"NO_CONTENT","message":"product a has no content x.v1.tar.gz; upload it first"}}';
    expect(refusal(404, body)).toMatchObject({
      code: 'REFUSED',
      status: 404,
      message: 'Product a has no content x.v1.tar.gz; upload it first.',
    });
  });

  it('with status 401 ends the session', () => {
    expect(refusal(401, '{"error":{"code":"X","message":"y"}}').code).toBe('SESSION_ENDED');
  });

  it('of a proxy is explained by its status', () => {
    expect(refusal(502, '<html>').message).toContain('proxy');
  });

  it('bears any body', () => {
    fc.assert(
      fc.property(fc.integer({ min: 400, max: 599 }), fc.oneof(fc.string(), fc.json()), (status, body) => {
        expect(refusal(status, body).message).not.toBe('');
      }),
    );
  });
});

describe('the platform’s clock', () => {
  it('is learnt from an answer when this computer’s is wrong', () => {
    const clock = new ServerClock(() => 5_000);
    clock.adjust(new Date(1_700_000_000_000).toUTCString());
    expect(clock.now()).toBe(1_700_000_000);
  });

  it('is not moved by the second the header is cut to, nor by a header that is no date', () => {
    const clock = new ServerClock(() => 1_700_000_000_900);
    clock.adjust(new Date(1_700_000_000_000).toUTCString());
    clock.adjust('tomorrow');
    clock.adjust(null);
    expect(clock.now()).toBe(1_700_000_000);
  });
});

describe('the session', () => {
  function memory(): Storage {
    const items = new Map<string, string>();
    return {
      get length() {
        return items.size;
      },
      clear: () => items.clear(),
      key: (index) => [...items.keys()][index] ?? null,
      getItem: (key) => items.get(key) ?? null,
      setItem: (key, value) => void items.set(key, value),
      removeItem: (key) => void items.delete(key),
    };
  }

  it('outlives a reload, and is gone after it ends', () => {
    const storage = memory();
    const sessions = new SessionKeeper(storage);
    sessions.begin({ token: 't', username: 'u' });
    expect(new SessionKeeper(storage).current()).toEqual({ token: 't', username: 'u' });
    sessions.end('refused');
    expect(new SessionKeeper(storage).current()).toBeUndefined();
    expect([sessions.current(), sessions.hasEnded()]).toEqual([undefined, true]);
  });

  it('tells its listeners until they leave', () => {
    const sessions = new SessionKeeper(memory());
    let told = 0;
    const leave = sessions.subscribe(() => told++);
    sessions.begin({ token: 't', username: 'u' });
    leave();
    sessions.end('logged out');
    expect(told).toBe(1);
  });

  it.each([null, '', 'x', 'null', '[]', '{"token":1,"username":"u"}', '{"token":"t"}'])(
    'is none when the storage holds %j',
    (text) => {
      expect(sessionIn(text)).toBeUndefined();
    },
  );
});
