import { parsedJson } from '../parsed-json.ts';
import { isObject } from '../reports/report.ts';
import type { Deployment } from './deployment.ts';

/** A deployment as it was kept in the tab's storage; whatever does not look like one counts as none. */
export function keptDeployment(text: string | null): Deployment | undefined {
  const json = parsedJson(text);
  return isDeployment(json) ? json : undefined;
}

function isDeployment(json: unknown): json is Deployment {
  return (
    isObject(json) &&
    Array.isArray(json.install) &&
    json.install.every((file) => typeof file === 'string') &&
    typeof json.request === 'string' &&
    typeof json.requestedAt === 'number' &&
    (json.statusBefore === null || isObject(json.statusBefore)) &&
    isObject(json.versions) &&
    Array.isArray(json.steps) &&
    json.steps.every((step) => isObject(step) && typeof step.at === 'number' && isKnownStep(step))
  );
}

function isKnownStep(step: Readonly<Record<string, unknown>>): boolean {
  if (step.kind === 'status') return typeof step.text === 'string';
  if (step.kind === 'version') return typeof step.app === 'string' && typeof step.to === 'string';
  return step.kind === 'taken' || step.kind === 'replaced';
}
