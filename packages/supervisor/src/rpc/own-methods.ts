import type { Supervisor } from '../supervisor.ts';
import type { Methods } from './method.ts';

/** What Supervisor does not have. A client may ignore all of it. */
export function ownMethods(supervisor: Supervisor): Methods {
  return {
    detach: {
      parameters: {},
      returns: 'boolean',
      help: 'Ends the supervisor and leaves all programs running; the next one goes on with them.',
      run: () => {
        supervisor.requestDetach();
        return true;
      },
    },
  };
}
