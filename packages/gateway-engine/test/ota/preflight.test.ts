import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ContentError, DownloadPostponed } from '../../src/ota/download.ts';
import type { OtaParts } from '../../src/ota/parts.ts';
import { TrustError, type TrustVerdict, type UpdateTrust } from '../../src/trust/update-trust.ts';
import { GatewayKit, packageOf } from './gateway-kit.ts';

const signed = (app: string, change: Partial<Extract<TrustVerdict, { kind: 'signed' }>['custom']> = {}) => ({
  kind: 'signed' as const,
  length: 1000,
  sha256: '0'.repeat(64),
  custom: {
    app,
    version: '1',
    release: 1,
    tar: { length: 2000, sha256: '0'.repeat(64) },
    unpacked: 500,
    ...change,
  },
});

describe('before a byte is downloaded', () => {
  let kit: GatewayKit;

  beforeAll(async () => {
    kit = await GatewayKit.make();
  });

  afterAll(async () => {
    await kit?.[Symbol.asyncDispose]();
  });

  /** What becomes of an instruction, and what was asked of the platform, when this is what is signed. */
  async function refusal(
    tarball: string,
    judge: () => TrustVerdict,
    change: Partial<OtaParts> = {},
  ): Promise<{ status: string; because: string | undefined; asked: number }> {
    const journal = kit.journal();
    kit.instruct(journal, tarball, packageOf(['true']));
    let asked = 0;
    const parts = kit.parts(journal);
    if (!parts.downloads) throw new Error('no downloads');
    const refuse = async (): Promise<never> => {
      asked++;
      throw new ContentError('it was asked for');
    };
    const trust: UpdateTrust = { judgeContent: async () => judge(), judgeFile: async () => judge() };
    const downloads = {
      ...parts.downloads,
      client: { ...parts.downloads.client, contentInfo: refuse, download: refuse },
    };
    const runner = kit.runnerOf({ ...parts, trust, downloads, ...change });
    await runner.run(AbortSignal.timeout(60_000));
    const because = journal.history()[0]?.facts.waits?.for ?? journal.history()[0]?.facts.because;
    return { status: kit.takeStatus(), because, asked };
  }

  it.each<[string, Parameters<typeof signed>[1], string, string]>([
    ['too little room', { unpacked: 2 ** 50 }, 'disk', 'no space left on '],
    ['another architecture', { needs: { architectures: ['s390x'] } }, 'architecture', 'it is for s390x'],
    ['a later Gateway Engine', { needs: { engine: '999.0.0' } }, 'engine', 'it needs Gateway Engine 999.0.0'],
    [
      'an application that is not there',
      { needs: { depends: [{ name: 'broker', versions: ['>=2'] }] } },
      'dependency',
      'it needs broker >=2, and that is not installed',
    ],
  ])('%s is a reason, with its figures', async (_, custom, because, text) => {
    const outcome = await refusal('app.v1.tar.gz', () => signed('app', custom));
    expect(outcome).toMatchObject({ because, asked: 0 });
    expect(outcome.status).toContain(`app.v1.tar.gz: failed: ${text}`);
  });

  it('a signature that is missing or false is a reason', async () => {
    const outcome = await refusal('app.v1.tar.gz', () => {
      throw new TrustError('app.v1.tar.gz is not signed');
    });
    expect(outcome).toEqual({
      status: 'app.v1.tar.gz: failed: app.v1.tar.gz is not signed',
      because: 'signature',
      asked: 0,
    });
  });

  it('metadata that cannot be fetched now keeps it waiting', async () => {
    const outcome = await refusal('app.v1.tar.gz', () => {
      throw new DownloadPostponed('the platform does not answer');
    });
    expect(outcome).toEqual({ status: '', because: 'offline', asked: 0 });
    kit.journal().addInstruction('enough', { install: [], cancel: ['app'] });
    await kit.runToEnd(kit.runner(kit.journal()));
    expect(kit.takeStatus()).toBe('app.v1.tar.gz: failed: cancelled by an instruction');
  });

  it('what may be installed without a signature is asked for, and the outcome says so', async () => {
    const outcome = await refusal('app.v1.tar.gz', () => ({ kind: 'unsigned', because: 'verify = off' }));
    expect(outcome.asked).toBe(1);
    expect(outcome.status).toBe('app.v1.tar.gz: failed: it was asked for\nwithout a signature: verify = off');
  });
});
