import type { Content, ContentList } from '@gateway-engine/platform/admin-api';

/** Comes before the size of an uploaded file: a narrow page cuts the end. Unsigned is worth a word only where it matters. */
export function signatureText(content: Pick<Content, 'signed'>, hasRoot: boolean): string {
  if (content.signed) return 'signed, ';
  return hasRoot ? 'not signed, ' : '';
}

/** What somebody is to know before gateways refuse what was chosen; undefined when they will not. */
export function signatureWarning(
  choice: { readonly file: string | undefined; readonly uploaded: string },
  list: ContentList | undefined,
): string | undefined {
  if (!list?.has_root) return undefined;
  const refused = 'gateways that have pinned the root of this product refuse it.';
  if (choice.file !== undefined) {
    // Only the platform can tell whether it is the same file as one that was signed.
    return `An upload from here signs nothing: unless exactly this file was signed before, ${refused} Sign and upload it with: gwe publish ${choice.file}`;
  }
  const chosen = list.content.find(({ id }) => id === choice.uploaded);
  if (!chosen || chosen.signed) return undefined;
  return `${chosen.id} is not signed: ${refused} Sign it with: gwe publish ${chosen.id}`;
}
