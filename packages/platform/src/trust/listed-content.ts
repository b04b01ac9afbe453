import type { SignedTarget } from '@gateway-engine/app-package';
import type { Content } from '../store/port.ts';
import { TrustRefusal } from './refusal.ts';

const mostNamed = 5;

/**
 * Refuses targets that list what gateways would not get: every target must be in the content area as it is listed.
 * One that the targets before (`isListed`) list as well may be gone: a release that was removed keeps nobody from the next.
 */
export function mustBeInContent(
  targets: readonly SignedTarget[],
  isListed: (content: Pick<Content, 'id' | 'size' | 'sha256'>) => boolean,
  contents: readonly Content[],
): void {
  const content = new Map(contents.map((each) => [each.id, each]));
  const problems = targets.flatMap((target) => {
    if (isListed({ id: target.path, size: target.length, sha256: target.sha256 })) return [];
    const found = content.get(target.path);
    if (!found) return [`${target.path} is not in the content area; upload it first`];
    if (found.size === target.length && found.sha256 === target.sha256) return [];
    return [
      `${target.path} is signed with ${target.length} bytes, sha256 ${target.sha256}, but the content area has ${found.size} bytes, sha256 ${found.sha256}`,
    ];
  });
  if (problems.length === 0) return;
  const more = problems.length > mostNamed ? `; and ${problems.length - mostNamed} more` : '';
  throw new TrustRefusal('REFUSED', `${problems.slice(0, mostNamed).join('; ')}${more}`);
}
