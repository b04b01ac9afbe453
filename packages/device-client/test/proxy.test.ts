import { UsageError } from '@gateway-engine/host';
import { CountingRelay, selfSignedCertificate } from '@gateway-engine/testkit';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DeviceClient, type Traffic } from '../src/index.ts';
import { proxyFor } from '../src/proxy.ts';
import { ProxyServer } from './support/proxy-server.ts';
import { answer, RawServer } from './support/raw-server.ts';

const certificate = selfSignedCertificate();
const plain = new URL('http://m2.example.com:8080');
const secure = new URL('https://m2.example.com');

describe('the proxy of the environment', () => {
  test.each<[string, URL, NodeJS.ProcessEnv, string | undefined]>([
    ['there is none', plain, {}, undefined],
    ['http_proxy serves http', plain, { http_proxy: 'http://p:3128' }, 'p:3128'],
    ['and not https', secure, { http_proxy: 'http://p:3128' }, undefined],
    ['upper case counts too, a scheme is not needed', secure, { HTTPS_PROXY: 'p' }, 'p:80'],
    ['all_proxy serves both', secure, { ALL_PROXY: 'http://[::1]:1' }, '::1:1'],
    ['an empty one is none', plain, { http_proxy: '' }, undefined],
    [
      'a CGI program does not take its caller’s',
      plain,
      { HTTP_PROXY: 'evil', REQUEST_METHOD: 'GET' },
      undefined,
    ],
    ['no_proxy *', plain, { http_proxy: 'p', no_proxy: '*' }, undefined],
    ['no_proxy with the host', plain, { http_proxy: 'p', no_proxy: 'a, M2.example.com' }, undefined],
    ['no_proxy with a domain', plain, { http_proxy: 'p', NO_PROXY: '.example.com' }, undefined],
    ['no_proxy with a domain without a dot', plain, { http_proxy: 'p', NO_PROXY: 'example.com' }, undefined],
    ['no_proxy with the end of a name only', plain, { http_proxy: 'p', no_proxy: 'ample.com' }, 'p:80'],
    ['no_proxy with the port', plain, { http_proxy: 'p', no_proxy: 'm2.example.com:8080' }, undefined],
    ['no_proxy with another port', plain, { http_proxy: 'p', no_proxy: 'm2.example.com:80' }, 'p:80'],
    [
      'no_proxy with a network',
      new URL('http://10.1.2.3'),
      { http_proxy: 'p', no_proxy: '10.0.0.0/8' },
      undefined,
    ],
    [
      'no_proxy with another network',
      new URL('http://11.1.2.3'),
      { http_proxy: 'p', no_proxy: '10.0.0.0/8' },
      'p:80',
    ],
    [
      'no_proxy with an IPv6 address',
      new URL('http://[fd00::1]'),
      { http_proxy: 'p', no_proxy: '[fd00::1]' },
      undefined,
    ],
    ['this machine', new URL('http://localhost:8090'), { http_proxy: 'p' }, undefined],
    ['this machine by address', new URL('http://127.0.0.1:8090'), { http_proxy: 'p' }, undefined],
  ])('%s', (_, server, env, expected) => {
    const proxy = proxyFor(server, undefined, env);
    expect(proxy && `${proxy.host}:${proxy.port}`).toBe(expected);
  });

  test('is not used when the client has another one, or none', () => {
    const env = { http_proxy: 'p' };
    expect(proxyFor(plain, 'http://q:1', env)).toMatchObject({ host: 'q', port: 1 });
    expect([proxyFor(plain, false, env), proxyFor(plain, '', env)]).toEqual([undefined, undefined]);
  });

  test.each(['ftp://me:hunter2@p', 'socks5://me:hunter2@p', 'http://me:hunter2%ZZ@p', 'http://'])(
    '%s is refused without showing a password',
    (address) => {
      expect(() => proxyFor(plain, undefined, { http_proxy: address })).toThrow(UsageError);
      expect(() => proxyFor(plain, undefined, { http_proxy: address })).not.toThrow(/hunter2/);
    },
  );

  test('whatever no_proxy holds, it is read', () => {
    fc.assert(
      fc.property(fc.string(), (list) => {
        proxyFor(new URL('http://10.0.0.1'), undefined, { http_proxy: 'p', no_proxy: list });
      }),
    );
  });
});

// The proxy resolves the name: here it goes to this machine whatever it is.
describe('a client behind a proxy', () => {
  test('without TLS sends whole addresses, with name and password', async () => {
    await using server = await RawServer.start(answer('200 OK', '1'));
    await using proxy = await ProxyServer.start();
    const client = new DeviceClient({
      server: `http://m2.example.com:${server.port}`,
      proxy: proxy.url.replace('//', '//me:p%40ss@'),
    });
    expect(await client.timestamp()).toBe(1);
    const login = Buffer.from('me:p@ss').toString('base64');
    expect(proxy.asked).toEqual([`GET http://m2.example.com:${server.port} Basic ${login}`]);
    expect(server.requests[0]?.head).toContain(`Host: m2.example.com:${server.port}`);
    client.close();
  });

  test('with TLS opens a tunnel and keeps it, and counts every byte to and from the proxy', async () => {
    await using server = await RawServer.start(answer('200 OK', '1'), certificate);
    await using proxy = await ProxyServer.start();
    await using relay = await CountingRelay.start(Number(new URL(proxy.url).port));
    const traffic: Traffic[] = [];
    const client = new DeviceClient({
      server: `https://m2.example.com:${server.port}`,
      serverName: 'localhost',
      ca: certificate.cert,
      proxy: `http://127.0.0.1:${relay.port}`,
      onTraffic: (entry) => traffic.push(entry),
    });
    for (let call = 0; call < 2; call++) expect(await client.timestamp()).toBe(1);
    expect(proxy.asked).toEqual([`CONNECT m2.example.com:${server.port} `]);
    const sum = (key: 'bytesSent' | 'bytesReceived') => traffic.reduce((all, entry) => all + entry[key], 0);
    expect([sum('bytesSent'), sum('bytesReceived')]).toEqual([relay.sent, relay.received]);
    client.close();
  });

  test.each([
    ['HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n', /status 407/],
    ['nonsense\r\n\r\n', /not HTTP/],
    ['', /hung up/],
    ['x'.repeat(20_000), /no end/],
  ])('that answers CONNECT with %j is a network error with the cause', async (refusal, problem) => {
    await using proxy = await ProxyServer.start();
    proxy.refusal = refusal;
    const client = new DeviceClient({ server: 'https://m2.example.com', proxy: proxy.url, timeoutMs: 5000 });
    await expect(client.timestamp()).rejects.toMatchObject({
      code: 'NETWORK',
      cause: { message: expect.stringMatching(problem) },
    });
  });
});
