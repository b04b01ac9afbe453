import { perform } from './perform.ts';
import type { ControlSession } from './session.ts';
import { Interrupted } from './terminal.ts';

/** Shows the status and performs what is typed, until quit, the end of the input, or Ctrl-C. */
export async function runPrompt(session: ControlSession, prompt: string): Promise<void> {
  try {
    for (let line: string | undefined = 'status'; ; ) {
      if ((await perform(session, line ?? 'EOF')) === 'quit') return;
      line = await session.terminal.ask(`${prompt}> `);
    }
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    session.say('');
  }
}
