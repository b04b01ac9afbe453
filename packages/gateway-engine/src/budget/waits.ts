import type { BudgetWait } from '@gateway-engine/device-api';
import type { BudgetState } from '@gateway-engine/device-client';

/** What the budget holds back now, as the engine's report says it. */
export function waitsOf(states: readonly BudgetState[]): BudgetWait[] {
  return states.flatMap(({ waits }) =>
    waits.map((wait) => ({
      interface: wait.interfaces,
      class: wait.class,
      until: Math.floor(wait.until / 1000),
      because: wait.because,
    })),
  );
}
