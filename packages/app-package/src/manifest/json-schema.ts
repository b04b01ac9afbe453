import { z } from 'zod';
import { Manifest } from './manifest.ts';

/** The JSON Schema of `gwe.json`, as it is published. It lacks the rules that go across keys. */
export function manifestJsonSchema(): Record<string, unknown> {
  return {
    ...z.toJSONSchema(Manifest, { io: 'input', unrepresentable: 'throw' }),
    title: 'gwe.json',
    description:
      'What a custom gateway application says of itself beside its install.sh and supervisor.conf.',
  };
}
