export { gwe } from './command-line/gwe.ts';
