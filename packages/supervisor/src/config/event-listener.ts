import { type EventType, eventTypes, isEventType } from '../events/event-types.ts';
import { ValueError } from './config-error.ts';
import { eventListenerSection } from './options/sections.ts';
import { type ProcessConfig, type ProgramContext, readProgram } from './program.ts';
import { type Section, SectionReader } from './sections.ts';
import { parseBoolean, parseInteger, parseList } from './values.ts';

/** Which events a pool of listeners is told of. */
export interface EventPoolConfig {
  readonly events: readonly EventType[];
  /** How many events may wait for a listener. */
  readonly bufferSize: number;
}

const onlyResultHandler = 'supervisor.dispatchers:default_handler';

/** Reads an [eventlistener:x] section. Its priority as a group is -1 by default: first up, last down. */
export function readEventListener(
  section: Section,
  name: string,
  context: ProgramContext,
): { name: string; priority: number; processes: ProcessConfig[]; pool: EventPoolConfig } {
  const options = new SectionReader(section, eventListenerSection, {
    ...context.expansions,
    program_name: name,
    group_name: name,
  });
  const handler = options.text('result_handler');
  if (handler !== undefined && handler !== onlyResultHandler)
    throw options.problem(
      'result_handler',
      `a handler in Python is not supported by this supervisor; use ${onlyResultHandler}, or a real supervisord`,
    );
  if (options.read('redirect_stderr', parseBoolean, false))
    throw options.problem(
      'redirect_stderr',
      'true is not allowed here: standard error would get into the event listener protocol',
    );
  return {
    name,
    priority: options.read('priority', parseInteger, -1),
    processes: readProgram(section, eventListenerSection, name, name, context),
    pool: {
      events: options.readRequired('events', parseEventTypes),
      bufferSize: options.read('buffer_size', parsePositiveCount, 10),
    },
  };
}

/** Each type once, in the order of `eventTypes`, whatever the order in the file. */
export function parseEventTypes(text: string): readonly EventType[] {
  const words = parseList(text).map((word) => word.toUpperCase());
  if (words.length === 0) throw new ValueError('names no event type');
  const unknown = words.find((word) => !isEventType(word));
  if (unknown !== undefined)
    throw new ValueError(`there is no event type ${unknown}; known are ${eventTypes.join(', ')}`);
  return eventTypes.filter((type) => words.includes(type));
}

function parsePositiveCount(text: string): number {
  const number = parseInteger(text);
  if (number < 1) throw new ValueError(`${text} is less than 1`);
  return number;
}
