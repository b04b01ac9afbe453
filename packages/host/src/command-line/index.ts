/** What a command needs to run; small, since some are called often. */
export { closest } from './closest.ts';
export { type Colours, coloursOf, hasColours } from './colours.ts';
export type { CommandPage } from './command-page.ts';
export { completionCommand, completionSummary, withCompletion } from './completion/completion-command.ts';
export { commonExitCodes, type ExitCode, withExitCodes } from './exit-codes.ts';
export { type Example, withExamples } from './help-sections.ts';
export { dress, everywhere, type OutputStream } from './look.ts';
export { runWords } from './run-words.ts';
export { wrongUsage } from './wrong-usage.ts';
