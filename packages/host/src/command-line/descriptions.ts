/** What is made from the description of a command: scripts of shells, manual pages, documentation. */
export {
  type ArgumentEntry,
  allPages,
  type CommandPage,
  describeCommand,
  type OptionEntry,
} from './command-page.ts';
export { bashCompletion } from './completion/bash.ts';
export { fishCompletion } from './completion/fish.ts';
export { zshCompletion } from './completion/zsh.ts';
export { type Example, examplesOf, type HelpSection } from './help-sections.ts';
