import type { ContentList } from '@gateway-engine/platform/admin-api';
import { describe, expect, it } from 'vitest';
import { signatureText, signatureWarning } from '../src/deploy/signature.ts';

const content = (id: string, signed: boolean): ContentList['content'][number] => ({
  id,
  signed,
  content_type: 'application/gzip',
  size: 1,
  sha256: '',
  updated: 0,
  meta: '',
});
const list = (has_root: boolean): ContentList => ({
  has_root,
  content: [content('good.v1.tar.gz', true), content('bad.v1.tar.gz', false)],
});

describe('before a deployment', () => {
  it('somebody is warned of uploaded content that gateways refuse, and of no other', () => {
    const warning = signatureWarning({ file: undefined, uploaded: 'bad.v1.tar.gz' }, list(true));
    expect(warning).toMatch(/^bad\.v1\.tar\.gz is not signed: .* gwe publish bad\.v1\.tar\.gz$/);
    for (const uploaded of ['good.v1.tar.gz', '', 'gone.v1.tar.gz']) {
      expect(signatureWarning({ file: undefined, uploaded }, list(true))).toBeUndefined();
    }
  });

  it('somebody is warned that an upload signs nothing', () => {
    expect(signatureWarning({ file: 'good.v1.tar.gz', uploaded: '' }, list(true))).toContain('signs nothing');
  });

  it('nobody is warned while the product has no root, or while that is not known', () => {
    for (const known of [list(false), undefined]) {
      expect(signatureWarning({ file: 'x.v1.tar.gz', uploaded: '' }, known)).toBeUndefined();
      expect(signatureWarning({ file: undefined, uploaded: 'bad.v1.tar.gz' }, known)).toBeUndefined();
    }
  });

  it.each([
    [true, true, 'signed, '],
    [true, false, 'signed, '],
    [false, true, 'not signed, '],
    [false, false, ''],
  ])('a file that is signed: %s, of a product with a root: %s, is marked %j', (signed, hasRoot, text) => {
    expect(signatureText({ signed }, hasRoot)).toBe(text);
  });
});
